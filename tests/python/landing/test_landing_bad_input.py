"""Bad input: one clear sentence, nothing half landed, and the books add up."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lander import issue

Write = Callable[[str, Any], Path]

GOOD = json.dumps(issue(1))
WHOLE_FILES: dict[str, tuple[str, str | bytes, list[str]]] = {
    "empty": ("issues.json", "", ["the file is empty", "Export it again"]),
    "blank": ("issues.json", " \n\n", ["the file is empty"]),
    "truncated array": ("issues.json", f"[{GOOD}, {GOOD[:40]}", ["cut off at line 1", "export it again"]),
    "truncated page": ("issues.json", '{"items": [' + GOOD, ["cut off at line 1"]),
    "broken array": ("issues.json", f"[{GOOD},\n{{]", ["not valid JSON at line 2, column 2"]),
    "login page": (
        "issues.json",
        "<!DOCTYPE html>\n<html>",
        ["an HTML page", '"<!DOCTYPE html>"', "API token"],
    ),
    "XML": ("issues.json", '<?xml version="1.0"?><issues/>', ["this is XML"]),
    "API error": (
        "issues.json",
        '{"message": "Bad credentials"}',
        ["an error message of the API", "the token"],
    ),
    "other tool": (
        "issues.json",
        json.dumps({"id": "1", "key": "A-1", "self": "x", "fields": {"created": "2026-01-01"}}),
        ["no github issues", "look like jira issues", "scorecard land jira"],
    ),
    "other object": (
        "users.json",
        json.dumps(
            [
                {
                    "id": 1,
                    "sha": "a",
                    "environment": "production",
                    "created_at": "2026-01-01",
                    "statuses_url": "",
                }
            ]
        ),
        ["look like github deployments"],
    ),
    "a text": ("issues.json", "hello", ["neither JSON nor a CSV header", '"hello"']),
    "a CSV without its key": ("issues.csv", "number,title\n1,x\n", ["line 1 lacks id, created_at"]),
    "a CSV with a column twice": (
        "issues.csv",
        "id,number,created_at,ID\n",
        ["columns 1 and 4", "called id"],
    ),
    "ZIP": ("issues.zip", b"PK\x03\x04....", ["a ZIP archive"]),
    "UTF-16": ("issues.csv", "id,number".encode("utf-16"), ["UTF-16"]),
    "gz cut off": ("issues.json.gz", gzip.compress(GOOD.encode() * 50)[:-12], ["compressed file is cut off"]),
    "gz damaged": ("issues.json.gz", b"\x1f\x8b\x08\x00" + b"\x00" * 30, ["compress"]),
    "array not UTF-8": (
        "issues.json",
        f"[\n{GOOD}]".encode().replace(b"Issue", b"\xff"),
        ["line 2", "UTF-8"],
    ),
    "no good row": (
        "issues.json",
        '{"id": 1, "number": 1, "created_at": "soon"}',
        ["none of its rows", "no instant"],
    ),
}


@pytest.mark.parametrize("case", WHOLE_FILES)
def test_a_file_that_cannot_be_landed_says_why_in_one_sentence(lander: Any, write: Write, case: str) -> None:
    name, content, parts = WHOLE_FILES[case]
    outcome = lander.one(
        "github", write(name, content), object="users" if name.startswith("users") else "issues"
    )
    assert outcome.failure is not None
    assert outcome.failure.startswith(f"{name}: ")
    for part in parts:
        assert part in outcome.failure
    assert "\n" not in outcome.failure and "Traceback" not in outcome.failure
    assert sum(landed for (landed,) in lander.query("select rows_landed from raw_meta.loads")) == 0
    assert lander.query("select count(*) from raw_meta.rejects") == [(1,)]
    lander.check_books()


def test_a_failure_is_entered_once_however_often_it_is_tried(lander: Any, write: Write) -> None:
    path = write("issues.json", "<html>")
    for _ in range(3):
        assert lander.one("github", path).failure
    assert lander.query("select count(*) from raw_meta.loads") == [(1,)]
    assert lander.query("select count(*), count(position) from raw_meta.rejects") == [(1, 0)]


def test_paths_that_mean_nothing(lander: Any, write: Write, tmp_path: Path) -> None:
    assert "no such file or folder" in lander.one("github", tmp_path / "missing.json").failure
    assert "no object of github" in lander.one("github", write("things.json", "[]")).failure
    (tmp_path / "empty").mkdir()
    assert "no export of github" in lander.one("github", tmp_path / "empty").failure


BAD_ROWS: dict[str, tuple[str, str]] = {
    "cut off": (GOOD[:50], "cut off"),
    "not JSON": ("{'id': 1}", "not valid JSON"),
    "no object": ("[1, 2]", "no JSON object"),
    "required": (json.dumps({"id": 5, "created_at": "2026-01-01"}), "required field number is missing"),
    "required but empty": (json.dumps(issue(5, created_at="")), "required field created_at is missing"),
    "date that is none": (
        json.dumps(issue(5, closed_at="03/04/2026")),
        "closed_at is no instant: 03/04/2026",
    ),
    "no such day": (json.dumps(issue(5, closed_at="2026-02-30")), "no instant"),
    "text for a number": (json.dumps(issue(5, comments="many")), "comments is not a whole number: many"),
    "fraction for a number": (json.dumps(issue(5, comments=1.5)), "comments is not a whole number: 1.5"),
    "text for a boolean": (json.dumps(issue(5, locked="perhaps")), "locked is not true or false"),
    "NUL": (json.dumps(issue(5, title="a\0b")), "\\u0000"),
    "NUL deep inside": (json.dumps(issue(5, user={"login": "a\0"})), "\\u0000"),
    "NaN": (json.dumps(issue(5, comments=float("nan"))), "NaN"),
    "minus infinity": (json.dumps(issue(5, user={"id": float("-inf")})), "Infinity"),
    "field twice": ('{"id": 5, "id": 6, "number": 5, "created_at": "2026-01-01"}', "twice"),
    "column twice": (
        '{"id": 5, "number": 5, "created_at": "2026-01-01", "createdAt": "2026-01-01"}',
        "twice",
    ),
    "key there already": (json.dumps(issue(1, updated_at="2020-01-01")), "duplicate key (id 1): row 1"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_rejected_and_the_rest_lands(lander: Any, write: Write, case: str) -> None:
    text, reason = BAD_ROWS[case]
    outcome = lander.one("github", write("issues.ndjson", f"{GOOD}\n{text}\n{json.dumps(issue(3))}\n"))
    assert outcome.failure is None
    assert lander.query("select id from raw_github.issues order by id") == [(1,), (3,)]
    assert outcome.load.rows_read == 3
    ((position, why),) = lander.reasons()
    assert position == 2
    assert reason in why
    assert lander.query("select raw_text from raw_meta.rejects") == [(text,)]
    lander.check_books()


def test_what_looks_bad_and_is_not(lander: Any, write: Write) -> None:
    rows = [
        issue(1, title="NaN, Infinity: [NaN]", body="\\u0000 written out"),
        issue(2, title='say "NaN", -Infinity]', comments="3"),
        issue(3, closed_at="", comments=4.0),
    ]
    outcome = lander.one("github", write("issues.ndjson", rows))
    assert lander.reasons() == []
    assert outcome.load.rows_new == 3
    assert lander.query("select comments from raw_github.issues order by id") == [(None,), (3,), (4,)]
    assert lander.query("select body from raw_github.issues where id = 1") == [("\\u0000 written out",)]


def test_a_line_that_is_not_utf8_is_rejected(lander: Any, write: Write) -> None:
    bad = json.dumps(issue(2)).encode().replace(b"Issue", b"Iss\xffe")
    outcome = lander.one("github", write("issues.ndjson", GOOD.encode() + b"\n" + bad + b"\n"))
    assert outcome.load.rows_rejected == 1
    assert lander.reasons() == [(2, "the text is not valid UTF-8; save or export the file as UTF-8")]
    assert lander.query("select contains(raw_text, 'Iss\ufffde') from raw_meta.rejects") == [(True,)]
    lander.check_books()


def test_shifted_and_broken_rows_of_a_csv(lander: Any, write: Write) -> None:
    text = 'team_id,name\nt1,One\nt2,Two, too\nt3\nt4,"Fo"ur\nt5,"Fi\nve"\n,Six\nt7,Sev\xffen\nt8,"Eight"\n'
    outcome = lander.one("planning", write("teams.csv", text.encode("latin-1")))
    assert lander.query("select team_id, name from raw_planning.teams order by 1") == [
        ("t1", "One"),
        ("t5", "Fi\nve"),
        ("t8", "Eight"),
    ]
    reasons = dict(lander.reasons())
    assert set(reasons) == {3, 4, 5, 8, 9}
    assert "3 cells, the header 2" in reasons[3]
    assert "1 cells, the header 2" in reasons[4]
    assert "quotes do not match" in reasons[5]
    assert "team_id is missing" in reasons[8]
    assert "not valid UTF-8" in reasons[9]
    assert outcome.load.rows_read == 8
    lander.check_books()


def test_a_quote_that_is_never_closed_does_not_swallow_the_file(lander: Any, write: Write) -> None:
    outcome = lander.one("planning", write("teams.csv", 'team_id,name\nt1,One\nt2,"Two\nt3,Three\nt4,Four\n'))
    assert lander.query("select team_id from raw_planning.teams order by 1") == [("t1",), ("t3",), ("t4",)]
    assert [place for place, _ in lander.reasons()] == [3]
    assert outcome.load.rows_read == 4


def test_bad_quarters_of_a_sheet_are_landed_for_staging_to_judge(lander: Any, write: Write) -> None:
    row = "r1,2026-01-01,Checkout,t1,2026-Q1,next Tuesday,committed,planned"
    header = "roadmap_item_id,plan_version_on,title,team_id,planned_quarter,planned_end_on,commitment,state"
    lander.one(
        "planning", write("roadmap_items.csv", f"{header}\n{row}\n{row.replace('next Tuesday', '')}\n")
    )
    assert lander.reasons()[0][1].startswith("planned_end_on is no instant: next Tuesday")
    assert lander.query("select planned_end_on from raw_planning.roadmap_items") == [(None,)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.one_of(
            st.builds(
                lambda number, at: json.dumps(issue(number, updated_at=at)),
                st.integers(1, 6),
                st.sampled_from(
                    ["2026-01-01", "2026-01-01T12:00:00+05:30", "1767225600", "1767225600000", "never"]
                ),
            ),
            st.sampled_from([text for text, _ in BAD_ROWS.values()]),
            st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20),
        ),
        max_size=12,
    )
)
def test_the_books_add_up_whatever_the_lines(lander: Any, tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "issues.ndjson"
    path.write_text(f"{GOOD}\n" + "\n".join(lines), encoding="utf-8")
    outcome = lander.one("github", path, again=True)
    assert outcome.failure is None
    # The engine's idea of a blank line is ASCII blanks; anything else is a row, and a bad one.
    rows = [line for line in (GOOD, *lines) if line.strip(" \t\n\r\f\v")]
    assert outcome.load.rows_read == len(rows)
    lander.check_books()
