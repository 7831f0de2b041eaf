"""A real Superset shows what the marts say: each chart on a published DuckDB file and on Postgres' marts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlparse

import pytest
import yaml
from click.testing import CliRunner, Result
from playwright.sync_api import Response, sync_playwright
from ports import LOOPBACK, free_port
from postgres_server import environment_of, execute, postgres_server
from project_copy import ROOT, Build
from published_marts import publish_again_on_postgres, publish_on_duckdb, publish_on_postgres
from scorecard.bi_superset import Superset
from scorecard.bi_superset_assets import NAME, slug_of
from scorecard.cli import group
from scorecard.reading import Row, open_reader, published
from scorecard.refresh.marts import published_tables
from scorecard.targets import Target
from superset_expected import ORDERED, expected, sort_key

PYTHON = ROOT / ".venv-superset" / "bin" / "python"
SERVER = Path(__file__).with_name("superset_server.py")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FIRST, SECOND = "20260704t090000z_0001", "20260705t090000z_0002"
PASSWORD, READER_PASSWORD = "open sesame of Superset", "open: sesame/of@the reader"
NAMES = {"duckdb": NAME, "postgres": f"{NAME} on Postgres"}
TABLES = published_tables(ROOT)
START_SECONDS = 900
DRAW_SECONDS = 120

pytestmark = pytest.mark.slow

engines = pytest.mark.parametrize("engine", ["duckdb", "postgres"])


@dataclass(frozen=True)
class Marts:
    """Published marts, and what tells commands where they are."""

    target: Target
    warehouse: Path
    environment: dict[str, str]

    def rows(self, query: str) -> list[Row]:
        with open_reader(published(self.target)) as reader:
            return reader.rows(query)


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory, sample_build: Build, server: Target) -> dict[str, Marts]:
    """The sample, published to a file and to a server that a role for BI tools reads."""
    warehouse = tmp_path_factory.mktemp("marts") / "sample.duckdb"
    shutil.copy2(sample_build.warehouse, warehouse)
    file = publish_on_duckdb(warehouse, TABLES, FIRST)
    publish_on_postgres(warehouse, server, TABLES, FIRST)
    environment = {**environment_of(server), "SCORECARD_READER_PASSWORD": READER_PASSWORD}
    made = CliRunner().invoke(group, ["bi", "role"], env=environment)
    assert made.exit_code == 0, made.output
    return {
        "duckdb": Marts(file, warehouse, {"SCORECARD_WAREHOUSE": str(warehouse)}),
        "postgres": Marts(server, warehouse, environment),
    }


@contextmanager
def running(folder: Path, metadata: str) -> Iterator[str]:
    """A Superset that is stopped whatever happens; gives its address."""
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    foreign = ("SUPERSET", "FLASK", "PYTHONPATH")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**inherited, "SCORECARD_SUPERSET_PASSWORD": PASSWORD}
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [PYTHON, SERVER, folder, metadata, str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{address}/health"):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, server: Target) -> Iterator[str]:
    """Superset with a metadata database of its own on the server of the marts."""
    assert PYTHON.exists(), "make .venv-superset/.installed first; make test-all does."
    execute(server, "create database superset")
    metadata = f"postgresql+psycopg2://postgres@/superset?host={quote(server.connection['host'])}"
    with running(tmp_path_factory.mktemp("superset"), metadata) as started:
        yield started


def provision(address: str, marts: Marts, *arguments: str, password: str = PASSWORD) -> Result:
    environment = {**marts.environment, "SCORECARD_SUPERSET_PASSWORD": password}
    options = ["--url", address, "--target", marts.target.name, *arguments]
    return CliRunner().invoke(group, ["bi", "superset", *options], env=environment)


@pytest.fixture(scope="module")
def superset(address: str, marts: dict[str, Marts]) -> Superset:
    """Superset with a dashboard of either engine's marts."""
    for engine, name in NAMES.items():
        made = provision(address, marts[engine], "--name", name)
        assert made.exit_code == 0, made.output
        assert f"{address}/superset/dashboard/{slug_of(name)}/" in made.output
        assert READER_PASSWORD not in made.output and quote(READER_PASSWORD, safe="") not in made.output
    connected = Superset(address)
    connected.log_in("admin", PASSWORD)
    return connected


