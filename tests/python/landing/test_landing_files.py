"""Every form that a file may have lands the same rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lander import issue

Write = Callable[[str, Any], Path]

ROWS = [
    issue(1),
    issue(2, title='Ünïcode "quoted"\nand\ttabs', labels=[{"name": "bug"}], newField={"deep": None}),
]
CSV = (
    "id,number,title,created_at,updated_at\n1,1,Issue 1,2026-01-01T10:00:00Z,2026-01-02T10:00:00Z\n"
    '2,2,"Ünïcode ""quoted""\nand\ttabs",2026-01-01T10:00:00Z,2026-01-02T10:00:00Z\n'
)
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
FORMS = {
    "one object a line": LINES,
    "no newline at the end": LINES.rstrip("\n"),
    "Windows line ends": LINES.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + LINES,
    "blank lines": "\n" + LINES.replace("\n", "\n\n  \n"),
    "array": json.dumps(ROWS),
    "indented array": json.dumps(ROWS, indent=2),
    "page": json.dumps({"total_count": 2, "items": ROWS}),
    "indented page": json.dumps({"total_count": 2, "items": ROWS}, indent=2),
    "pages one a line": "".join(json.dumps({"items": [row]}) + "\n" for row in ROWS),
    "array of pages": json.dumps([{"items": [row]} for row in ROWS]),
    "array of arrays": json.dumps([[row] for row in ROWS]),
    "arrays one after another": "".join(json.dumps([row]) for row in ROWS),
    "indented objects": "\n".join(json.dumps(row, indent=2) for row in ROWS),
    "CSV": CSV,
    "CSV with semicolons": CSV.replace(",", ";"),
    "CSV with tabs": CSV.replace("\tt", " t").replace(",", "\t").replace("and t", "and\tt"),
    "CSV with Windows line ends": CSV.replace("\n", "\r\n").replace('""\r\nand', '""\nand'),
}


@pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_lands_the_same_rows(lander: Any, write: Write, form: str, is_gzip: bool) -> None:
    content = FORMS[form].encode()
    path = write(
        "issues.json.gz" if is_gzip else "issues.json", gzip.compress(content) if is_gzip else content
    )
    outcome = lander.one("github", path)
    assert outcome.failure is None
    assert (outcome.load.rows_new, outcome.load.rows_rejected) == (2, 0), lander.reasons()
    rows = lander.query("select id, number, title, created_at from raw_github.issues order by id")
    assert rows == [(row["id"], row["number"], row["title"], row["created_at"]) for row in ROWS]
    if "CSV" not in form:
        nested = lander.query("select user_, labels, _extra from raw_github.issues order by id")
        assert [json.loads(user) for user, _, _ in nested] == [row["user"] for row in ROWS]
        assert nested[0][1:] == (None, None)
        assert json.loads(nested[1][1]) == [{"name": "bug"}]
        assert json.loads(nested[1][2]) == {"newField": {"deep": None}}
    lander.check_books()


def test_a_row_knows_its_line(lander: Any, write: Write) -> None:
    lander.one("github", write("issues.ndjson", LINES.replace("\n", "\n\n")))
    assert lander.query("select id, _row_number from raw_github.issues order by id") == [(1, 1), (2, 3)]
    lander.one("github", write("users.csv", '\nid,login,bio\n1,"a\nb",x\n\n,,\n2,c,y\n'))
    assert lander.query("select id, _row_number from raw_github.users order by id") == [(1, 3), (2, 7)]
    lander.one(
        "github", write("releases.json", json.dumps([{"id": 4, "tag_name": "a"}, {"id": 3, "tag_name": "b"}]))
    )
    assert lander.query("select id, _row_number from raw_github.releases order by id") == [(3, 2), (4, 1)]


def test_values_stay_the_vendors(lander: Any, write: Write) -> None:
    rows = [
        issue(
            1,
            title="",
            body=None,
            locked=True,
            comments=3,
            state='{"no": json',
            milestone="a text",
            labels=[],
        )
    ]
    lander.one("github", write("issues.ndjson", rows))
    found = lander.query(
        "select title, body, locked, comments, state, milestone, labels from raw_github.issues"
    )
    assert found == [("", None, True, 3, '{"no": json', '"a text"', "[]")]


def test_an_empty_csv_cell_is_null(lander: Any, write: Write) -> None:
    lander.one(
        "planning", write("teams.csv", 'team_id,name,colour\nt1,"Payments, Berlin",\nt2,Web,"say ""hi"""\n')
    )
    found = lander.query("select team_id, name, _extra from raw_planning.teams order by 1")
    assert found == [("t1", "Payments, Berlin", None), ("t2", "Web", '{"colour":"say \\"hi\\""}')]


