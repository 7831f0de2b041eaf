"""No name, address or login of a person reaches the marts, and their keys cannot be turned back."""

from __future__ import annotations

import re
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from replay import replayer_of
from replay.quick_landing import land_quickly
from replay.replayed import LANDED_AT, Replayer

ROOT = Path(__file__).resolve().parents[2]
SALT = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d"

# A person's name, address and account, put into every text that the marts show: one person after the other.
PLANTED = {
    "raw_jira.issues": 'fields = replace(fields, \'"summary":\', \'"summary":"\' || said || \'","was":\')',
    "raw_github.pull_requests": "title = said || title",
    "raw_pagerduty.incidents": "title = said || coalesce(title, '')",
    "raw_planning.roadmap_items": "title = said || title",
    "raw_planning.targets": "owner = said",
    "raw_planning.objectives": "name = said || name",
    "raw_jira.sprints": "name = said || name",
    "raw_hubspot.deals": (
        'properties = replace(properties, \'"dealname":\', \'"dealname":"\' || said || \'","was":\')'
    ),
}
ACCOUNTS = """
    select name as identifier, 1 as is_name from raw_planning.people
    union select email, 0 from raw_planning.people
    union select identifier, 0 from raw_planning.identities
    union select author_name, 1 from raw_git.commits
    union select author_email, 0 from raw_git.commits
    union select login, 0 from raw_github.users where type <> 'Bot'
    union select display_name, 1 from raw_jira.users where account_type <> 'app'
"""


def plant(connection: duckdb.DuckDBPyConnection) -> None:
    """Write people's names into raw texts, and folders of their names into the histories."""
    connection.execute(
        """
        create or replace temporary table people as
        select
            row_number() over (order by people.person_id) - 1 as number,
            'Dear ' || people.name || ' <' || people.email || '> and @' || identities.identifier || ': '
                as said,
            replace(lower(people.name), ' ', '_') as folder
        from raw_planning.people as people
        inner join raw_planning.identities as identities
            on people.person_id = identities.person_id and identities.tool = 'github'
        """
    )
    for table, change in PLANTED.items():
        connection.execute(
            f"update {table} set {change} from people "
            f"where people.number = {table}._row_number % (select count(*) from people)"
        )
    connection.execute(
        """
        update raw_git.commit_files set
            path = 'notes/' || people.folder || '/' || path,
            previous_path = 'notes/' || people.folder || '/' || previous_path
        from people where people.number = 0
        """
    )


@pytest.fixture(scope="module")
def named(company_folder: Path) -> duckdb.DuckDBPyConnection:
    """The marts of a company whose texts name people everywhere."""
    replayer: Replayer = replayer_of()
    replayer.empty()
    land_quickly(replayer.connection, company_folder, LANDED_AT)
    replayer.connection.execute("delete from raw_meta.person_salts")
    replayer.connection.execute("insert into raw_meta.person_salts values (?)", [SALT])
    plant(replayer.connection)
    replayer.build_models("UTC", None)
    return replayer.connection


def words(text: str) -> tuple[str, ...]:
    """Letters and digits of any alphabet, in lower case."""
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def sequences(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, ...]]:
    """What names a person, as words: names, accounts, and the words of names that are not ordinary ones."""
    ordinary = set((ROOT / "seeds" / "dictionaries" / "ordinary_words.csv").read_text().split())
    found = set()
    for identifier, is_name in connection.execute(ACCOUNTS).fetchall():
        if identifier is None or "[bot]" in identifier or "bot" in identifier.lower():
            continue
        found.add(words(identifier))
        if "@" in identifier:
            found.add(words(identifier.split("@")[0]))
        if is_name:
            found.update((word,) for word in words(identifier))
    return {
        sequence
        for sequence in found
        if len(sequence) > 1 or (sequence[0] not in ordinary and len(sequence[0]) > 2)
    }


def mart_texts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Table, column and every distinct text of the published marts."""
    columns = connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
        "and data_type = 'VARCHAR' and table_name not like 'stat_%'"
    ).fetchall()
    assert len(columns) > 100
    return [
        (table, column, text)
        for table, column in columns
        for (text,) in connection.execute(
            f'select distinct "{column}" from marts.{table} where "{column}" is not null'
        ).fetchall()
    ]


def test_no_text_of_the_marts_names_a_person(named: duckdb.DuckDBPyConnection) -> None:
    """Titles, paths, ids, addresses, sentences: every text column of every published mart."""
    people = sequences(named)
    longest = max(map(len, people))
    assert len(people) > 20
    telling: dict[str, Any] = {}
    for table, column, text in mart_texts(named):
        told = words(text)
        for length in range(1, longest + 1):
            for start in range(len(told) - length + 1):
                if told[start : start + length] in people:
                    telling.setdefault(f"{table}.{column}", text)
    assert telling == {}


def test_a_folder_named_after_a_person_is_masked(named: duckdb.DuckDBPyConnection) -> None:
    """The rest of the path stays, and files stay apart."""
    paths = [
        path for (path,) in named.execute("select path from marts.kpi_key_person_concentration").fetchall()
    ]
    assert paths
    assert all(path.startswith("notes/[person]/") for path in paths)
    counts = "select count(distinct observation_id), count(*) from marts.kpi_key_person_concentration"
    ((different, rows),) = named.execute(counts).fetchall()
    assert different == rows


def test_a_masked_text_keeps_the_rest(named: duckdb.DuckDBPyConnection) -> None:
    """Only the name goes: what was planted around it stays readable."""
    rows = named.execute(
        "select distinct title from marts.kpi_cycle_time where title is not null limit 50"
    ).fetchall()
    assert rows
    assert all(re.match(r"Dear \[person\] <\[person\]> and @\[person\]:", title) for (title,) in rows), rows[
        :3
    ]


def hashes_of_a_guesser(connection: duckdb.DuckDBPyConnection, salts: list[str]) -> set[str]:
    """First 16 digits of what somebody computes who has a list of every login, address and name."""
    identifiers = {text for (text, _) in connection.execute(ACCOUNTS).fetchall() if text}
    identifiers |= {
        text for (text,) in connection.execute("select person_id from raw_planning.people").fetchall()
    }
    prefixed = {
        f"{tool}:{text}" for text in identifiers for tool in ("github", "jira", "email", "pagerduty", "git")
    }
    identifiers |= prefixed | {text.lower() for text in identifiers | prefixed}
    return {
        function(f"{salt}{text}".encode()).hexdigest()[:16]
        for salt in salts
        for text in identifiers
        for function in (sha256, sha1, md5)
    }


def test_person_keys_are_not_turned_back_by_a_list_of_logins(named: duckdb.DuckDBPyConnection) -> None:
    """Without the warehouse's salt no hash of a known login is a key; with it all are."""
    keys = {
        key
        for (key,) in named.execute(
            "select distinct only_current_author_key from marts.kpi_key_person_concentration "
            "where only_current_author_key is not null"
        ).fetchall()
    }
    assert keys
    guessed = ["", ":", "sample", "sample:", "salt", "salt:", "scorecard", "scorecard:", "person", "person:"]
    assert not keys & hashes_of_a_guesser(named, guessed)
    assert keys <= hashes_of_a_guesser(named, [f"{SALT}:"])


def test_the_salt_is_nowhere_in_the_marts(named: duckdb.DuckDBPyConnection) -> None:
    """What keys are hashed with stays in the raw layer."""
    assert not [place for *place, text in mart_texts(named) if SALT in text]
