"""The files of bi/superset fit together, and the command says what is missing; no Superset is needed."""

from __future__ import annotations

import io
import json
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from project_copy import ROOT
from scorecard.bi_superset import _with_password, _without_password, address_of_marts
from scorecard.bi_superset_assets import (
    NAME,
    AssetError,
    Declarations,
    bundle,
    completed,
    query_context,
    read_assets,
)
from scorecard.cli import group
from scorecard.refresh.marts import published_tables

URI = "duckdb:////srv/current.duckdb"


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, Any]]:
    return read_assets(ROOT)


@pytest.fixture(scope="module")
def declarations() -> Declarations:
    return Declarations(ROOT)


def of_kind(assets: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {Path(path).stem: asset for path, asset in assets.items() if path.startswith(f"{kind}/")}


def every_uuid(assets: dict[str, dict[str, Any]]) -> list[str]:
    return [asset["uuid"] for asset in assets.values() if "uuid" in asset]


def test_every_chart_is_on_the_dashboard_and_has_its_dataset(files: dict[str, dict[str, Any]]) -> None:
    charts = of_kind(files, "charts")
    (dashboard,) = of_kind(files, "dashboards").values()
    placed = [part for part in dashboard["position"].values() if isinstance(part, dict)]
    shown = {part["meta"]["uuid"]: part["meta"]["sliceName"] for part in placed if part["type"] == "CHART"}
    assert shown == {chart["uuid"]: chart["slice_name"] for chart in charts.values()}
    datasets = {dataset["uuid"] for dataset in of_kind(files, "datasets").values()}
    assert {chart["dataset_uuid"] for chart in charts.values()} == datasets
    (database,) = of_kind(files, "databases").values()
    assert {one["database_uuid"] for one in of_kind(files, "datasets").values()} == {database["uuid"]}
    assert len(set(every_uuid(files))) == len(every_uuid(files)) == len(files) - 1


def test_every_part_of_the_dashboard_hangs_together(files: dict[str, dict[str, Any]]) -> None:
    """A part that no other holds would be nowhere; a row has twelve columns."""
    (dashboard,) = of_kind(files, "dashboards").values()
    parts = {key: part for key, part in dashboard["position"].items() if isinstance(part, dict)}
    held = [child for part in parts.values() for child in part.get("children", ())]
    assert sorted([*held, "ROOT_ID", "GRID_ID", "HEADER_ID"]) == sorted(parts)
    rows = [part for part in parts.values() if part["type"] == "ROW"]
    assert {sum(parts[child]["meta"]["width"] for child in row["children"]) for row in rows} == {12}


def test_each_kpi_has_its_months(files: dict[str, dict[str, Any]]) -> None:
    kpis = [
        line.split(",")[0]
        for line in (ROOT / "seeds/dictionaries/kpis.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    assert len(kpis) == 10
    trends = [(name, chart) for name, chart in of_kind(files, "charts").items() if name.startswith("trend_")]
    asked = {name: chart["params"]["adhoc_filters"][0]["comparator"] for name, chart in trends}
    assert asked == {f"trend_{kpi}": kpi for kpi in kpis}


def test_the_tables_that_are_read_are_published(files: dict[str, dict[str, Any]]) -> None:
    tables = {
        table
        for dataset in of_kind(files, "datasets").values()
        for table in dataset.get("columns_from", [dataset["table_name"]])
    }
    assert tables <= set(published_tables(ROOT))


def test_whatever_a_chart_names_its_dataset_has(
    files: dict[str, dict[str, Any]], declarations: Declarations
) -> None:
    assets = completed(files, declarations, URI)
    datasets = {dataset["uuid"]: dataset for dataset in of_kind(assets, "datasets").values()}
    for name, chart in of_kind(assets, "charts").items():
        dataset = datasets[chart["dataset_uuid"]]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        for query in json.loads(chart["query_context"])["queries"]:
            asked = [one if isinstance(one, str) else one["label"] for one in query["columns"]]
            ordered = {column for column, _ in query["orderby"]}
            filtered = {one["col"] for one in query["filters"]}
            assert {*asked, *filtered} <= columns and ordered <= columns | metrics, name
            assert set(query.get("metrics", ())) <= metrics, name


def test_every_column_is_described_and_typed(
    files: dict[str, dict[str, Any]], declarations: Declarations
) -> None:
    datasets = of_kind(completed(files, declarations, URI), "datasets")
    columns = {column["column_name"]: column for column in datasets["scorecard"]["columns"]}
    assert {column["column_name"] for column in declarations.columns("scorecard")} < set(columns)
    assert columns["value"]["description"] == "The number in its unit; a share is 0 to 1."
    assert columns["run_id"]["verbose_name"] == "Published by run"
    assert (columns["as_of"]["type"], columns["as_of"]["is_dttm"]) == ("TIMESTAMP", True)
    assert datasets["scorecard"]["description"].startswith("Every number of the scorecard")
    for dataset in datasets.values():
        assert all(column["description"] and column["type"] for column in dataset["columns"])
        assert "columns_from" not in dataset
    # Of a query only the columns that it gives.
    trend = {column["column_name"]: column for column in datasets["scorecard_trend"]["columns"]}
    assert "sentence" not in trend and trend["kpi"]["description"] == "KPI."


def test_another_name_is_another_dashboard(
    files: dict[str, dict[str, Any]], declarations: Declarations
) -> None:
    usual, other = (completed(files, declarations, URI, name) for name in (NAME, "Second company"))
    again = completed(files, declarations, URI, "Second company")
    assert other == again
    assert every_uuid(usual) == every_uuid(files)
    assert not set(every_uuid(usual)) & set(every_uuid(other))
    (dashboard,) = of_kind(other, "dashboards").values()
    assert (dashboard["slug"], dashboard["dashboard_title"]) == ("second-company", "Second company")
    placed = [part for part in dashboard["position"].values() if isinstance(part, dict)]
    shown = {part["meta"]["uuid"] for part in placed if part["type"] == "CHART"}
    assert shown == {chart["uuid"] for chart in of_kind(other, "charts").values()}


def test_the_archive_holds_the_assets(files: dict[str, dict[str, Any]], declarations: Declarations) -> None:
    assets = completed(files, declarations, URI)
    with zipfile.ZipFile(io.BytesIO(bundle(assets))) as archive:
        there = {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}
    assert there == {f"scorecard/{path}": asset for path, asset in assets.items()}
    (database,) = of_kind(assets, "databases").values()
    assert database["sqlalchemy_uri"] == URI
    assert database["extra"]["engine_params"] == {"connect_args": {"read_only": True}}


def test_a_kind_of_chart_that_has_no_query_is_named() -> None:
    with pytest.raises(AssetError, match="of kind pie"):
        query_context({"viz_type": "pie"})


def test_a_password_is_put_in_and_never_shown() -> None:
    told = "postgresql+psycopg2://reader@db.example.com:5432/scorecard"
    full = _with_password(told, "p@ss:word/1")
    assert full == "postgresql+psycopg2://reader:p%40ss%3Aword%2F1@db.example.com:5432/scorecard"
    assert _without_password(full) == told
    assert _with_password(full, "another") == full
    assert (
        _without_password("postgresql://reader:p@ss@db.example.com/x")
        == "postgresql://reader@db.example.com/x"
    )
    assert _with_password(URI, "password") == _without_password(URI) == URI


def test_the_server_of_the_marts_is_named_by_host_or_by_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORECARD_READER_PASSWORD", "secret")
    monkeypatch.setenv("SCORECARD_PG_DATABASE", "company")
    for host, address in (
        ("db.example.com", "reader:secret@db.example.com:5432/company"),
        ("/run/pg", "reader:secret@/company?host=%2Frun%2Fpg&port=5432"),
    ):
        monkeypatch.setenv("SCORECARD_PG_HOST", host)
        assert address_of_marts("postgres", "reader") == f"postgresql+psycopg2://{address}"


@pytest.mark.parametrize(
    ("missing", "options", "environment"),
    [
        ("Set SCORECARD_SUPERSET_PASSWORD", [], {"SCORECARD_SUPERSET_PASSWORD": ""}),
        ("There is no published version", ["--target", "duckdb"], {}),
        ("Set SCORECARD_READER_PASSWORD", ["--target", "postgres"], {}),
        ("Superset reads what was published", ["--target", "spark"], {}),
        ('There is no target "oracle"', ["--target", "oracle"], {}),
        ("does not answer as Superset does", ["--database-uri", URI], {}),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, missing: str, options: list[str], environment: dict[str, str]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = {
            "SCORECARD_SUPERSET_PASSWORD": "open sesame",
            "SCORECARD_READER_PASSWORD": "",
            "SCORECARD_WAREHOUSE": str(tmp_path / "none.duckdb"),
            **environment,
        }
        done = CliRunner().invoke(group, ["bi", "superset", "--url", nobody, *options], env=given)
    assert done.exit_code == 1
    assert missing in done.output and done.output.count("\n") == 1
    assert "open sesame" not in done.output


def test_a_password_follows_no_redirect() -> None:
    """Whoever stands in the way could send it on to themselves."""
    asked: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{port}/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Nothing is written among the tests' dots."""

    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = ["--url", f"http://127.0.0.1:{port}", "--database-uri", URI]
        environment = {"SCORECARD_SUPERSET_PASSWORD": "open sesame"}
        done = CliRunner().invoke(group, ["bi", "superset", *options], env=environment)
        server.shutdown()
    assert done.exit_code == 1 and "302" in done.output
    assert asked == ["/api/v1/security/login"]
