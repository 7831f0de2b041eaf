"""The dashboard of bi/superset as Superset imports it: every column described, every query spelled out."""

from __future__ import annotations

import copy
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from scorecard.bi_declarations import DeclarationError, public_models, published_columns

FOLDER = Path("bi") / "superset"
NAME = "Execution scorecard"
# Types of the declarations as SQLAlchemy names them; Superset tells dates from numbers by them.
TYPES = {
    "text": "VARCHAR",
    "bigint": "BIGINT",
    "double precision": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}

Asset = dict[str, Any]


class AssetError(ValueError):
    """A file of the dashboard, or a declaration that it rests on, cannot be used; one sentence says why."""


@dataclass(frozen=True)
class Declarations:
    """The tables under models/marts as their YAML declares them."""

    root: Path

    @cached_property
    def models(self) -> dict[str, Asset]:
        """Declarations by table."""
        try:
            return public_models(self.root)
        except DeclarationError as error:
            raise AssetError(str(error)) from None

    def description(self, table: str) -> str:
        """What a row of the table is."""
        return " ".join(str(self._model(table)["description"]).split())

    def columns(self, table: str) -> list[Asset]:
        """The table's columns as a published version has them, as Superset describes columns."""
        return [_column(column) for column in published_columns(self._model(table))]

    def _model(self, table: str) -> Asset:
        try:
            return self.models[table]
        except KeyError:
            raise AssetError(f"models/marts declares no table {table}: restore its YAML.") from None


def _column(declared: Asset) -> Asset:
    return {
        "column_name": declared["name"],
        "description": " ".join(declared["description"].split()),
        "type": TYPES[declared["data_type"]],
    }


def read_assets(root: Path) -> dict[str, Asset]:
    """The files of bi/superset by their path in it. Raises AssetError where one cannot be read."""
    folder = root / FOLDER
    paths = sorted(folder.rglob("*.yaml"))
    if not paths:
        raise AssetError(f"{FOLDER} holds no dashboard: restore the folder.")
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


def _read(path: Path) -> Asset:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
    except (yaml.YAMLError, OSError) as error:
        raise AssetError(f"{path.name} cannot be read ({error}): correct it.") from error


def completed(
    files: dict[str, Asset], declarations: Declarations, uri: str, name: str = NAME
) -> dict[str, Asset]:
    """The assets for one database under one name: columns described, queries stored, links by uuid.

    Under another name than the usual one every uuid is another, so that one Superset can hold several.
    """
    assets = copy.deepcopy(files)
    for path, asset in assets.items():
        kind = path.partition("/")[0]
        if kind == "databases":
            asset.update(database_name=name, sqlalchemy_uri=uri)
            if uri.startswith("duckdb:"):
                asset["extra"]["engine_params"] = {"connect_args": {"read_only": True}}
        elif kind == "datasets":
            _describe(asset, declarations)
        elif kind == "charts":
            asset["query_context"] = json.dumps(query_context(asset["params"]))
        elif kind == "dashboards":
            asset.update(dashboard_title=name, slug=slug_of(name))
            asset["position"]["HEADER_ID"]["meta"]["text"] = name
    return assets if name == NAME else {path: _renamed(asset, name) for path, asset in assets.items()}


def slug_of(name: str) -> str:
    """The last part of the dashboard's address: `execution-scorecard`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _describe(dataset: Asset, declarations: Declarations) -> None:
    """Give every column of a dataset its type and description, and a table all of its columns."""
    sources = dataset.pop("columns_from", None) or [dataset["table_name"]]
    known: dict[str, Asset] = {}
    for table in reversed(sources):
        known |= {column["column_name"]: column for column in declarations.columns(table)}
    own = {column["column_name"]: column for column in dataset["columns"]}
    is_table = not dataset.get("sql")
    if is_table:
        dataset["description"] = declarations.description(dataset["table_name"])
    names = [*(known if is_table else ()), *(name for name in own if not (is_table and name in known))]
    dataset["columns"] = [_shown({**known.get(name, {}), **own.get(name, {})}) for name in names]


def _shown(column: Asset) -> Asset:
    if "type" not in column:
        raise AssetError(f"Column {column['column_name']} has no type: no table declares it.")
    is_dttm = column["type"] in ("DATE", "TIMESTAMP")
    return {"is_dttm": is_dttm, "is_active": True, "groupby": True, "filterable": True, **column}


def _renamed(value: Any, name: str) -> Any:
    """The same with every uuid replaced by one of the name's own."""
    if isinstance(value, dict):
        return {key: _renamed(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, name) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        return str(uuid5(UUID(value), name))
    return value


def bundle(assets: dict[str, Asset]) -> bytes:
    """The assets as the archive that Superset imports."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, asset in assets.items():
            archive.writestr(f"scorecard/{path}", yaml.safe_dump(asset, sort_keys=False, allow_unicode=True))
    return buffer.getvalue()


def query_context(params: Asset) -> Asset:
    """What a chart asks for, as Superset's own pages spell it out of the chart's settings.

    With it a chart answers over the REST API, and in reports by mail, before anybody has opened it. Raises
    AssetError for a kind of chart that bi/superset does not use.
    """
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": list(_queries(params)),
        "form_data": params,
        "result_format": "json",
        "result_type": "full",
    }


def _queries(params: Asset) -> Iterator[Asset]:
    kind = params["viz_type"]
    if kind == "table" and params["query_mode"] == "raw":
        order = [json.loads(ordered) for ordered in params["order_by_cols"]]
        yield _query(params, columns=params["all_columns"], orderby=order)
    elif kind == "table":
        yield _query(params, columns=params["groupby"])
    elif kind == "pivot_table_v2":
        yield _query(params, columns=[*params["groupbyColumns"], *params["groupbyRows"]])
    elif kind == "echarts_timeseries_bar":
        columns = [_axis(params), *params["groupby"]]
        yield _query(params, columns=columns, series_columns=params["groupby"])
    elif kind == "mixed_timeseries":
        for suffix in ("", "_b"):
            yield _query(params, suffix, columns=[_axis(params), *params[f"groupby{suffix}"]])
    else:
        raise AssetError(f"A chart of kind {kind} has no query: add it to query_context.")


def _axis(params: Asset) -> Asset:
    name = params["x_axis"]
    return {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "sqlExpression": name,
        "label": name,
        "isColumnReference": True,
    }


def _query(params: Asset, suffix: str = "", **parts: Any) -> Asset:
    """One query of a chart; a second one has its settings under names that end with the suffix."""
    filters = params[f"adhoc_filters{suffix}"]
    simple = [one for one in filters if one["expressionType"] == "SIMPLE"]
    conditions = [f"({one['sqlExpression']})" for one in filters if one["expressionType"] == "SQL"]
    query = {
        "filters": [
            {"col": one["subject"], "op": one["operator"], "val": one["comparator"]} for one in simple
        ],
        "extras": {"having": "", "where": " AND ".join(conditions)},
        "row_limit": params[f"row_limit{suffix}"],
        "order_desc": True,
    }
    metrics = params.get(f"metrics{suffix}")
    if metrics:
        query |= {"metrics": metrics, "orderby": [[metrics[0], False]]}
    return query | parts
