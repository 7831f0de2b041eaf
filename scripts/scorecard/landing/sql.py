"""Small pieces of SQL text that the readers and the writers share."""

from __future__ import annotations

import json
from collections.abc import Iterable

# ISO 8601 with `T` or a blank, with or without fraction and offset, or a bare date.
ISO_INSTANT = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?"


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def json_path(names: Iterable[str]) -> str:
    """A DuckDB JSON path literal to a nested field; every name is quoted."""
    return literal("$" + "".join("." + json.dumps(name, ensure_ascii=False) for name in names))


def duckdb_instant(expression: str) -> str:
    """DuckDB: the instant that a text holds, NULL where it holds none (the session's time zone is UTC)."""
    return (
        f"(case when regexp_full_match({expression}, '{ISO_INSTANT}') "
        f"then try_cast({expression} as timestamptz) "
        f"when regexp_full_match({expression}, '\\d{{10}}') "
        f"then make_timestamptz(try_cast({expression} as bigint) * 1000000) "
        f"when regexp_full_match({expression}, '\\d{{13}}') "
        f"then make_timestamptz(try_cast({expression} as bigint) * 1000) end)"
    )
