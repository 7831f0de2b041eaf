"""The rules of the house that a machine can hold: who reads whom, what is described, what is tested."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_copy import BIN, ROOT

Node = dict[str, Any]

# Lines that are not blank.
LONGEST_MODEL = 150
DISTINCT = re.compile(r"\bselect\s+distinct\b")

# What each layer may read. `raw` are the sources.
MAY_READ = {
    "staging": {"raw"},
    "entities": {"staging", "entities", "seeds"},
    "authorship": {"entities", "authorship", "seeds"},
    "privacy": {"staging", "entities", "authorship", "privacy", "seeds"},
    "links": {"entities", "links", "authorship", "seeds"},
    "quality": {"staging", "entities", "links", "quality", "seeds"},
    "kpis": {"entities", "links", "authorship", "privacy", "seeds"},
    "facts": {"kpis"},
    "dimensions": {"entities", "dimensions", "seeds"},
    "statistics": {"facts", "dimensions", "statistics", "seeds"},
    "scorecard": {"statistics", "dimensions", "scorecard", "quality", "seeds"},
}

# Models of the entities that any layer above may read: the day that the build speaks of, and how far each
# source and each role reaches. They describe the warehouse, not the company's work.
READ_BY_ALL = {"int_as_of", "int_source_coverage", "int_role_coverage"}

# (reader, read): a rule that is broken for a reason.
ALLOWED_READS: dict[tuple[str, str], str] = {
    (
        "int_issue_incidents",
        "stg_jira__issue_links",
    ): "a link as the tool keeps it: there is no thing to make of it",
    ("int_issue_incidents", "stg_pagerduty__incident_custom_fields"): "likewise",
    ("int_issue_incidents", "stg_pagerduty__incidents"): "likewise: the description is searched and no more",
    ("stat_targets", "stg_planning__targets"): "a setting of the page, no thing that anybody works on",
    ("stat_targets", "int_masked_texts"): "an owner is a text that a person wrote",
    ("stat_first_publications", "stg_meta__publications"): "what was published earlier, read back",
    ("stat_publications", "stg_meta__publications"): "likewise",
    ("scorecard_history", "stg_meta__publications"): "likewise",
    ("stat_late_sources", "stg_meta__loads"): "which exports came between two publications",
    ("dim_dates", "stat_periods"): "the calendar spans the periods that are computed",
    (
        "stat_supporting_contributions",
        "int_direct_commits",
    ): "seen but not counted: a commit without a pull request is no observation of any KPI",
    (
        "stat_supporting_outcomes",
        "int_issue_outcomes",
    ): "an observation names one outcome, the best evidence; work may be linked to several",
    ("stat_supporting_outcomes", "int_deals"): "the amounts of deals, which no KPI counts",
    (
        "stat_predictability_methods",
        "int_issue_sprint_teams",
    ): "whether a team has sprints of late, which a team without any row cannot tell",
}

# `select distinct` where it says what is meant (the set of …) and hides no fan-out.
ALLOWED_DISTINCT: dict[str, str] = {
    "int_deployment_jobs": "an environment may match several entries of the dictionary",
    "int_deployment_reverts": "a fix may name several jobs of one deployment",
    "int_pull_request_services": "several commits of a pull request change one path",
}

# Models that are longer than the limit for a reason.
ALLOWED_LENGTH: dict[str, str] = {
    "data_quality": "one select for each of eight kinds of measure",
    "int_pull_request_deployments": "containment by history, and by time where there is no history",
}

# Where dialects may stand, and of what macros a version may stand there.
CROSS_DB = "cross_db"
DIALECT = re.compile(r"adapter\.dispatch|target\.(type|name)|adapter\.type")
ENGINES = "default|duckdb|postgres|redshift|spark|databricks|snowflake|bigquery"
VERSION = re.compile(rf"({ENGINES})__(\w+)")
# Folders beside it that hold versions of macros all the same. They stand in the place of the adapter's own,
# which dbt finds by that name and no other: nothing of the project dispatches to them.
ADAPTERS_OWN = {"spark": "spark"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's own reading of the project."""
    target = tmp_path_factory.mktemp("parse")
    done = subprocess.run(
        [
            BIN / "dbt",
            "--quiet",
            "parse",
            "--target",
            "duckdb",
            "--target-path",
            target,
            "--log-path",
            target,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    parsed: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return parsed


def assert_none(findings: Iterable[str]) -> None:
    """Fail with every finding on a line of its own."""
    lines = sorted(findings)
    assert not lines, "\n" + "\n".join(lines)


def models(manifest: dict[str, Any]) -> Iterator[Node]:
    own = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(own) > 50, "dbt found hardly any model"
    yield from own


def layer(node: Node) -> str:
    """The layer that a node's folder makes it: `raw`, `seeds`, `staging`, `entities`, …"""
    if node["resource_type"] in ("source", "seed"):
        return {"source": "raw", "seed": "seeds"}[node["resource_type"]]
    parts = Path(node["original_file_path"]).parts
    return "staging" if parts[1] == "staging" else parts[2]


def read_by(manifest: dict[str, Any], node: Node) -> list[Node]:
    everything = {**manifest["nodes"], **manifest["sources"]}
    return [everything[unique_id] for unique_id in node["depends_on"]["nodes"]]


def code(node: Node) -> str:
    """The model's text without comments."""
    text = re.sub(r"\{#.*?#\}", "", node["raw_code"], flags=re.DOTALL)
    return re.sub(r"--.*", "", text)


def test_each_layer_reads_only_what_stands_before_it(manifest: dict[str, Any]) -> None:
    broken = []
    for node in models(manifest):
        allowed = MAY_READ[layer(node)]
        for other in read_by(manifest, node):
            is_allowed = (
                layer(other) in allowed
                or (other["name"] in READ_BY_ALL and layer(node) != "staging")
                or (node["name"], other["name"]) in ALLOWED_READS
            )
            if not is_allowed:
                broken.append(f"{node['name']} ({layer(node)}) reads {other['name']} ({layer(other)})")
    assert_none(broken)


def test_each_exception_is_still_needed(manifest: dict[str, Any]) -> None:
    reads = {(node["name"], other["name"]) for node in models(manifest) for other in read_by(manifest, node)}
    names = {node["name"] for node in models(manifest)}
    assert set(ALLOWED_READS) <= reads
    assert set(ALLOWED_DISTINCT) <= {node["name"] for node in models(manifest) if DISTINCT.search(code(node))}
    assert set(ALLOWED_LENGTH) <= names


def test_staging_reads_exactly_one_source_and_joins_nothing(manifest: dict[str, Any]) -> None:
    staging = [node for node in models(manifest) if layer(node) == "staging"]
    assert staging
    assert_none(node["name"] for node in staging if len(read_by(manifest, node)) != 1)
    assert_none(node["name"] for node in staging if re.search(r"\bjoin\b", code(node)))


def test_every_source_table_is_declared_with_key_and_described_columns() -> None:
    for path in sorted(ROOT.glob("models/staging/*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                where = f"{source['name']}.{table['name']}"
                assert table.get("description"), where
                for column in table["columns"]:
                    assert column.get("description"), f"{where}.{column['name']}"
                    assert column.get("data_type"), f"{where}.{column['name']}"


def documented(node: Node) -> set[str]:
    return {name for name, column in node["columns"].items() if column.get("description")}


def test_every_model_and_seed_is_described(manifest: dict[str, Any]) -> None:
    own = [*models(manifest), *(n for n in manifest["nodes"].values() if n["resource_type"] == "seed")]
    assert_none(node["name"] for node in own if not node["description"].strip())
    assert_none(f"{node['name']}.{name}" for node in own for name in set(node["columns"]) - documented(node))


def test_every_column_of_a_seed_is_described(manifest: dict[str, Any]) -> None:
    missing = []
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            header = (ROOT / node["original_file_path"]).read_text().splitlines()[0]
            missing += [f"{node['name']}.{name}" for name in set(header.split(",")) - documented(node)]
    assert_none(missing)


def test_no_cell_of_a_seed_reads_null() -> None:
    """dbt loads such a text as NULL on every engine but DuckDB."""
    found = [
        f"{path.name}: {row}"
        for path in sorted((ROOT / "seeds" / "dictionaries").glob("*.csv"))
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines())
        if "null" in row
    ]
    assert_none(found)


# A description that stands so often with a column of one name is a block of models/columns.md.
RECURRING = 5
BLOCK = re.compile(r"""\{\{ doc\("(\w+)"\) \}\}""")


def written_columns() -> Iterator[tuple[str, str]]:
    """Names and descriptions of columns as the files have them, of models, seeds and sources."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in [*ROOT.glob("models/**/*.yml"), *ROOT.glob("seeds/**/*.yml")]:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
        tables = [*document.get("models", ()), *document.get("seeds", ())]
        tables += [table for source in document.get("sources", ()) for table in source["tables"]]
        for table in tables:
            for column in table.get("columns", ()):
                yield column["name"], column.get("description", "")


def test_what_recurs_is_described_once() -> None:
    recurring = Counter(column for column in written_columns() if not BLOCK.search(column[1]))
    assert_none(f"{name}: {text}" for (name, text), count in recurring.items() if count >= RECURRING)


def test_every_block_of_words_describes_several_columns() -> None:
    blocks = re.findall(r"\{% docs (\w+) %\}", (ROOT / "models/columns.md").read_text(encoding="utf-8"))
    used = Counter(named for _, text in written_columns() for named in BLOCK.findall(text))
    assert len(blocks) == len(set(blocks))
    assert set(used) == set(blocks)
    assert_none(block for block in blocks if used[block] < 2)


def test_the_documentation_begins_with_an_overview(manifest: dict[str, Any]) -> None:
    overview = manifest["docs"]["doc.execution_scorecard.__overview__"]["block_contents"]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", overview)) & {node["name"] for node in models(manifest)}
    assert {"scorecard_current", "scorecard_observations", "data_quality"} <= named


def key_tests(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Tests of each model that hold its key: `unique`, `not_null`, or one on several columns."""
    held: dict[str, set[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("attached_node"):
            metadata = node.get("test_metadata") or {}
            held.setdefault(node["attached_node"], set()).add(metadata.get("name", ""))
    return held


def test_every_model_has_a_tested_key(manifest: dict[str, Any]) -> None:
    held = key_tests(manifest)
    unique = {"unique", "unique_rows", "unique_combination_of_columns"}
    assert_none(node["name"] for node in models(manifest) if not held.get(node["unique_id"], set()) & unique)


def test_the_marts_that_people_read_have_contracts_and_the_rest_is_not_public(
    manifest: dict[str, Any],
) -> None:
    public = {"kpis", "facts", "dimensions", "scorecard"}
    broken = []
    for node in models(manifest):
        is_for_people = layer(node) in public
        if is_for_people and not node["config"]["contract"]["enforced"]:
            broken.append(f"{node['name']} has no enforced contract")
        if is_for_people != (node["access"] == "public"):
            broken.append(f"{node['name']} has access {node['access']}")
        if layer(node) == "statistics" and node["access"] != "private":
            broken.append(f"{node['name']} is part of the private statistics")
    assert_none(broken)


def test_no_model_asks_for_the_engine_runs_a_query_or_reads_the_clock(manifest: dict[str, Any]) -> None:
    forbidden = re.compile(
        r"target\.(type|name)|adapter\.type|run_query|\bcurrent_(timestamp|date|time)\b|\bnow\(\)|\bgetdate\("
    )
    assert {
        node["name"]: found[0] for node in models(manifest) if (found := forbidden.search(code(node)))
    } == {}


def test_each_model_ends_with_its_final_rows(manifest: dict[str, Any]) -> None:
    ends = {node["name"]: node["raw_code"].strip().splitlines()[-1] for node in models(manifest)}
    assert_none(f"{name}: {end}" for name, end in ends.items() if end != "select * from final")


def test_no_distinct_hides_a_fan_out(manifest: dict[str, Any]) -> None:
    found = {node["name"] for node in models(manifest) if DISTINCT.search(code(node))}
    assert_none(found - set(ALLOWED_DISTINCT))


def test_no_model_is_longer_than_a_reader_can_hold(manifest: dict[str, Any]) -> None:
    lengths = {
        node["name"]: sum(1 for line in node["raw_code"].splitlines() if line.strip())
        for node in models(manifest)
    }
    too_long = {name: length for name, length in lengths.items() if length > LONGEST_MODEL}
    assert_none(f"{name}: {length}" for name, length in too_long.items() if name not in ALLOWED_LENGTH)


def test_no_unit_test_has_a_name_that_postgres_would_cut(manifest: dict[str, Any]) -> None:
    """A unit test's rows are a relation of its name."""
    names = [test["name"] for test in manifest["unit_tests"].values()]
    assert names
    assert_none(name for name in names if len(name) > 63)


def test_names_tell_the_layer(manifest: dict[str, Any]) -> None:
    prefixes = {
        "staging": r"stg_[a-z]+__",
        "entities": "int_",
        "authorship": "int_",
        "privacy": "int_",
        "quality": "int_",
        "links": "int_",
        "kpis": "kpi_",
        "facts": "fct_",
        "dimensions": "dim_",
        "statistics": "stat_",
        "scorecard": r"(scorecard|data_quality)",
    }
    for node in models(manifest):
        assert Path(node["original_file_path"]).stem == node["name"]
        assert re.match(prefixes[layer(node)], node["name"]), node["name"]
        if layer(node) == "staging":
            tool = Path(node["original_file_path"]).parts[2]
            assert node["name"].startswith(f"stg_{tool}__")


def macro_texts() -> dict[Path, str]:
    """The text of every file of macros without comments, by its place under `macros`."""
    folder = ROOT / "macros"
    texts = {
        path.relative_to(folder): re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path in sorted(folder.rglob("*.sql"))
    }
    assert len(texts) > 50, "hardly any macro was found"
    return texts


def signatures(text: str) -> dict[str, list[str]]:
    """Names of the macros of a file, and of their arguments in order."""
    found = re.findall(r"\{%-? *macro (\w+)\((.*?)\) *-?%\}", text, flags=re.DOTALL)
    assert len(found) == len(re.findall(r"\bendmacro\b", text))
    return {name: [part.split("=")[0] for part in re.findall(r"[^,\s]+", inner)] for name, inner in found}


def folder_of(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else ""


def test_every_macro_is_described_with_its_arguments() -> None:
    """The entry stands beside the macro and names its arguments in their order; versions share it."""
    declared = {
        (path.parent, name): arguments
        for path, text in macro_texts().items()
        for name, arguments in signatures(text).items()
        if not (folder_of(path) == CROSS_DB and VERSION.fullmatch(name))
    }
    described = {}
    for path in sorted((ROOT / "macros").rglob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["macros"]:
            key = (path.parent.relative_to(ROOT / "macros"), entry["name"])
            assert key not in described, f"{entry['name']} is described twice"
            described[key] = [argument["name"] for argument in entry["arguments"]]
            assert entry["description"].strip(), entry["name"]
            assert all(argument["description"].strip() for argument in entry["arguments"]), entry["name"]
    assert described == declared


def test_dialects_stand_in_one_folder_of_macros() -> None:
    """No macro elsewhere dispatches, asks for the engine, or is one engine's version of another."""
    texts = macro_texts()
    own = {name for text in texts.values() for name in signatures(text)}
    broken = []
    for path, text in texts.items():
        if folder_of(path) == CROSS_DB:
            continue
        broken += [f"{path}: {found[0]}" for found in DIALECT.finditer(text)]
        for name in signatures(text):
            version = VERSION.fullmatch(name)
            if version and (ADAPTERS_OWN.get(folder_of(path)) != version[1] or version[2] in own):
                broken.append(f"{path}: {name}")
    assert_none(broken)


def test_no_declaration_asks_for_the_engine() -> None:
    """A contract states types by the project's own names; raw_type knows the engine's."""
    files = [path for folder in ("models", "seeds") for path in sorted((ROOT / folder).rglob("*.yml"))]
    assert len(files) > 20
    assert_none(
        str(path.relative_to(ROOT)) for path in files if DIALECT.search(path.read_text(encoding="utf-8"))
    )
