"""SQL of a question as Metabase compiles it: template tags filled in, optional parts kept or dropped."""

from __future__ import annotations

import re
from typing import Any

from scorecard.metabase.content import Entity, native_stage, template_tags

TAG = re.compile(r"\{\{\s*(\w+)\s*\}\}")
OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def tags_in(text: str) -> set[str]:
    return set(TAG.findall(text))


def compiled(card: Entity, **values: Any) -> str:
    """The SQL with a value for some tags; a part in double brackets stays where all its tags have one."""
    tags = {tag["name"]: tag for tag in template_tags(card)}
    text = native_stage(card)["native"]
    text = OPTIONAL.sub(lambda part: part[1] if tags_in(part[1]) <= values.keys() else "", text)
    return TAG.sub(lambda tag: _filled(tags[tag[1]], values[tag[1]]), text)


def _filled(tag: Entity, value: Any) -> str:
    if tag["type"] == "text":
        return _literal(value)
    _, schema, table, column = tag["dimension"][2]
    place = f'"{schema}"."{table}"."{column}"'
    if tag["widget-type"] == "string/=":
        return f"{place} in ({', '.join(_literal(one) for one in value)})"
    assert tag["widget-type"] == "date/month-year"
    year, month = (int(part) for part in value.split("-"))
    after = f"{year + month // 12}-{month % 12 + 1:02}-01"
    return f"({place} >= date '{value}-01' and {place} < date '{after}')"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
