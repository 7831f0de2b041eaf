"""The gate lets a good build pass and sees every fault, the same on both engines, and tells nobody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, cast

import gate_faults
import pandas
import psycopg2
import pytest
from gate_candidates import BEFORE, changed, in_postgres, reduced
from gate_faults import Fault
from postgres_server import postgres_server
from project_copy import ROOT, Build
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.gate import GateError, GateResult, check, limits
from scorecard.refresh.gate.pages import finish_pages
from scorecard.refresh.gate.rules import Subject, between
from scorecard.refresh.gate.validation import validate_frames

AS_OF = datetime(2026, 7, 4, 9)
NOW = AS_OF + timedelta(days=1)
SECRET = "open-sesame-%/@:"
# One that pages and JSON spell otherwise.
ODD_SECRET = 'pä"<s\\s'
GROUPS = {
    "scorecard": gate_faults.SCORECARD,
    "page": gate_faults.PAGE,
    "facts": gate_faults.FACTS,
    "landing": gate_faults.LANDING,
}


@pytest.fixture(autouse=True)
def nothing_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell that runs the tests lets pass."""
    monkeypatch.delenv("SCORECARD_GATE_ACCEPT", raising=False)


@pytest.fixture(scope="module")
def good(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    """What the gate reads of the sample's warehouse, in a file of its own."""
    return reduced(sample_build.warehouse, tmp_path_factory.mktemp("gate") / "good.duckdb")


@pytest.fixture(scope="module")
def published(good: Candidate) -> Candidate:
    """The publication before: the same marts."""
    return replace(good, run_id=BEFORE)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """libpq keywords of a server of its own, a password among them."""
    with postgres_server() as target:
        yield {**target.connection, "password": SECRET}


def failed(result: GateResult, severity: str | None = None) -> set[str]:
    return {
        f"{found.suite}.{found.name}"
        for found in result.checks
        if not found.passed and severity in (None, found.severity)
    }


def said(result: GateResult) -> str:
    return "\n".join(found.said for found in result.checks if not found.passed)


def statements(*groups: tuple[Fault, ...]) -> list[str]:
    return [statement for faults in groups for fault in faults for statement in fault.statements]


def test_a_good_build_passes_with_or_without_a_publication_before(
    good: Candidate, published: Candidate, tmp_path: Path
) -> None:
    first = check(good, None, tmp_path / "first", NOW)
    again = check(good, published, tmp_path / "again", NOW)
    assert (said(first), said(again)) == ("", "")
    assert first.passed and again.passed
    suites = {found.suite for found in again.checks}
    facts = {
        "fct_software_delivery",
        "fct_team_performance",
        "fct_operational_reliability",
        "fct_technical_quality",
        "fct_roadmap_alignment",
    }
    assert suites >= {"scorecard", "scorecard_periods", "landing", "sources", *facts}
    assert len({(found.suite, found.name) for found in again.checks}) == len(again.checks)
    sentences = [found.said for found in first.checks if found.name == "rows_kept"]
    assert all("no earlier publication to compare with" in sentence for sentence in sentences)


@pytest.mark.parametrize("name", GROUPS)
def test_every_fault_is_seen_and_nothing_else(
    good: Candidate, published: Candidate, tmp_path: Path, name: str
) -> None:
    faults = GROUPS[name]
    broken = changed(good, tmp_path / "broken.duckdb", *statements(faults))
    result = check(broken, published, tmp_path / "docs", NOW)
    assert failed(result) == set().union(*(fault.seen for fault in faults))
    sentences = said(result)
    assert [part for fault in faults for part in fault.says if part not in sentences] == []
    assert result.passed is False


def test_doubts_do_not_refuse(good: Candidate, published: Candidate, tmp_path: Path) -> None:
    doubted = changed(good, tmp_path / "doubted.duckdb", *gate_faults.LANDING[3].statements)
    result = check(doubted, published, tmp_path / "docs", NOW)
    assert failed(result, "warning") == {"landing.few_rows_rejected"}
    assert result.passed


@pytest.mark.parametrize(
    ("keep", "warned", "refused"),
    [(0.93, False, False), (0.87, True, False), (0.55, True, False), (0.45, True, True)],
)
def test_rows_may_fall_by_a_tenth_and_are_refused_beyond_half(
    good: Candidate, published: Candidate, tmp_path: Path, keep: float, warned: bool, refused: bool
) -> None:
    fewer = [
        f"delete from marts.{table} where rowid > (select floor(count(*) * {keep}) - 1 from marts.{table})"
        for table in ("kpi_lead_time", "kpi_delivery_predictability")
    ]
    fact = [
        gate_faults.thinned("marts.fct_software_delivery", f"kpi = '{kpi}'", keep)
        for kpi in ("lead_time", "delivery_predictability")
    ]
    result = check(changed(good, tmp_path / "fewer.duckdb", *fewer, *fact), published, tmp_path / "docs", NOW)
    warnings = {"nearly_all_rows_kept", "nearly_all_rows_of_each_kpi_kept"} if warned else set()
    criticals = {"rows_kept", "rows_of_each_kpi_kept"} if refused else set()
    assert failed(result, "warning") == {f"fct_software_delivery.{name}" for name in warnings}
    assert failed(result, "critical") == {f"fct_software_delivery.{name}" for name in criticals}


# Changes of a KPI's newest point, `{last}` being the one before it.
EXPLAINED = {
    # Intervals that do not meet, but a move within the process limits.
    "lead_time": "value = {last} * 1.01, interval_low = {last}, interval_high = {last} * 1.02",
    # Beyond the limits, but intervals that meet.
    "cycle_time": "value = value * 10, p85 = p85 * 10, interval_high = interval_high * 10",
    # A census: as many rows came as the change is large.
    "key_person_concentration": "value = value - 0.3, n = n * 2",
    # A median of too few rows proves nothing.
    "time_to_restore": "value = value * 10, interval_low = null, interval_high = null",
}
UNEXPLAINED = {
    "cycle_time": "value = value * 10, interval_low = value * 9, interval_high = value * 11",
    "key_person_concentration": "value = value - 0.3",
}


@pytest.mark.parametrize(("changes", "moved"), [(EXPLAINED, set()), (UNEXPLAINED, set(UNEXPLAINED))])
def test_what_limits_or_row_counts_explain_is_no_movement(
    good: Candidate, tmp_path: Path, changes: dict[str, str], moved: set[str]
) -> None:
    months = "scope_type = 'company' and period_grain in ('month', 'month_end')"
    narrow = (
        "update marts.scorecard set interval_low = value * 0.999, interval_high = value * 0.9999 "
        "where kpi = 'lead_time' and interval_low is not null and scope_type = 'company'"
    )
    statements = [narrow]
    for kpi, change in changes.items():
        last = (
            f"(select value from marts.scorecard where kpi = '{kpi}' and {months} "
            "and period_start_on = date '2026-05-01')"
        )
        newest = f"kpi = '{kpi}' and {months} and is_latest_period"
        statements.append(f"update marts.scorecard set {change.format(last=last)} where {newest}")
    before = changed(good, tmp_path / "before.duckdb", narrow)
    result = check(changed(good, tmp_path / "now.duckdb", *statements), before, tmp_path / "docs", NOW)
    for name in ("no_unexplained_jump", "no_unexplained_restatement"):
        (found,) = (one for one in result.checks if one.name == name)
        assert {kpi for kpi in changes if f"{kpi} of the month" in found.said} == moved
        assert found.passed is not bool(moved)


def test_few_rows_are_not_judged_by_percent(good: Candidate, tmp_path: Path) -> None:
    def with_rows(count: int, name: str) -> Candidate:
        table = "marts.kpi_roadmap_accuracy"
        fact = "marts.fct_roadmap_alignment where kpi = 'roadmap_accuracy'"
        return changed(
            good,
            tmp_path / name,
            f"delete from {table}",
            f"insert into {table} select 1 from range({count})",
            f"delete from {fact} and observation_id not in "
            f"(select observation_id from {fact} order by observation_id limit {count})",
        )

    for before, refused in ((19, set()), (20, {"fct_roadmap_alignment.rows_of_each_kpi_kept"})):
        previous = with_rows(before, f"{before}.duckdb")
        result = check(with_rows(3, f"3-of-{before}.duckdb"), previous, tmp_path / "docs", NOW)
        assert failed(result, "critical") == refused


def test_the_clock_judges_a_company_and_no_sample(good: Candidate, tmp_path: Path) -> None:
    own = changed(good, tmp_path / "own.duckdb", "update marts.scorecard set data_origin = 'own'")
    a_day_on = "update marts.scorecard set as_of = as_of + interval '1 day'"
    later = changed(own, tmp_path / "later.duckdb", a_day_on)
    late = check(own, later, tmp_path / "docs", AS_OF + timedelta(days=15))
    assert failed(late) == {"as_of.as_of_not_old", "as_of.as_of_not_back"}
    assert late.passed
    early = check(own, None, tmp_path / "docs", AS_OF - timedelta(days=3))
    assert failed(early) == {"as_of.as_of_not_ahead"}
    assert not early.passed
    for now in (AS_OF + timedelta(days=400), AS_OF - timedelta(days=400)):
        assert check(good, None, tmp_path / "docs", now).passed


def test_both_engines_find_the_same(
    good: Candidate,
    published: Candidate,
    server: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    broken = changed(good, tmp_path / "broken.duckdb", *statements(*GROUPS.values()))
    before = in_postgres(published, server, "marts")
    candidate = in_postgres(broken, server, "marts_candidate")
    on_duckdb = check(broken, published, tmp_path / "duckdb", NOW)
    on_postgres = check(candidate, before, tmp_path / "postgres", NOW)
    assert [(one.suite, one.name, one.severity, one.passed) for one in on_postgres.checks] == [
        (one.suite, one.name, one.severity, one.passed) for one in on_duckdb.checks
    ]
    assert len(failed(on_postgres)) > 35
    figures = re.compile(r"Not so in [\d,]+ of [\d,]+ \w+|\([^()]*\)\.$|\d[\d,]* \w+\.$")
    assert [figures.findall(one.said) for one in on_postgres.checks] == [
        figures.findall(one.said) for one in on_duckdb.checks
    ]
    pages = "".join(path.read_text() for path in (tmp_path / "postgres").rglob("*.html"))
    assert SECRET[:11] not in pages + caplog.text + repr(on_postgres)
    assert sessions_that_stay(server) == []


def sessions_that_stay(server: dict[str, str]) -> list[tuple[object, ...]]:
    """Sessions of others, after those that are ending had their time to."""
    session = psycopg2.connect(**server)  # type: ignore[call-overload]
    session.autocommit = True
    try:
        for _ in range(50):
            with session.cursor() as cursor:
                cursor.execute(
                    "select pid, state, query from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid() "
                    "and backend_type = 'client backend'"
                )
                found: list[tuple[object, ...]] = cursor.fetchall()
            if not found:
                break
            time.sleep(0.1)
        return found
    finally:
        session.close()


def test_a_server_that_does_not_answer_betrays_no_password(tmp_path: Path) -> None:
    connection = {"host": str(tmp_path), "port": "5432", "user": "u", "dbname": "d", "password": SECRET}
    with pytest.raises(GateError, match="cannot be reached") as error:
        check(Candidate("postgres", None, connection, "marts", "r"), None, tmp_path / "docs", NOW)
    assert SECRET[:11] not in str(error.value)


def test_a_finding_and_its_pages_betray_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here every check is of a column whose name holds the password, and which is not there."""
    monkeypatch.setenv("SCORECARD_PG_PASSWORD", ODD_SECRET)

    class NoSuchColumn:
        def frame(self, _: str) -> pandas.DataFrame:
            return pandas.DataFrame({"place": ["here"]})

    # Where an error's text is cut, no part of it stays.
    rules = tuple(between(f"rule_{i}", "It is there", "x" * i + ODD_SECRET, 0, 1) for i in (0, 176, 178))
    subject = Subject("scorecard", "", rules)
    found = validate_frames([subject], cast(Any, NoSuchColumn()), BEFORE, tmp_path)
    result = finish_pages(tmp_path, found, BEFORE)
    pages = "".join(path.read_text() for path in tmp_path.rglob("*.html"))
    assert not result.passed and "***" in said(result) and "***" in pages
    for spelled in (ODD_SECRET, escape(ODD_SECRET), escape(ODD_SECRET, quote=False), "pä"):
        assert spelled not in pages + said(result)


def test_a_file_that_cannot_be_read_is_said_in_one_sentence(good: Candidate, tmp_path: Path) -> None:
    broken = replace(good, path=tmp_path / "broken.duckdb")
    (tmp_path / "broken.duckdb").write_text("no database" * 1000)
    with pytest.raises(GateError, match=r"broken\.duckdb cannot be read \(.*\): end what else uses it"):
        check(broken, None, tmp_path / "docs", NOW)


def test_without_the_extra_the_remedy_is_named(
    good: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(GateError, match=r"requirements-refresh\.lock"):
        check(good, None, tmp_path / "docs", NOW)


def test_what_was_looked_at_can_be_let_pass(
    good: Candidate, published: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = changed(good, tmp_path / "broken.duckdb", *gate_faults.FACTS[4].statements)
    name = "fct_technical_quality.nothing_after_as_of"
    assert failed(check(broken, published, tmp_path / "docs", NOW), "critical") == {name}
    monkeypatch.setenv("SCORECARD_GATE_ACCEPT", f" {name},")
    accepted = check(broken, published, tmp_path / "docs", NOW)
    assert accepted.passed
    assert failed(accepted, "warning") == {name}
    assert "Accepted by SCORECARD_GATE_ACCEPT." in said(accepted)
    monkeypatch.setenv("SCORECARD_GATE_ACCEPT", f"{name},scorecard.no_such_check")
    mistaken = check(broken, published, tmp_path / "docs", NOW)
    assert failed(mistaken, "critical") == {"gate.accepted_checks_exist"}
    assert "scorecard.no_such_check" in said(mistaken)


def test_half_a_build_is_refused(good: Candidate, tmp_path: Path) -> None:
    half = changed(
        good,
        tmp_path / "half.duckdb",
        "drop table marts.fct_technical_quality",
        "alter table marts.scorecard drop column interval_low",
        "drop table raw_meta.rejects",
    )
    result = check(half, None, tmp_path / "docs", NOW)
    assert (result.passed, result.data_docs, len(result.checks)) == (False, None, 1)
    for name in ("fct_technical_quality", "scorecard.interval_low", "raw_meta.rejects"):
        assert name in result.checks[0].said


def test_an_older_publication_without_today_s_marts_is_no_obstacle(good: Candidate, tmp_path: Path) -> None:
    older = changed(
        good,
        tmp_path / "older.duckdb",
        "drop table marts.fct_technical_quality",
        "alter table marts.scorecard drop column interval_low",
        "alter table marts.scorecard add column run_id text default 'r'",
    )
    result = check(good, older, tmp_path / "docs", NOW)
    assert failed(result) == set()


def test_an_empty_warehouse_is_refused(good: Candidate, published: Candidate, tmp_path: Path) -> None:
    marts = ["scorecard", "scorecard_current", "fct_technical_quality"]
    emptied = [f"delete from marts.{table}" for table in marts] + ["delete from raw_meta.loads"]
    result = check(changed(good, tmp_path / "empty.duckdb", *emptied), published, tmp_path / "docs", NOW)
    assert failed(result) >= {
        "scorecard.scorecard_has_rows",
        "scorecard_periods.every_kpi_each_period",
        "scorecard_current.page_has_every_kpi_once",
        "scorecard_current.most_numbers_kept",
        "fct_technical_quality.rows_kept",
    }
    assert "could not be judged" not in said(result)


def test_the_pages_need_nothing_but_themselves(good: Candidate, published: Candidate, tmp_path: Path) -> None:
    check(published, None, tmp_path / "docs", NOW)
    broken = changed(good, tmp_path / "broken.duckdb", *gate_faults.SCORECARD[0].statements)
    result = check(broken, published, tmp_path / "docs", NOW)
    assert result.data_docs == tmp_path / "docs" / "index.html"
    front = result.data_docs.read_text()
    for found in result.checks:
        assert f"{found.suite}.{found.name}" in front
    links = re.findall(r'href="([^"]+)"', front)
    assert len(links) == len({found.suite for found in result.checks})
    assert [link for link in links if not (tmp_path / "docs" / link).is_file()] == []
    shown = (tmp_path / "docs" / next(link for link in links if "/scorecard/" in link)).read_text()
    assert "Every number stands without a reason for its absence" in shown
    assert "text-danger" in shown
    for page in (tmp_path / "docs").rglob("*.html"):
        text = page.read_text()
        assert re.findall(r"<(?:script|link|img|iframe|object|embed)\b|url\(|@import", text) == [], page
        assert "default-src 'none'" in text


ALONE = """
import json, socket, sys
from pathlib import Path
asked = []
def refuse(*arguments, **keywords):
    asked.append(repr(arguments))
    raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.create_connection = refuse
from datetime import datetime
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.gate import check
candidate = Candidate("duckdb", Path(sys.argv[1]), {}, "marts", "r")
result = check(candidate, None, Path(sys.argv[2]), datetime(2026, 7, 5))
print(json.dumps([asked, result.passed, "pyspark" in sys.modules]))
"""


AFTER_SPARK = """
import sys
import pyspark.sql
before = sys.modules["pyspark.sql"]
from scorecard.refresh.gate.validation import load_great_expectations
load_great_expectations()
print(sys.modules["pyspark.sql"] is before)
"""


def test_spark_that_was_imported_before_does_not_end_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AFTER_SPARK],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_nothing_is_sent_and_nothing_is_left_elsewhere(good: Candidate, tmp_path: Path) -> None:
    """A main module without a file, as here, is one in which Spark's client would end the process."""
    home, working = tmp_path / "home", tmp_path / "working"
    home.mkdir()
    working.mkdir()
    (working / "dbt_project.yml").touch()
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(good.path), str(tmp_path / "docs")],
        cwd=working,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[], True, False]
    assert [path for folder in (home, working) for path in folder.rglob("*")] == [working / "dbt_project.yml"]


def test_the_page_about_the_gate_names_every_check_and_threshold(good: Candidate, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "quality-gate.md").read_text()
    result = check(good, None, tmp_path / "docs", NOW)
    assert {found.name for found in result.checks if f"`{found.name}`" not in page} == set()
    weights = dict(re.findall(r"^\| (`[^|]+`) \|.*\| (critical|warning) \|$", page, re.MULTILINE))
    for names, weight in weights.items():
        told = {found.severity for found in result.checks if f"`{found.name}`" in names.split(", ")}
        assert weight in told, names
    for figure in (
        f"{limits.REFUSED_FALL:.0f} %",
        f"{limits.DOUBTED_FALL:.0f} %",
        f"fewer than {limits.FEWEST_ROWS} rows",
        f"at most {limits.DOUBTED_REJECTS:.0f} %",
        f"{limits.REFUSED_DAYS_AHEAD:.0f} days ahead",
        f"{limits.DOUBTED_AGE_DAYS:.0f} days behind",
    ):
        assert figure in page
