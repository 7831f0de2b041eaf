"""Landing again: nothing twice, no older version over a newer, whatever the order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lander import NOW, issue
from scorecard.landing import Landing, Options
from scorecard.landing.warehouse import DuckDBWarehouse, Load

Write = Callable[[str, Any], Path]


def test_the_same_bytes_twice_change_nothing(lander: Any, write: Write) -> None:
    path = write("issues.ndjson", [issue(1), issue(2)])
    first = lander.one("github", path)
    before = [
        lander.query(f"select * from raw_{table} order by all") for table in ("github.issues", "meta.loads")
    ]
    second = lander.one("github", path)
    assert not first.was_there and second.was_there
    assert second.load.load_id == first.load.load_id
    after = [
        lander.query(f"select * from raw_{table} order by all") for table in ("github.issues", "meta.loads")
    ]
    assert after == before


def test_the_same_bytes_under_another_name_change_nothing(lander: Any, write: Write) -> None:
    lander.one("github", write("issues-1.ndjson", [issue(1)]))
    assert lander.one("github", write("issues-2.ndjson", [issue(1)])).was_there


def test_new_updated_unchanged_and_older_rows(lander: Any, write: Write) -> None:
    lander.one("github", write("issues-1.ndjson", [issue(number) for number in (1, 2, 3)]))
    newer = issue(2, title="newer", updated_at="2026-02-01T00:00:00+02:00")
    older = issue(3, title="older", updated_at="2026-01-02T09:59:59Z")
    load = lander.one("github", write("issues-2.ndjson", [issue(1), newer, older, issue(4)])).load
    assert (load.rows_new, load.rows_updated, load.rows_unchanged, load.rows_rejected) == (1, 1, 1, 1)
    assert lander.query("select id, title, _load_id from raw_github.issues order by id") == [
        (1, "Issue 1", 1),
        (2, "newer", 2),
        (3, "Issue 3", 1),
        (4, "Issue 4", 2),
    ]
    ((position, reason),) = lander.reasons()
    assert (position, reason.split(":")[0]) == (3, "older version")
    assert json.loads(lander.query("select raw_text from raw_meta.rejects")[0][0])["title"] == "older"
    lander.check_books()


def test_an_instant_is_older_by_its_time_not_by_its_text(lander: Any, write: Write) -> None:
    lander.one("github", write("issues-1.ndjson", [issue(1, updated_at="2026-03-01T01:00:00+02:00")]))
    lander.one(
        "github", write("issues-2.ndjson", [issue(1, title="later", updated_at="2026-02-28T23:30:00Z")])
    )
    assert lander.query("select title from raw_github.issues") == [("later",)]


def test_a_nested_version_orders_too(lander: Any, write: Write) -> None:
    def jira(title: str, updated: str) -> dict[str, Any]:
        fields = {"created": "2026-01-01T00:00:00.000+0000", "updated": updated, "summary": title}
        return {"id": "1", "key": "A-1", "fields": fields}

    lander.one("jira", write("issues-1.ndjson", [jira("new", "2026-02-01T00:00:00.000+0000")]))
    lander.one("jira", write("issues-2.ndjson", [jira("old", "2026-01-31T23:00:00.000-0000")]))
    assert lander.query("select fields like '%new%' from raw_jira.issues") == [(True,)]


def test_without_a_version_the_later_landing_wins(lander: Any, write: Write) -> None:
    lander.one("planning", write("teams-1.csv", "team_id,name\nt1,One\nt2,Two\n"))
    lander.one("planning", write("teams-2.csv", "team_id,name\nt1,Uno\n"))
    assert lander.query("select team_id, name from raw_planning.teams order by 1") == [
        ("t1", "Uno"),
        ("t2", "Two"),
    ]


def test_a_key_with_an_empty_part_is_one_key(lander: Any, write: Write) -> None:
    header = "kpi,scope_type,scope_id,target,owner,from_on\n"
    lander.one("planning", write("targets-1.csv", header + "lead_time,company,,40,CTO,2026-01-01\n"))
    again = header + "lead_time,company,,40,CTO,2026-01-01\nlead_time,company,,30,CTO,2026-07-01\n"
    load = lander.one("planning", write("targets-2.csv", again)).load
    assert (load.rows_new, load.rows_updated, load.rows_unchanged) == (1, 0, 1)
    assert lander.query("select target from raw_planning.targets order by from_on") == [(40.0,), (30.0,)]


@pytest.mark.parametrize(
    ("sheet", "dated_by", "header", "landed", "changed"),
    [
        (
            "targets",
            "from_on",
            "kpi,scope_type,target,from_on",
            "lead_time,company,4,",
            "lead_time,company,9,",
        ),
        (
            "roadmap_items",
            "plan_version_on",
            "roadmap_item_id,planned_quarter,commitment,state,plan_version_on",
            "R-1,2026-Q1,committed,planned,",
            "R-1,2026-Q2,committed,planned,",
        ),
    ],
)
def test_what_was_promised_under_a_date_stays(
    lander: Any, write: Write, sheet: str, dated_by: str, header: str, landed: str, changed: str
) -> None:
    lander.one("planning", write(f"{sheet}-1.csv", f"{header}\n{landed}2026-01-01\n"))
    rows = [f"{changed}2026-01-01", f"{changed}2026-02-01"]
    load = lander.one("planning", write(f"{sheet}-2.csv", "\n".join([header, *rows, ""]))).load
    assert (load.rows_new, load.rows_updated, load.rows_rejected) == (1, 0, 1)
    ((position, reason),) = lander.reasons()
    assert position == 2 and f"give what changed a {dated_by} of its own" in reason
    first = lander.query(f"select _load_id from raw_planning.{sheet} where {dated_by} = '2026-01-01'")
    assert first == [(1,)]
    lander.check_books()


def test_a_column_that_nobody_declared_may_change_under_a_date(lander: Any, write: Write) -> None:
    row = "lead_time,company,40,2026-01-01"
    lander.one("planning", write("targets-1.csv", f"kpi,scope_type,target,from_on,note\n{row},first\n"))
    load = lander.one(
        "planning", write("targets-2.csv", f"kpi,scope_type,target,from_on,note\n{row},second\n")
    ).load
    assert (load.rows_updated, load.rows_rejected) == (1, 0)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_landings_does_not_matter(lander: Any, write: Write, order: tuple[int, ...]) -> None:
    exports = [
        [issue(1, title="a", updated_at="2026-01-01"), issue(2, title="c", updated_at="2026-03-01")],
        [issue(1, title="b", updated_at="2026-02-01T00:00:00+0100"), issue(3)],
        [issue(1, title="c", updated_at=1775000000), issue(2, title="a", updated_at="2026-01-01")],
    ]
    for place in order:
        lander.one("github", write(f"issues-{place}.ndjson", exports[place]))
    found = lander.query("select id, title from raw_github.issues order by id")
    assert found == [(1, "c"), (2, "c"), (3, "Issue 3")]


def test_of_a_key_twice_in_one_file_the_newest_version_is_kept(lander: Any, write: Write) -> None:
    rows = [
        issue(1, title="old", updated_at="2026-01-01"),
        issue(1, title="new", updated_at="2026-03-01"),
        issue(1, title="mid", updated_at="2026-02-01"),
    ]
    load = lander.one("github", write("issues.ndjson", rows)).load
    assert lander.query("select title from raw_github.issues") == [("new",)]
    assert (load.rows_read, load.rows_rejected) == (3, 2)
    assert [place for place, _ in lander.reasons()] == [1, 3]
    lander.check_books()


def test_covers_can_be_stated_by_hand_afterwards(lander: Any, write: Write) -> None:
    path = write("issues.ndjson", [issue(1)])
    lander.one("github", path)
    outcome = lander.one("github", path, covers_from=datetime(2025, 1, 1), covers_to=datetime(2026, 5, 1))
    assert outcome.was_there
    assert lander.query("select covers_from, covers_to, is_covers_stated from raw_meta.loads") == [
        (datetime(2025, 1, 1), datetime(2026, 5, 1), True)
    ]


def test_a_column_that_was_declared_since_is_added(lander: Any, write: Write) -> None:
    lander.query("create schema raw_planning")
    lander.query(
        "create table raw_planning.teams (team_id text, _extra text, _load_id bigint, _row_number bigint)"
    )
    lander.one("planning", write("teams.csv", "team_id,name\nt1,One\n"))
    assert lander.query("select team_id, name from raw_planning.teams") == [("t1", "One")]


def test_nothing_is_half_landed_when_the_books_cannot_be_written(
    lander: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Load) -> None:
        raise AssertionError("the books do not add up")

    lander.one("github", write("issues-1.ndjson", [issue(1)]))
    with monkeypatch.context() as patch:
        patch.setattr(Load, "check", fail)
        with pytest.raises(AssertionError):
            lander.one("github", write("issues-2.ndjson", [issue(2)]))
    assert lander.query("select id from raw_github.issues") == [(1,)]
    assert lander.query("select count(*) from raw_meta.loads") == [(1,)]


def test_numbers_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(AssertionError, match="rows read"):
        Load(1, "github", "issues", "x", "y", rows_read=3, rows_landed=2, rows_new=2).check()
    with pytest.raises(AssertionError, match="landed rows"):
        Load(1, "github", "issues", "x", "y", rows_read=2, rows_landed=2, rows_new=1).check()


def test_the_engine_settings_of_a_borrowed_connection_are_left_alone(write: Write) -> None:
    connection = duckdb.connect(config={"threads": 1})
    settings = "select current_setting('preserve_insertion_order'), current_setting('force_compression')"
    connection.execute("set preserve_insertion_order = false")
    before = connection.execute(settings).fetchall()
    landing = Landing(DuckDBWarehouse(connection))
    list(landing.land("github", [write("issues.ndjson", [issue(1)])], Options(landed_at=NOW)))
    assert connection.execute(settings).fetchall() == before
    assert connection.execute("select table_name from duckdb_tables() where temporary").fetchall() == []
