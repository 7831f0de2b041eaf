"""Rows of an export, in SQL: which can be landed, which cannot and why, and their columns.

DuckDB does the reading, whatever the target. A file is read once, into the table's columns; a row that cannot
be landed comes out marked, with its load's number negative, and is told apart there. Only a file with such
rows is read again, for their text and the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from scorecard.landing.declarations import Column, Declaration, Declarations, FieldPath
from scorecard.landing.errors import BadInput
from scorecard.landing.files import (
    LARGEST_LINE_BYTES,
    Export,
    Form,
    Lines,
    broken_json,
    refuse_invalid_utf8,
)
from scorecard.landing.sql import duckdb_instant, identifier, json_path, literal
from scorecard.names import snake_case, spellings

CHUNKS = "landing_chunks"
RECORDS = "landing_records"
VERDICTS = "landing_verdicts"
INVALID = "landing_invalid"
LARGEST_REJECTED_TEXT = 2000
# Megabytes that are looked at for the fields that occur, and combinations of them that are known by heart.
SAMPLED_CHUNKS = 4
MOST_COMBINATIONS = 200

_STRING = r'"([^"\\]|\\.)*"'
_BARE_NUMBER = "[:\\[,]\\s*-?(NaN|Infinity)\\s*[,\\]}]"
_ESCAPED_NUL = "(^|[^\\\\])(\\\\\\\\)*\\\\u0000"


class BrokenArray(BadInput):
    """A file that starts like an array and is none, or is several."""


@dataclass
class Shape:
    """Fields at the top of a file's rows: the vendor's name by column, and what is not declared."""

    by_column: dict[str, str] = field(default_factory=dict)
    undeclared: list[str] = field(default_factory=list)
    combinations: list[list[str]] = field(default_factory=list)
    has_repeated_fields: bool = False


@dataclass
class Judged:
    """What the rows of a file come to, before they are merged."""

    rows_read: int
    rows_rejected: int
    covers_from: datetime | None
    covers_to: datetime | None


class RowReader:
    """Reads one export through a DuckDB connection. Use it within `with RowReader(...) as reader`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        export: Export,
        declarations: Declarations,
        advance: Callable[[int], None] | None = None,
    ) -> None:
        self.connection = connection
        self.export = export
        self.declaration = export.declaration
        self.declarations = declarations
        self.lines = Lines(export.path, export.is_gzip, export.shown, advance)
        self.shape = Shape()

    def __enter__(self) -> RowReader:
        return self

    def __exit__(self, *_: object) -> None:
        for name in (CHUNKS, INVALID):
            self.connection.unregister(name)
        for table in (VERDICTS, RECORDS):
            self.connection.execute(f"drop table if exists temp.{table}")

    # Reading ---------------------------------------------------------------------------------------------

    @contextmanager
    def _elements(self, most_chunks: int | None = None) -> Iterator[str]:
        """A relation (position bigint, text varchar) of the file's rows as text, to be read once."""
        if self.export.form is Form.LINES:
            self.connection.register(CHUNKS, self.lines.reader(most_chunks))
        try:
            yield self._elements_sql()
        except duckdb.Error as error:
            if self.lines.failure:
                raise self.lines.failure from error
            if self.export.form in (Form.ARRAY, Form.DOCUMENTS) and "JSON" in str(error):
                raise self._broken(str(error)) from error
            if "maximum_object_size" in str(error):
                raise BadInput(
                    f"{self.export.shown}: one page of it is too large to be read in whole. "
                    "Write one object a line (`jq -c '.[]'`)."
                ) from error
            raise
        if self.lines.failure:
            raise self.lines.failure

    def _broken(self, message: str) -> BadInput:
        if "maximum_object_size" in message:
            return BadInput(
                f"{self.export.shown}: one page of it is too large to be read in whole. "
                "Write one object a line (`jq -c '.[]'`)."
            )
        broken = broken_json(self.export, message)
        return BrokenArray(str(broken)) if self.export.form is Form.ARRAY else broken

    def _elements_sql(self) -> str:
        form = self.export.form
        if form is Form.LINES:
            return f"(select position, text from {self._lines_sql()} where regexp_matches(text, '\\S'))"
        if form is Form.CSV:
            return RECORDS
        if form is Form.ARRAY:
            return f"(select row_number() over () as position, text from {self._documents_sql('array')})"
        return self._pages_sql()

    def _lines_sql(self) -> str:
        return (
            "(select base + unnest(generate_series(1, len(lines))) as position, unnest(lines) as text "
            f"from (select base, string_split(text, chr(10)) as lines from {CHUNKS}))"
        )

    def _documents_sql(self, json_format: str) -> str:
        path = literal(str(self.export.path))
        compression = "gzip" if self.export.is_gzip else "uncompressed"
        return (
            f"(select cast(json as varchar) as text from read_json_objects({path}, format = '{json_format}', "
            f"compression = '{compression}', maximum_object_size = {LARGEST_LINE_BYTES}))"
        )

    def _pages_sql(self) -> str:
        """Rows of pages; a page within an array (`--slurp`) is opened too."""
        opened = self._opened("text")
        return f"""(
            select row_number() over (order by document, page, place) as position, text
            from (
                select document, page, unnest(generate_series(1, len(rows))) as place, unnest(rows) as text
                from (
                    select document, page, {opened} as rows
                    from (
                        select document, unnest(generate_series(1, len(pages))) as page, unnest(pages) as text
                        from (
                            select row_number() over () as document, {opened} as pages
                            from {self._documents_sql("unstructured")}
                        )
                    )
                )
            )
        )"""

    def _opened(self, text: str) -> str:
        """The rows that a document holds: an array's elements, a page's list, or the document itself."""
        arms = [f"when json_type({text}) = 'ARRAY' then cast(json_extract({text}, '$[*]') as varchar[])"]
        keys = {name for column in self.declaration.key for name in spellings(column)}
        is_row = " or ".join(f"json_exists({text}, {json_path([name])})" for name in sorted(keys)) or "false"
        for wrapper in self.declaration.wrappers:
            path = json_path([wrapper])
            arms.append(
                f"when not ({is_row}) and json_type({text}, {path}) = 'ARRAY' "
                f"then cast(json_extract({text}, {literal(path[1:-1] + '[*]')}) as varchar[])"
            )
        return f"(case {' '.join(arms)} else [{text}] end)"

    def _read_records(self) -> None:
        """A CSV's records: lines, joined where a quoted cell spreads over several."""
        self.connection.execute(f"drop table if exists temp.{RECORDS}")
        self.connection.register(CHUNKS, self.lines.reader())
        self.connection.execute(
            f"""
            create temp table {RECORDS} as
            with

            lines as (

                select
                    position,
                    text,
                    length(text) - length(replace(text, '"', '')) as quotes
                from {self._lines_sql()}
                where position > {self.export.header_lines}

            ),

            counted as (

                select
                    *,
                    coalesce(sum(quotes) over (
                        order by position rows between unbounded preceding and 1 preceding
                    ), 0) as quotes_before
                from lines

            ),

            numbered as (

                select
                    *,
                    -- A quote that is never closed would swallow the rest: then each line is a record.
                    case
                        when (select sum(quotes) % 2 from lines) = 1 then position
                        else sum(case when quotes_before % 2 = 0 then 1 else 0 end) over (order by position)
                    end as record_number
                from counted

            )

            select
                min(position) as position,
                rtrim(string_agg(text, chr(10) order by position), chr(13)) as text
            from numbered
            group by record_number
            having trim(string_agg(text, ''), ' "\t\r' || {literal(self.export.delimiter)}) <> ''
            """
        )
        if self.lines.failure:
            raise self.lines.failure

    # Fields ----------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Look at the file's first rows for the fields that occur.

        Raises BadInput for a file that cannot be read, or that belongs to another tool or object.
        """
        if self.export.form is Form.CSV:
            self._read_records()
            self.shape = self._shape([(list(self.export.header), 1)])
            return
        if self.export.form is not Form.LINES:
            refuse_invalid_utf8(self.export)
        self.shape = self._shape_of_objects(SAMPLED_CHUNKS)

    def look_at_all(self) -> None:
        """Look at every row for the fields that occur: the first rows did not show them all."""
        self.shape = self._shape_of_objects(None)

    def _shape_of_objects(self, most_chunks: int | None) -> Shape:
        try:
            return self._read_shape(most_chunks)
        except BrokenArray as broken:
            # Arrays that follow one another (an API client's `--paginate`) are documents, each one a page.
            self.export = replace(self.export, form=Form.DOCUMENTS)
            try:
                return self._read_shape(most_chunks)
            except BadInput:
                raise broken from None

    def _read_shape(self, most_chunks: int | None) -> Shape:
        # An array or a page must be whole before anything of it is landed, so all of it is read.
        with self._elements(most_chunks) as elements:
            found = self.connection.execute(
                "select fields, count(*) from "
                f"(select try(json_keys(text)) as fields from {elements}) group by fields"
            ).fetchall()
        return self._shape([(fields, count) for fields, count in found if fields])

    def _shape(self, found: list[tuple[list[str], int]]) -> Shape:
        """Match the fields that occur to columns. `found`: lists of fields and how many rows have them."""
        shape = Shape(combinations=[fields for fields, _ in found])
        declared = set(self.declaration.column_names)
        spelt: dict[str, set[str]] = {}
        for fields, _ in found:
            columns = [snake_case(name) for name in fields]
            kept = [column for column in columns if column in declared]
            shape.has_repeated_fields |= len(kept) != len(set(kept)) or len(fields) != len(set(fields))
            for column, name in zip(columns, fields, strict=True):
                spelt.setdefault(column, set()).add(name)
        for column, names in sorted(spelt.items()):
            if column in declared:
                # Two spellings in different rows: the plain one is read, the other kept as undeclared.
                plain = min(names, key=lambda name: (name != column, name))
                shape.by_column[column] = plain
                shape.undeclared += sorted(names - {plain})
                shape.has_repeated_fields |= len(names) > 1
            else:
                shape.undeclared += sorted(names)
        self._refuse_wrong_tool(found, set(spelt))
        return shape

    def _refuse_wrong_tool(self, found: list[tuple[list[str], int]], columns: set[str]) -> None:
        """Say so where the rows look like those of another tool or object."""
        if not found:
            return
        needed = {path.column for path in self.declaration.required}
        fits = any(needed <= {snake_case(name) for name in fields} for fields, _ in found)
        own = _likeness(self.declaration, columns)
        if fits and own >= 0.5:
            return
        others = [
            (other.object == self.declaration.object, _likeness(other, columns), other)
            for tool, tables in self.declarations.items()
            for other in tables.values()
            if tool not in ("meta", "git")
            and other is not self.declaration
            and {path.column for path in other.required} <= columns
        ]
        likely = max(others, key=lambda entry: (entry[1], entry[0]), default=None)
        shown, tool, name = self.export.shown, self.declaration.tool, self.declaration.object
        fields = ", ".join(sorted(columns)[:8])
        if likely and likely[1] >= own + (0.1 if not fits else 0.4):
            other = likely[2]
            raise BadInput(
                f"{shown}: these rows are no {tool} {name} (fields {fields}) but look like {other.tool} "
                f"{other.object}. "
                f"Land them with `scorecard land {other.tool} {shown} --object {other.object}`."
            )
        if fits:
            return
        answer = {"message", "errors", "error", "error_messages"} & columns
        if answer and len(found) == 1 and found[0][1] == 1:
            raise BadInput(
                f"{shown}: this is an error message of the API, not data (fields {fields}). "
                "Check the address and the token, and export it again."
            )
        lacking = ", ".join(sorted(needed - columns)) or ", ".join(sorted(needed))
        raise BadInput(
            f"{shown}: no row has what {tool} {name} needs ({lacking}; the fields are {fields}). "
            "Check the tool and the object's name."
        )

    # Rows ------------------------------------------------------------------------------------------------

    @contextmanager
    def rows(self, load_id: int) -> Iterator[str]:
        """SQL of all rows, with the table's columns; to be run once.

        A row that cannot be landed has a negative `_load_id`, one with fields not seen before a negative
        `_row_number`.
        """
        with self._elements() as elements:
            columns = ",\n".join(
                f"{self._column(column)} as {column.name}" for column in self.declaration.columns
            )
            good, bad = f"cast({load_id} as bigint)", f"cast(-{load_id} as bigint)"
            yield f"""
                select
                    {columns},
                    {self._extra()} as _extra,
                    case when {self._reason()} is null then {good} else {bad} end as _load_id,
                    cast(
                        case when {self._has_new_fields()} then -position else position end as bigint
                    ) as _row_number
                from {self._fielded(elements)}
            """

    def _has_new_fields(self) -> str:
        """SQL for whether a row has a field, or a field twice, that the rows looked at did not show."""
        if self.export.form is Form.CSV or not self.shape.combinations:
            return "false"
        fields = "try(json_keys(text))"
        combinations = self.shape.combinations[:MOST_COMBINATIONS]
        seen = ", ".join(f"[{', '.join(literal(name) for name in names)}]" for names in combinations)
        names = sorted({name for combination in self.shape.combinations for name in combination})
        known = ", ".join(literal(name) for name in names)
        repeated = (
            "false" if self.shape.has_repeated_fields else f"len({fields}) <> len(list_distinct({fields}))"
        )
        return (
            f"case when {fields} in ({seen}) then false "
            f"else coalesce(not list_has_all([{known}], {fields}) or {repeated}, false) end"
        )

    def judge(self, staged: str, landed_at: datetime) -> Judged:
        """Take the rows that cannot be landed out of a staged relation, and those whose key is there twice.

        Their positions, texts and reasons stand in VERDICTS. Instants after `landed_at` do not count for what
        the file covers.
        """
        connection = self.connection
        bad = self._number(f"select count(*) from {staged} where _load_id < 0")
        read = self._number(f"select count(*) from {staged}")
        connection.execute(
            f"create or replace temp table {VERDICTS} (position bigint, reason varchar, raw_text varchar)"
        )
        if bad:
            self._explain()
            connection.execute(f"delete from {staged} where _load_id < 0")
        self._reject_invalid_lines(staged)
        self._reject_repeated_keys(staged)
        rejected = self._number(f"select count(*) from {VERDICTS}")
        covers_from, covers_to = self._covers(staged, landed_at)
        return Judged(read, rejected, covers_from, covers_to)

    def _number(self, statement: str) -> int:
        return int(self.connection.execute(statement).fetchall()[0][0])

    def _explain(self) -> None:
        """Read the file again for the rows that cannot be landed."""
        with self._elements() as elements:
            self.connection.execute(
                f"""
                insert into {VERDICTS}
                select position, reason, left(text, {LARGEST_REJECTED_TEXT})
                from (
                    select position, text, {self._reason()} as reason
                    from {self._fielded(elements)}
                )
                where reason is not null
                """
            )

    def _covers(self, staged: str, landed_at: datetime) -> tuple[datetime | None, datetime | None]:
        """The oldest and the newest of the declared instants that are not later than the landing."""
        paths = [path for path in self.declaration.covers if path.column in self.shape.by_column]
        if not paths:
            return None, None
        now = f"timestamptz {literal(landed_at.isoformat(sep=' ') + '+00')}"
        instants = " union all ".join(
            f"select {duckdb_instant(_stored(path))} as instant from {staged}" for path in paths
        )
        found = self.connection.execute(
            f"select min(instant), max(instant) from ({instants}) where instant <= {now}"
        ).fetchall()
        return _naive(found[0][0]), _naive(found[0][1])

    def _fielded(self, elements: str) -> str:
        """The elements with their parsed fields: a struct `s` (JSON) or a list `cells` (CSV)."""
        if self.export.form is Form.CSV:
            mark = self.export.delimiter
            escaped = "\\" + mark
            pattern = literal(f'{escaped}("(?:[^"]|"")*"|[^{escaped}"]*)')
            prefixed = f"{literal(mark)} || text"
            cells = f"regexp_extract_all({prefixed}, {pattern}, 1)"
            return f"(select position, text, {cells} as cells from {elements})"
        structure = literal(json.dumps(self._structure(), ensure_ascii=False))
        return f"(select position, text, try(json_transform(text, {structure})) as s from {elements})"

    def _structure(self) -> dict[str, str]:
        """What json_transform reads in one pass over a row: texts, and nested fields as JSON."""
        structure = dict.fromkeys(self.shape.undeclared, "JSON")
        opened = {path.column for path in self._nested_paths()}
        for column in self.declaration.columns:
            name = self.shape.by_column.get(column.name)
            if name is not None:
                structure[name] = "JSON" if column.is_json or column.name in opened else "VARCHAR"
        return structure or {"_": "VARCHAR"}

    def _nested_paths(self) -> list[FieldPath]:
        """Places within nested fields that are checked."""
        paths = {path for path in (*self.declaration.required, *self.declaration.instants) if path.inner}
        return sorted(paths, key=str)

    def _value(self, path: FieldPath) -> str:
        """SQL for the text of a field; a missing one, a JSON null and an empty CSV cell are NULL."""
        name = self.shape.by_column.get(path.column)
        if name is None:
            return "cast(null as varchar)"
        is_csv = self.export.form is Form.CSV
        field = self._cell(self.export.header.index(name) + 1) if is_csv else f"s.{identifier(name)}"
        if not path.inner:
            return field if is_csv else f"cast({field} as varchar)"
        # One call for all places within a field, so that it is parsed once.
        places = [other for other in self._nested_paths() if other.column == path.column]
        listed = ", ".join(json_path(place.inner) for place in places)
        return f"try(json_extract_string({field}, [{listed}]))[{places.index(path) + 1}]"

    def _cell(self, place: int) -> str:
        cell = f"cells[{place}]"
        unquoted = f"replace({cell}[2:-2], '\"\"', '\"')"
        return f"nullif(case when starts_with({cell}, '\"') then {unquoted} else {cell} end, '')"

    def _reason(self) -> str:
        """SQL for why a row cannot be landed; NULL where it can. The first that holds."""
        arms = self._csv_faults() if self.export.form is Form.CSV else self._json_faults()
        for path in self.declaration.required:
            missing = literal(f"the required field {path} is missing")
            arms.append((f"coalesce({self._value(path)}, '') = ''", missing))
        for column in self.declaration.columns:
            if column.data_type != "text" and column.name in self.shape.by_column:
                arms.append(self._type_fault(column))
        for path in self.declaration.instants:
            if path.column in self.shape.by_column:
                value = self._value(path)
                arms.append(
                    (
                        f"{value} <> '' and {duckdb_instant(value)} is null",
                        f"'{path} is no instant: ' || left({value}, 60) || "
                        f"'; write ISO 8601, such as 2026-01-31T09:30:00Z'",
                    )
                )
        return "case " + " ".join(f"when {condition} then {reason}" for condition, reason in arms) + " end"

    def _json_faults(self) -> list[tuple[str, str]]:
        cut = "right(rtrim(text, ' \t\r'), 1) <> '}'"
        arms = [
            (
                "s is null",
                f"case when {cut} then 'the line is cut off: it does not end with }}' "
                "else 'this is not valid JSON' end",
            ),
            ("not regexp_matches(text, '^\\s*\\{')", "'this is no JSON object'"),
            (
                f"contains(text, '\\u0000') and regexp_matches(text, {literal(_ESCAPED_NUL)})",
                "'a text holds the character \\u0000, which a warehouse cannot hold; remove it'",
            ),
            (
                f"(contains(text, 'NaN') or contains(text, 'Infinity')) and regexp_matches("
                f"regexp_replace(text, {literal(_STRING)}, '\"\"', 'g'), {literal(_BARE_NUMBER)})",
                "'NaN and Infinity are no JSON; write null'",
            ),
        ]
        if self.shape.has_repeated_fields:
            spelt = [*self.shape.by_column.values(), *self.shape.undeclared]
            declared = self.declaration.column_names
            names = {name: snake_case(name) for name in spelt if snake_case(name) in declared}
            known = ", ".join(f"{literal(name)}: {literal(column)}" for name, column in names.items())
            columns = (
                f"list_transform(try(json_keys(text)), lambda name: coalesce(map {{{known}}}[name], name))"
                if known
                else "try(json_keys(text))"
            )
            arms.append(
                (
                    f"len({columns}) <> len(list_distinct({columns}))",
                    "'a field is given twice in one object; give it once'",
                )
            )
        return arms

    def _csv_faults(self) -> list[tuple[str, str]]:
        width = len(self.export.header)
        return [
            (
                "length(array_to_string(cells, '')) + len(cells) <> length(text) + 1",
                "'the quotes do not match: a quote within a cell is written twice'",
            ),
            (
                f"len(cells) <> {width}",
                f"'the row has ' || len(cells) || ' cells, the header {width}: it is shifted; "
                "put quotes around a cell that holds the separator'",
            ),
            ("contains(text, chr(0))", "'a cell holds the character NUL; remove it'"),
        ]

    def _type_fault(self, column: Column) -> tuple[str, str]:
        value = self._value(FieldPath(column.name))
        if column.data_type == "bigint":
            whole = f"coalesce(try_cast({value} as double) = try_cast({value} as bigint), false)"
            condition = f"try_cast({value} as bigint) is null or (contains({value}, '.') and not {whole})"
            wanted = "a whole number"
        elif column.data_type == "boolean":
            condition = f"try_cast({value} as boolean) is null"
            wanted = "true or false"
        else:
            condition = f"not coalesce(isfinite(try_cast({value} as double)), false)"
            wanted = "a number"
        return (
            f"{value} is not null and ({condition})",
            f"'{column.name} is not {wanted}: ' || left({value}, 60)",
        )

    def _reject_invalid_lines(self, staged: str) -> None:
        """Rows on lines that are not valid UTF-8; of a CSV, the record that holds the line."""
        if not self.lines.invalid:
            return
        self.connection.register(INVALID, pa.table({"position": pa.array(self.lines.invalid, pa.int64())}))
        self._move(
            staged,
            f"""
            select distinct
                rows._row_number as position,
                'the text is not valid UTF-8; save or export the file as UTF-8' as reason
            from {INVALID} as invalid
            asof join {staged} as rows
                on invalid.position >= rows._row_number
            where {literal(self.export.form.name)} = 'CSV' or invalid.position = rows._row_number
            """,
        )

    def _reject_repeated_keys(self, staged: str) -> None:
        """Of rows with one key in one file the newest version is kept, of equal versions the last."""
        names = self.declaration.key
        if not names:
            return
        keys = ", ".join(names)
        repeated = self.connection.execute(
            f"select 1 from {staged} group by {keys} having count(*) > 1 limit 1"
        ).fetchall()
        if not repeated:
            return
        version = duckdb_instant(_stored(self.declaration.version)) if self.declaration.version else "null"
        shown = " || ', ' || ".join(
            f"'{name} ' || coalesce(cast({name} as varchar), 'empty')" for name in names
        )
        self._move(
            staged,
            f"""
            select
                _row_number as position,
                'duplicate key (' || {shown} || '): row ' || kept || ' of this file is kept' as reason
            from (
                select
                    *,
                    first_value(_row_number) over (
                        partition by {keys} order by {version} desc nulls last, _row_number desc
                    ) as kept
                from {staged}
            )
            where _row_number <> kept
            """,
        )

    def _move(self, staged: str, rejected: str) -> None:
        """Take rows (SQL of position and reason) out of a staged relation and into VERDICTS."""
        self.connection.execute(f"insert into {VERDICTS} select position, reason, '' from ({rejected})")
        self.connection.execute(
            f"delete from {staged} where _row_number in (select position from {VERDICTS} where raw_text = '')"
        )
        self._fill_texts()

    def _fill_texts(self) -> None:
        """Fetch the text of rows that were rejected after the first reading."""
        with self._elements() as elements:
            self.connection.execute(
                f"""
                update {VERDICTS} as verdicts
                set raw_text = left(elements.text, {LARGEST_REJECTED_TEXT})
                from {elements} as elements
                where elements.position = verdicts.position and verdicts.raw_text = ''
                """
            )

    def reject(self, positions: list[int], reason: str) -> None:
        """Reject rows that a merge would not take."""
        if not positions:
            return
        places = pa.table({"position": pa.array(positions, pa.int64())})
        self.connection.register(INVALID, places)
        self.connection.execute(
            f"insert into {VERDICTS} select position, {literal(reason)}, '' from {INVALID}"
        )
        self._fill_texts()

    def first_reason(self) -> str:
        """Place and reason of the first rejected row."""
        found = self.connection.execute(
            f"select position, reason from {VERDICTS} order by position limit 1"
        ).fetchall()
        return f"Row {found[0][0]}: {found[0][1]}." if found else ""

    def rejects_sql(self) -> str:
        """SQL of position, raw_text and reason of every rejected row."""
        return f"select position, raw_text, reason from {VERDICTS} order by position"

    def _column(self, column: Column) -> str:
        value = self._value(FieldPath(column.name))
        if column.data_type != "text":
            return f"try_cast({value} as {column.data_type})"
        if column.is_json and self.export.form is Form.CSV and column.name in self.shape.by_column:
            return f"case when json_valid({value}) then {value} else cast(to_json({value}) as varchar) end"
        return value

    def _extra(self) -> str:
        """What is not declared, as one JSON object; NULL where there is none."""
        if not self.shape.undeclared:
            return "cast(null as varchar)"
        if self.export.form is Form.CSV:
            return self._extra_cells()
        # concat_ws leaves out what is NULL: a missing field, a JSON null.
        members = ", ".join(
            f"{literal(json.dumps(name, ensure_ascii=False) + ':')} || s.{identifier(name)}"
            for name in self.shape.undeclared
        )
        return f"nullif('{{' || concat_ws(',', {members}) || '}}', '{{}}')"

    def _extra_cells(self) -> str:
        pairs = []
        for place, name in enumerate(self.export.header, start=1):
            if name in self.shape.undeclared:
                pairs.append(f"{{'key': {literal(name or f'column {place}')}, 'value': {self._cell(place)}}}")
        # Columns of one name (a tracker's CSV repeats "Sprint") are told apart by their number.
        seen: set[str] = set()
        distinct = []
        for place, pair in enumerate(pairs, start=1):
            head = pair.split(", 'value'")[0]
            distinct.append(pair.replace(head, f"{head[:-1]} {place}'", 1) if head in seen else pair)
            seen.add(head)
        kept = f"list_filter([{', '.join(distinct)}], lambda entry: entry.value is not null)"
        return f"cast(to_json(map_from_entries(nullif({kept}, []))) as varchar)"


def _stored(path: FieldPath) -> str:
    """SQL for a field's text in a table that has the declared columns."""
    column = f"cast({path.column} as varchar)"
    return f"json_extract_string({column}, {json_path(path.inner)})" if path.inner else column


def _likeness(declaration: Declaration, columns: set[str]) -> float:
    """Share of the fields that a table declares."""
    return len(columns & set(declaration.column_names)) / max(len(columns), 1)


def _naive(instant: datetime | None) -> datetime | None:
    """An instant as the books hold it: UTC without an offset."""
    return instant.replace(tzinfo=None) if instant else None