def files(folder: str) -> dict[str, dict[str, Any]]:
    """Files of the dashboard by their name."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "bi/superset" / folder).glob("*")}


def everything(superset: Superset) -> dict[str, list[tuple[Any, ...]]]:
    """What is there, with the numbers that bookmarks hold."""
    kinds = {"database": "database_name", "dataset": "table_name", "chart": "slice_name", "dashboard": "slug"}
    return {
        kind: sorted((row["id"], row[name]) for row in listed(superset, kind)) for kind, name in kinds.items()
    }


def listed(superset: Superset, kind: str) -> list[dict[str, Any]]:
    return list(superset.get(f"/api/v1/{kind}/?q=(page_size:100)")["result"])


def test_a_second_run_makes_nothing_twice_and_sets_right_what_was_changed(
    superset: Superset, address: str, marts: dict[str, Marts]
) -> None:
    before = everything(superset)
    sizes = {kind: len(rows) for kind, rows in before.items()}
    assert sizes == {"database": 2, "dataset": 8, "chart": 2 * len(files("charts")), "dashboard": 2}
    chart = superset.charts(slug_of(NAME))["The ten numbers"]
    superset.put(f"/api/v1/chart/{chart}", {"slice_name": "Something else"})
    assert everything(superset) != before
    for engine, name in NAMES.items():
        assert provision(address, marts[engine], "--name", name).exit_code == 0
    assert everything(superset) == before


@engines
def test_every_chart_says_what_the_mart_says(
    superset: Superset, marts: dict[str, Marts], engine: str
) -> None:
    with open_reader(published(marts[engine].target)) as reader:
        wanted = expected(reader)
    charts = superset.charts(slug_of(NAMES[engine]))
    titles = {name: chart["slice_name"] for name, chart in files("charts").items()}
    assert set(titles) == set(wanted)
    assert set(titles.values()) == set(charts)
    for name, title in titles.items():
        shown = superset.rows(charts[title])
        assert len(shown) == len(wanted[name]), name
        for left, right in zip(shown, wanted[name], strict=True):
            assert right, f"{name} shows nothing"
            compare(name, left, right)


def compare(name: str, shown: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    if name not in ORDERED:
        shown, wanted = sorted(shown, key=sort_key), sorted(wanted, key=sort_key)
    assert len(shown) == len(wanted), name
    for left, right in zip(shown, wanted, strict=True):
        assert left.keys() == right.keys(), name
        for column, value in right.items():
            close = pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
            assert left[column] == close, (name, column, left, right)


@engines
def test_every_column_is_described_as_in_the_marts(
    superset: Superset, marts: dict[str, Marts], engine: str
) -> None:
    """By the comments that a published file has."""
    comments = marts["duckdb"].rows("select table_name, column_name, comment from duckdb_columns()")
    found = 0
    for row in listed(superset, "dataset"):
        if row["database"]["database_name"] != NAMES[engine] or row["kind"] != "physical":
            continue
        dataset = superset.get(f"/api/v1/dataset/{row['id']}")["result"]
        described = {column["column_name"]: column["description"] for column in dataset["columns"]}
        there = {
            one["column_name"]: " ".join(one["comment"].split())
            for one in comments
            if one["table_name"] == row["table_name"]
        }
        assert len(there) > 10
        assert {name: described.get(name) for name in there} == there
        assert all(described.values())
        found += 1
    assert found == 2


@pytest.mark.skipif(CHROMIUM is None, reason="the dashboard is drawn in Chromium")
def test_a_browser_draws_every_chart_from_the_queries_that_were_compared(superset: Superset) -> None:
    slug = slug_of(NAME)
    asked: dict[int, list[dict[str, Any]]] = {}
    failed: list[str] = []

    def note(response: Response) -> None:
        address = urlparse(response.url)
        if address.path != "/api/v1/chart/data" or "form_data" not in parse_qs(address.query):
            return
        number = json.loads(parse_qs(address.query)["form_data"][0]).get("slice_id")
        if number is not None:
            asked[number] = json.loads(response.request.post_data or "{}")["queries"]
        if not response.ok:
            failed.append(f"{number}: {response.status}")

    charts = superset.charts(slug)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(DRAW_SECONDS * 1000)
        # Superset's pages count visits elsewhere.
        page.route(lambda url: not url.startswith(superset.url), lambda route: route.abort())
        page.on("response", note)
        page.goto(f"{superset.url}/login/")
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/superset/welcome/**")
        page.goto(f"{superset.url}/superset/dashboard/{slug}/?expand_filters=0")
        page.wait_for_selector("text=Month by month")
        deadline = time.monotonic() + DRAW_SECONDS
        # A chart asks once it comes near to what is seen; a tab may draw later than it is opened.
        while set(asked) != set(charts.values()) and time.monotonic() < deadline:
            for tab in page.get_by_role("tab").all():
                tab.click()
                page.mouse.move(800, 600)
                page.mouse.wheel(0, -10_000)
                for _ in range(6):
                    page.mouse.wheel(0, 600)
                    page.wait_for_timeout(150)
        page.wait_for_timeout(1000)
        complaints = page.locator('[data-test="chart-container"] .ant-alert-error').count()
        browser.close()
    assert (failed, complaints) == ([], 0)
    assert set(asked) == set(charts.values())
    for title, number in charts.items():
        chart = superset.get(f"/api/v1/chart/{number}")["result"]
        stored = json.loads(chart["query_context"])["queries"]
        assert [essence(query) for query in asked[number]] == [essence(query) for query in stored], title


def essence(query: dict[str, Any]) -> dict[str, Any]:
    """What of a query decides which rows come back."""
    names = ("columns", "metrics", "filters", "orderby", "row_limit", "extras")
    return {name: query[name] for name in names if query.get(name)}


@engines
def test_what_a_refresh_publishes_is_shown_at_once(
    superset: Superset, marts: dict[str, Marts], engine: str
) -> None:
    chart = superset.charts(slug_of(NAMES[engine]))["What these numbers speak of"]
    ((before,),) = superset.rows(chart)
    assert before["run_id"] == FIRST
    if engine == "duckdb":
        publish_on_duckdb(marts[engine].warehouse, TABLES, SECOND)
    else:
        publish_again_on_postgres(marts[engine].target, TABLES, SECOND)
    ((after,),) = superset.rows(chart)
    assert after == {**before, "run_id": SECOND}
    assert superset.silent_charts(slug_of(NAMES[engine])) == []


def test_what_superset_cannot_reach_is_said(
    address: str, superset: Superset, marts: dict[str, Marts]
) -> None:
    nowhere = "postgresql+psycopg2://scorecard_reader@127.0.0.1:1/nowhere"
    made = provision(address, marts["postgres"], "--database-uri", nowhere, "--name", "Nowhere")
    assert made.exit_code == 1
    assert "no answer" in made.output and nowhere in made.output
    assert READER_PASSWORD not in made.output


def test_a_wrong_password_is_said(address: str, marts: dict[str, Marts]) -> None:
    refused = provision(address, marts["duckdb"], password="a guess")
    assert refused.exit_code == 1
    assert "SCORECARD_SUPERSET_PASSWORD" in refused.output and "a guess" not in refused.output