def test_fields_that_only_late_rows_have_are_landed(lander: Any, write: Write) -> None:
    early = [issue(number, body="x" * 2000) for number in range(3000)]
    late = [issue(3000, state="open", closed_at="2026-01-05T00:00:00Z", unheard={"of": 1})]
    outcome = lander.one("github", write("issues.ndjson", early + late))
    assert outcome.load.rows_new == 3001
    found = lander.query("select id, closed_at, _extra from raw_github.issues where state is not null")
    assert found == [(3000, "2026-01-05T00:00:00Z", '{"unheard":{"of":1}}')]
    assert lander.query("select count(distinct _row_number), min(_row_number) from raw_github.issues") == [
        (3001, 1)
    ]


def test_a_field_of_five_megabytes_lands(lander: Any, write: Write) -> None:
    body = "é" * 5_000_000
    lander.one("github", write("issues.ndjson", [issue(1, body=body), issue(2)]))
    assert lander.query("select length(body) from raw_github.issues order by id") == [(5_000_000,), (None,)]


def test_an_export_of_nothing_lands_nothing(lander: Any, write: Write) -> None:
    for name, content in (
        ("issues.json", "[]"),
        ("issues-2.json", '{"items": []}'),
        ("teams.csv", "team_id,name\n"),
    ):
        outcome = lander.one("planning" if "csv" in name else "github", write(name, content))
        assert outcome.failure is None
        assert outcome.load.rows_read == 0


def test_a_folder_lands_what_it_knows_and_names_the_rest(lander: Any, write: Write, tmp_path: Path) -> None:
    write("issues-2026-01.ndjson", [issue(1)])
    write("issues-2026-02.ndjson", [issue(2)])
    write("notes.txt", "hello")
    outcomes = lander.land("github", tmp_path)
    assert [(outcome.shown.split("/")[-1], outcome.passed_over is not None) for outcome in outcomes] == [
        ("issues-2026-01.ndjson", False),
        ("issues-2026-02.ndjson", False),
        ("notes.txt", True),
    ]
    assert lander.query("select count(*) from raw_github.issues") == [(2,)]


def test_the_manifest_says_what_a_folder_covers(lander: Any, write: Write, tmp_path: Path) -> None:
    write(
        "manifest.json", '{"covers_from": "2025-01-01T00:00:00Z", "covers_to": "2026-05-01T12:00:00+02:00"}'
    )
    (tmp_path / "github").mkdir()
    write("github/issues.ndjson", [issue(1)])
    (outcome,) = lander.land("github", tmp_path / "github")
    assert str(outcome.load.covers_from) == "2025-01-01 00:00:00"
    assert str(outcome.load.covers_to) == "2026-05-01 10:00:00"
    assert outcome.load.is_covers_stated and not outcome.load.is_sample
    assert lander.one("github", tmp_path).was_there


def test_what_a_file_covers_is_in_its_instants(lander: Any, write: Write) -> None:
    rows = [
        issue(1, created_at="2026-02-03T00:30:00+0200", updated_at=1767225600, closed_at="2099-01-01"),
        issue(2, created_at="2026-03-01 08:00:00.5", updated_at="1775000000000"),
    ]
    load = lander.one("github", write("issues.ndjson", rows)).load
    assert str(load.covers_from) == "2026-01-01 00:00:00"
    assert str(load.covers_to) == "2026-03-31 23:33:20"


def test_nested_fields_are_checked_where_they_stand(lander: Any, write: Write) -> None:
    good = {
        "id": "1",
        "key": "A-1",
        "fields": {"created": "2026-01-01T00:00:00.000+0000", "a": {"b": [1, None]}},
    }
    bad = {"id": "2", "key": "A-2", "fields": {"summary": "no date"}}
    worse = {"id": "3", "key": "A-3", "fields": "a text"}
    outcome = lander.one(
        "jira",
        write("issues.json", {"issues": [good, bad, worse]} and json.dumps({"issues": [good, bad, worse]})),
    )
    assert outcome.load.rows_new == 1
    assert lander.reasons() == [(place, "the required field fields.created is missing") for place in (2, 3)]
    ((fields,),) = lander.query("select fields from raw_jira.issues")
    assert json.loads(fields) == good["fields"]
