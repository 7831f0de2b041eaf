"""`scorecard explain`: every number opens to rows that add up to it, and what people typed is only shown."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from project_copy import Build, marts_rows
from rich.style import Style
from scorecard import headlines, wording
from scorecard.explain import command
from scorecard.explanations import OWN_COLUMNS, Explanation, explain, middle, parse_month, parse_quarter
from scorecard.reading import Reader, open_reader
from scorecard.targets import Target
from scorecard.terminal_explain import allotted, formula, render_explanation

KPIS = tuple(OWN_COLUMNS)
# One in so many rows of the scorecard is opened, beside all headlines.
STEP = 17


@pytest.fixture(params=["sample_build", "company_build"])
def build(request: pytest.FixtureRequest) -> Build:
    """The sample and a company of one's own, one after the other."""
    chosen: Build = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def changed(company_build: Build, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the small company's warehouse in which statements have changed something."""

    def change(*statements: str) -> Path:
        path = tmp_path / "changed.duckdb"
        shutil.copy2(company_build.warehouse, path)
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return change


def run(warehouse: Path, *arguments: str, **variables: str) -> Result:
    environment = {"SCORECARD_TARGET": "duckdb", "SCORECARD_WAREHOUSE": str(warehouse), "COLUMNS": "100"}
    return CliRunner().invoke(command, arguments, env={**environment, **variables}, catch_exceptions=False)


def reader_of(warehouse: Path) -> Any:
    return open_reader(Target("made", "duckdb", path=warehouse))


def explanations(reader: Reader, numbers: Sequence[dict[str, Any]]) -> Iterator[Explanation]:
    entries = {entry["kpi"]: entry for entry in headlines.catalog(reader)}
    for number in numbers:
        yield explain(reader, entries[number["kpi"]], number)


def test_the_rows_of_every_kpi_add_up_for_many_periods_and_scopes(build: Build) -> None:
    opened: Counter[str] = Counter()
    rows_listed = 0
    with reader_of(build.warehouse) as reader:
        numbers = reader.rows("select * from marts.scorecard order by scorecard_id")
        chosen = [
            number
            for place, number in enumerate(numbers)
            if place % STEP == 0 or (number["is_headline_grain"] and number["is_latest_period"])
        ]
        for explanation in explanations(reader, chosen):
            number, rows = explanation.number, explanation.rows
            assert explanation.mismatches == [], number["scorecard_id"]
            # Counted here once more, so that the check itself is checked.
            counts = {role: len(listed) for role, listed in rows.items()}
            assert counts == {
                "counted": number["n"],
                "open": number["open_count"] or 0,
                "unknown": number["unknown_count"],
                "immature": number["immature_count"],
                "left_out": number["excluded_count"],
            }
            if number["numerator"] is not None:
                assert sum(row["verdict"] == "yes" for row in rows["counted"]) == number["numerator"]
            opened[number["kpi"]] += 1
            rows_listed += sum(counts.values())
            # Rendering reads every column that a KPI words its reasons with.
            assert render_explanation(explanation, 0, 100, False)
    assert set(opened) == set(KPIS)
    assert rows_listed > 1000


@pytest.mark.parametrize("kpi", KPIS)
def test_csv_holds_the_rows_of_the_mart(sample_build: Build, tmp_path: Path, kpi: str) -> None:
    path = tmp_path / "rows.csv"
    done = run(
        sample_build.warehouse, kpi, "--csv", str(path), SCORECARD_WAREHOUSE=str(sample_build.warehouse)
    )
    assert done.exit_code == 0, done.output
    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert done.output == f"{len(written):,} rows behind {written[0]['scorecard_id']} written to {path}.\n"
    expected = marts_rows(
        sample_build.warehouse,
        f"""
        select observations.*
        from marts.scorecard_observations as observations
        inner join marts.scorecard_current as number
            on observations.kpi = number.kpi
        where
            observations.kpi = '{kpi}'
            and observations.is_of_company
            and observations.month_on >= number.period_start_on
            and observations.month_on <= number.period_end_on
            and (
                observations.role <> 'open'
                or observations.month_on = date_trunc('month', number.period_end_on)
            )
        """,
    )
    columns = list(expected[0])
    assert [name for name in written[0] if name in columns] == columns
    as_text = sorted(tuple(cell(row[name]) for name in columns) for row in expected)
    assert sorted(tuple(row[name] for name in columns) for row in written) == as_text
    own = OWN_COLUMNS[kpi][1]
    assert set(written[0]) == {"scorecard_id", *columns, *own, "why"}
    assert any(row[name] for row in written for name in own)


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return (
        f"'{value}" if str(value).startswith(("=", "+", "-", "@")) and isinstance(value, str) else str(value)
    )


def test_json_holds_the_number_and_all_rows(sample_build: Build) -> None:
    done = run(sample_build.warehouse, "change_failure_rate", "--json")
    document = json.loads(done.output)
    number = document["number"]
    assert number["scorecard_id"].startswith("change_failure_rate:trailing_3_months:")
    assert document["mismatches"] == []
    roles = Counter(row["role"] for row in document["rows"])
    assert (roles["counted"], roles["left_out"]) == (number["n"], number["excluded_count"])
    assert all(row["why"] for row in document["rows"] if row["role"] in ("left_out", "unknown"))
    assert f"= {number['numerator']} / {number['denominator']} =" in document["formula"]


def test_a_month_a_quarter_a_team_and_a_service_have_rows_of_their_own(sample_build: Build) -> None:
    warehouse = sample_build.warehouse

    def opened(*arguments: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(run(warehouse, *arguments, "--json").output)
        return document

    month = opened("lead_time", "--month", "2026-05")
    assert {row["month_on"] for row in month["rows"]} == {"2026-05-01"}
    quarter = opened("lead_time", "--quarter", "2026-q2")
    assert {row["month_on"] for row in quarter["rows"]} == {"2026-04-01", "2026-05-01", "2026-06-01"}
    assert {row["month_on"] for row in quarter["rows"] if row["role"] == "open"} == {"2026-06-01"}
    frozen = opened("roadmap_accuracy", "--quarter", "2026-Q1")
    assert {row["planned_quarter"] for row in frozen["rows"]} == {"2026-Q1"}
    # By its name in capitals; by its id.
    assert {row["team_id"] for row in opened("Lead time", "--team", "PAYMENTS")["rows"]} == {"payments"}
    assert {row["team_id"] for row in opened("lead_time", "--team", "no_team")["rows"]} == {None}
    assert {row["service_id"] for row in opened("lead_time", "--service", "Catalog")["rows"]} == {"catalog"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("velocity",), 'There is no KPI "velocity": choose one of lead_time, delivery_predictability, '),
        (("lead_time", "--month", "2026-13"), '"2026-13" is no month: write it as 2026-05.'),
        (("lead_time", "--quarter", "2026-Q5"), '"2026-Q5" is no quarter: write it as 2026-Q1.'),
        (
            ("lead_time", "--month", "2026-07"),
            "Lead time has no number for 2026-07, because it is not complete as of 2026-07-04 09:00 UTC: "
            "choose one of 2024-07 to 2026-06.",
        ),
        (
            ("lead_time", "--month", "2019-01"),
            "because it lies too far back: choose one of 2024-07 to 2026-06.",
        ),
        (
            ("lead_time", "--quarter", "2019-Q1"),
            "choose one of 2025-Q3 to 2026-Q2; for older months say --month.",
        ),
        (
            ("roadmap_accuracy", "--month", "2026-05"),
            "Roadmap accuracy is counted by quarter, not by month: say --quarter 2026-Q2.",
        ),
        (
            ("key_person_concentration", "--quarter", "2026-Q1"),
            "is taken at the end of a month, not over a quarter: say --month 2026-03.",
        ),
        (
            ("lead_time", "--team", "nobody"),
            'There is no team "nobody": choose one of checkout, no_team (no team), payments, platform, ',
        ),
        (("lead_time", "--service", "\x1b[31mred"), 'There is no service "red": choose one of accounts, '),
        (
            ("lead_time", "--team", "payments", "--service", "payments"),
            "--team and --service exclude each other",
        ),
        (("lead_time", "--month", "2026-05", "--quarter", "2026-Q2"), "--month and --quarter exclude"),
        (("lead_time", "--csv", "-", "--json"), "--csv and --json exclude each other"),
        (("lead_time", "--csv", "/no/such/folder/rows.csv"), "cannot be written (No such file or directory)"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(
    sample_build: Build, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run(sample_build.warehouse, *arguments)
    assert done.exit_code in (1, 2)
    assert sentence in done.output
    told = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    assert len(told) == 1 and done.output.endswith(f"{told[0]}\n")


def test_a_name_that_two_teams_share_has_to_be_told_by_id(changed: Callable[..., Path]) -> None:
    path = changed("update marts.scorecard set scope_name = 'Twins' where scope_type = 'team'")
    with duckdb.connect(str(path), read_only=True) as connection:
        ids = connection.execute(
            "select scope_id from marts.scorecard where scope_type = 'team' and kpi = 'lead_time' "
            "group by scope_id order by scope_id"
        ).fetchall()
    assert len(ids) > 1
    done = run(path, "lead_time", "--team", "twins")
    assert done.exit_code == 1
    assert (
        f'Several teams are called "twins": choose one of {", ".join(key for (key,) in ids)}.' in done.output
    )


def test_where_there_is_no_number_the_reason_and_the_remedy_stand_in_its_place(build: Build) -> None:
    reasons = set()
    with reader_of(build.warehouse) as reader:
        numbers = reader.rows(
            "select * from marts.scorecard where null_reason is not null order by null_reason, scorecard_id"
        )
        firsts = {number["null_reason"]: number for number in numbers}
        for explanation in explanations(reader, list(firsts.values())):
            number = explanation.number
            text = " ".join(line.plain for line in render_explanation(explanation, 5, 200, False))
            remedy = explanation.remedy("no_number", number["null_reason"])
            assert remedy and remedy in text
            assert number["sentence"] in text
            assert explanation.mismatches == []
            reasons.add(number["null_reason"])
    assert reasons


def test_with_nothing_to_count_it_says_so(sample_build: Build) -> None:
    empty = marts_rows(
        sample_build.warehouse,
        "select kpi, scope_id from marts.scorecard where n = 0 and unknown_count = 0 and excluded_count = 0 "
        "and immature_count = 0 and coalesce(open_count, 0) = 0 and is_latest_period and is_headline_grain "
        "and scope_type = 'service' limit 1",
    )[0]
    output = run(sample_build.warehouse, empty["kpi"], "--service", empty["scope_id"]).output
    assert "Nothing happened" in output
    assert "No row stands behind it." in output


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("role = 'counted' and kpi = 'rework_ratio'", "n is "),
        ("role = 'left_out' and kpi = 'rework_ratio'", "excluded_count is "),
        ("role = 'unknown' and kpi = 'rework_ratio'", "unknown_count is "),
    ],
)
def test_rows_that_do_not_add_up_are_said_and_end_with_3(
    changed: Callable[..., Path], statement: str, told: str
) -> None:
    path = changed(
        "delete from marts.scorecard_observations where scorecard_observation_id = ("
        f"select max(scorecard_observation_id) from marts.scorecard_observations where {statement} "
        "and month_on >= (select period_start_on from marts.scorecard_current where kpi = 'rework_ratio') "
        "and month_on <= (select period_end_on from marts.scorecard_current where kpi = 'rework_ratio'))"
    )
    for form in ((), ("--json",), ("--csv", "-")):
        done = run(path, "rework_ratio", *form)
        assert done.exit_code == 3
        assert "do not add up" in done.output and told in done.output
        assert "Checked against the scorecard" not in done.output


def test_a_median_that_the_rows_do_not_give_is_said(changed: Callable[..., Path]) -> None:
    path = changed(
        "update marts.scorecard_observations set duration_in_unit = 1 + duration_in_unit "
        "where kpi = 'cycle_time'"
    )
    done = run(path, "cycle_time")
    assert done.exit_code == 3
    assert "value is " in done.output


HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mDrop\x9b1m \x1bctable\u202eeman\r\n"
    "\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\ [bold]x[/bold] {value}\x00\u2028end"
)


def test_what_people_typed_commands_no_terminal(changed: Callable[..., Path]) -> None:
    hostile = HOSTILE.replace("'", "''")
    path = changed(
        f"update marts.scorecard_observations set subject_title = '{hostile}', subject_id = '{hostile}', "
        "subject_url = 'javascript:alert(1)' where kpi = 'lead_time'",
        f"update marts.dim_teams set team_name = '{hostile}'",
    )
    output = run(path, "lead_time").output
    assert "Drop tableeman click [bold]x[/bold] {value} end" in output
    for forbidden in (
        "\x1b",
        "\x07",
        "\x9b",
        "\x00",
        "\u202e",
        "\u2028",
        "\r",
        "owned",
        "evil.test",
        "javascript",
    ):
        assert forbidden not in output
    with reader_of(path) as reader:
        numbers = reader.rows("select * from marts.scorecard_current where kpi = 'lead_time'")
        (explanation,) = explanations(reader, numbers)
        for line in render_explanation(explanation, 0, 100, True):
            assert not any(isinstance(span.style, Style) and span.style.link for span in line.spans)


def test_a_title_links_to_its_address_on_a_terminal_and_else_the_address_is_written(
    sample_build: Build,
) -> None:
    with reader_of(sample_build.warehouse) as reader:
        numbers = reader.rows("select * from marts.scorecard_current where kpi = 'lead_time'")
        (explanation,) = explanations(reader, numbers)
    addresses = {row["subject_url"] for rows in explanation.rows.values() for row in rows}
    linked = render_explanation(explanation, 0, 100, True)
    links = {span.style.link for line in linked for span in line.spans if isinstance(span.style, Style)}
    assert links - {None} == addresses
    assert not any("https://" in line.plain for line in linked)
    plain = render_explanation(explanation, 0, 100, False)
    assert {line.plain.strip() for line in plain if "https://" in line.plain} == addresses


def test_a_spreadsheet_takes_no_title_for_a_formula(changed: Callable[..., Path]) -> None:
    path = changed(
        "update marts.scorecard_observations set subject_title = '=HYPERLINK(\"https://evil.test\")' "
        "where kpi = 'lead_time'"
    )
    rows = list(csv.DictReader(run(path, "lead_time", "--csv", "-").output.splitlines()))
    assert {row["subject_title"] for row in rows} == {'\'=HYPERLINK("https://evil.test")'}
    as_json = json.loads(run(path, "lead_time", "--json").output)
    assert {row["subject_title"] for row in as_json["rows"]} == {'=HYPERLINK("https://evil.test")'}


def test_the_terminal_lists_as_many_rows_as_asked_for(sample_build: Build) -> None:
    number = marts_rows(
        sample_build.warehouse, "select * from marts.scorecard_current where kpi = 'cycle_time'"
    )[0]
    parts = ("n", "open_count", "unknown_count", "immature_count", "excluded_count")
    total = sum(number[part] for part in parts)
    output = run(sample_build.warehouse, "cycle_time", "--limit", "12").output
    assert output.count("https://") == 12
    assert f"12 of {total} rows are listed: --limit 0 lists all." in output
    everything = run(sample_build.warehouse, "cycle_time", "--limit", "0").output
    assert everything.count("https://") == total
    assert "--limit 0" not in everything and "more row" not in everything


@given(st.lists(st.integers(1, 60), min_size=1, max_size=14), st.integers(0, 200))
def test_the_limit_is_shared_out_in_full(sizes: list[int], limit: int) -> None:
    given_out = allotted(sizes, limit)
    assert all(0 <= count <= size for count, size in zip(given_out, sizes, strict=True))
    assert sum(given_out) == (sum(sizes) if limit == 0 else min(limit, sum(sizes)))
    if limit >= 3 * len(sizes):
        assert all(count >= min(size, 3) for count, size in zip(given_out, sizes, strict=True))


def test_the_formula_shows_the_middle_of_an_odd_and_of_an_even_number() -> None:
    def told(hours: list[float]) -> str:
        entry = {"statistic": "median", "unit": "hours", "noun_singular": "change", "noun_plural": "changes"}
        rows = [{"duration_in_unit": value} for value in hours]
        number = {"n": len(hours), "value": 1.0, "coverage_band": "full"}
        return formula(Explanation(entry, number, {"counted": rows}, {}, {}))

    golden = [6.0, 20.0, 30.0, 50.0, 100.0, 240.0]
    assert told(golden) == (
        "Median of 6 changes, sorted by how long they took: number 3 took 30 h and number 4 50 h; "
        "halfway between them lie 40 h."
    )
    assert told(golden[:5]).endswith("number 3, the middle one, took 30 h.")
    assert (
        told([7.0]) == "Median of 1 change, sorted by how long they took: number 1, the middle one, took 7 h."
    )
    assert middle([]) is None


def test_bounds_are_told_in_the_words_of_the_kpi(sample_build: Build) -> None:
    number = marts_rows(
        sample_build.warehouse, "select * from marts.scorecard_current where kpi = 'change_failure_rate'"
    )[0]
    output = " ".join(run(sample_build.warehouse, "change_failure_rate").output.split())
    unknown = number["unknown_count"]
    assert unknown > 1
    assert f"With all {unknown} taken as held: {wording.quantity(number['bound_low'], 'share')}." in output
    assert f"With all {unknown} taken as failed: {wording.quantity(number['bound_high'], 'share')}." in output


def test_a_failed_deployment_is_told_with_what_says_so(sample_build: Build) -> None:
    number = marts_rows(
        sample_build.warehouse, "select * from marts.scorecard_current where kpi = 'change_failure_rate'"
    )[0]
    failed = marts_rows(
        sample_build.warehouse,
        "select * from marts.kpi_change_failure_rate where verdict = 'yes' and not is_immature and "
        f"finished_at >= '{number['period_start_on']}' and finished_at < '{number['period_end_on']}'",
    )
    output = " ".join(run(sample_build.warehouse, "change_failure_rate", "--limit", "0").output.split())
    assert len(failed) > 5
    for row in failed:
        told = f"{row['evidence_title']} ({row['evidence_id']}), {row['evidence_url']}"
        more = row["evidence_count"] - 1
        told += f", and {more} more piece{'s' if more > 1 else ''} of evidence" if more else ""
        assert " ".join(told.split()) in output


def test_a_team_without_sprints_is_told_by_its_service_level(sample_build: Build) -> None:
    number = marts_rows(
        sample_build.warehouse,
        "select * from marts.scorecard where measured_by = 'service_level' and scope_type = 'team' "
        "and is_headline_grain and is_latest_period",
    )[0]
    output = run(sample_build.warehouse, "delivery_predictability", "--team", number["scope_id"]).output
    assert "in time / (in time + too late) =" in output
    assert "of issues." in output and "sprint " not in output.split("Counted", 1)[1]


def test_months_and_quarters_are_read() -> None:
    assert parse_month("2026-05").start_on == date(2026, 5, 1)
    assert [parse_quarter(text).start_on for text in ("2026-Q4", "2026q1")] == [
        date(2026, 10, 1),
        date(2026, 1, 1),
    ]
    for text in ("2026-5", "2026-00", "0000-01", "", "2026-05-01", "٢٠٢٦-05"):
        with pytest.raises(ValueError, match="is no month"):
            parse_month(text)


def test_the_sample_is_marked(sample_build: Build, company_build: Build) -> None:
    assert "SAMPLE COMPANY" in run(sample_build.warehouse, "lead_time").output
    assert "SAMPLE" not in run(company_build.warehouse, "lead_time").output


def test_a_warehouse_that_was_not_built_yet(tmp_path: Path) -> None:
    path = tmp_path / "landed.duckdb"
    duckdb.connect(str(path)).close()
    done = run(path, "lead_time")
    assert done.exit_code == 1
    assert "holds no scorecard" in done.output and len(done.output.splitlines()) == 1


def test_the_readme_shows_a_number_as_it_opens(sample_build: Build) -> None:
    readme = (sample_build.project.root / "README.md").read_text()
    command_line = next(
        line
        for line in readme.splitlines()
        if line.startswith(".venv/bin/scorecard explain") and "--limit" in line
    )
    arguments = command_line.split("#")[0].split()[1:]
    shown = sample_build.project.with_environment(COLUMNS="100").must("scorecard", *arguments)
    assert f"```\n{shown.rstrip()}\n```" in readme
