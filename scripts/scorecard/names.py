"""The one rule by which a vendor's field name becomes a column name."""

from __future__ import annotations

import re

# Reserved by PostgreSQL (its appendix C) or by DuckDB (duckdb_keywords(), category "reserved").
_RESERVED_WORDS = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
    create current_catalog current_date current_role current_time current_timestamp current_user default
    deferrable desc describe distinct do else end except false fetch for foreign from grant group having
    in initially intersect into lambda lateral leading limit localtime localtimestamp not null offset on
    only or order pivot pivot_longer pivot_wider placing primary qualify references returning select
    session_user show some summarize symmetric table then to trailing true union unique unpivot user
    using variadic when where window with
"""
RESERVED = frozenset(_RESERVED_WORDS.split())

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def snake_case(name: str) -> str:
    """Column name of a vendor's field name: `htmlUrl` → `html_url`, `_links` → `links`, `user` → `user_`.

    A name without any letter or digit becomes `_`.
    """
    words = _NOT_WORD.sub("_", _WORD_START.sub("_", name).lower()).strip("_")
    if not words:
        return "_"
    if words[0].isdigit():
        return f"_{words}"
    return f"{words}_" if words in RESERVED else words


def spellings(column: str) -> list[str]:
    """Vendor names that give a column: `pull_number` may come from `pull_number` or `pullNumber`."""
    first, *rest = column.rstrip("_").split("_")
    return list(dict.fromkeys([column.rstrip("_"), first + "".join(word.capitalize() for word in rest)]))
