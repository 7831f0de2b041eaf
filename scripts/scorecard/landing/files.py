"""Bytes of an export: what form they have, their hash, and their lines in bounded memory."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from scorecard.landing.declarations import Declaration
from scorecard.landing.errors import BadInput
from scorecard.names import snake_case

CHUNK_BYTES = 1 << 20
SNIFF_BYTES = 1 << 20
# Above this one line, or one page, is no row of an export any more.
LARGEST_LINE_BYTES = 256 << 20
# A document is looked at in whole (to tell a page from a row, to find where it breaks) up to this size.
LARGEST_LOOK_BYTES = 64 << 20

_DIALECTS = ",;\t|"
_LINES_SCHEMA = pa.schema([("base", pa.int64()), ("text", pa.string())])


class Form(Enum):
    """How the rows stand in a file."""

    LINES = "one object a line"
    ARRAY = "an array"
    DOCUMENTS = "pages"
    CSV = "CSV"


@dataclass(frozen=True)
class Export:
    """One file of one object, known by its form. `shown` is its path as given."""

    path: Path
    shown: str
    declaration: Declaration
    form: Form
    content_hash: str
    is_gzip: bool
    delimiter: str = ","
    header: tuple[str, ...] = ()
    header_lines: int = 1


def object_of(name: str) -> str:
    """The object that a file's name says: `issues-2026-01.json.gz` → `issues`, `users_2.csv` → `users`."""
    return re.sub(r"[-_]\d.*$", "", name.split(".", 1)[0])


def content_hash(path: Path, shown: str) -> str:
    """SHA-256 of a file's bytes. Raises BadInput where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(
            f"{shown}: cannot be read ({error.strerror}). Check the file's permissions."
        ) from error


def open_export(path: Path, shown: str, declaration: Declaration) -> Export:
    """Look at a file's start and say how its rows stand.

    Raises BadInput for what is no export: an empty file, a page of HTML, an archive, a broken compression.
    """
    digest = content_hash(path, shown)
    is_gzip = _is_gzip(path)
    head = _head(path, shown, is_gzip)
    _refuse_foreign(head, shown)
    decoded = head.decode("utf-8-sig", errors="replace")
    text = decoded.lstrip()
    if not text:
        size = path.stat().st_size
        remedy = "Export it again: a finished export of nothing is an empty list, `[]`."
        raise BadInput(f"{shown}: the file is empty ({size} bytes). {remedy}")
    if text[0] == "<":
        start = text.splitlines()[0][:60]
        what = "an HTML page" if re.search(r"<!doctype html|<html", text[:2000], re.I) else "XML"
        raise BadInput(
            f"{shown}: this is {what}, not JSON or CSV (line 1 starts with {json.dumps(start)}). "
            "Was it saved from a login page? Export it again with an API token."
        )
    export = Export(path, shown, declaration, Form.LINES, digest, is_gzip)
    if text[0] == "{":
        return replace(export, form=_form_of_objects(text, declaration))
    if text[0] == "[":
        return replace(export, form=_form_of_array(text, declaration))
    blank_lines = decoded[: len(decoded) - len(text)].count("\n")
    return _as_csv(export, text, blank_lines)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def open_bytes(path: Path, is_gzip: bool) -> IO[bytes]:
    """The file's content, decompressed."""
    return gzip.open(path, "rb") if is_gzip else path.open("rb", buffering=0)  # type: ignore[return-value]


def read_some(stream: IO[bytes], size: int, shown: str) -> bytes:
    """Read up to `size` bytes; a compression that breaks off becomes BadInput."""
    try:
        return stream.read(size) or b""
    except EOFError as error:
        raise BadInput(f"{shown}: the compressed file is cut off. Download or export it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(
            f"{shown}: the compression is damaged ({error}). Download or export it again."
        ) from error
    except OSError as error:
        raise BadInput(f"{shown}: cannot be read ({error}). Check the file.") from error


def _head(path: Path, shown: str, is_gzip: bool) -> bytes:
    """The file's start: at least its first line with anything on it, up to the size we look at."""
    with open_bytes(path, is_gzip) as stream:
        head = b""
        size = SNIFF_BYTES
        while len(head) < LARGEST_LOOK_BYTES:
            block = read_some(stream, size, shown)
            head += block
            if not block or b"\n" in head.strip():
                break
            size = len(head)
        return head


def _refuse_foreign(head: bytes, shown: str) -> None:
    """Files of another kind, told by their first bytes."""
    kinds = {
        b"PK\x03\x04": ("a ZIP archive (or a spreadsheet)", "Unpack it, or save the sheet as CSV UTF-8"),
        b"PAR1": ("Parquet", "Export JSON or CSV"),
        b"\xff\xfe": ("UTF-16 text", "Save it as UTF-8"),
        b"\xfe\xff": ("UTF-16 text", "Save it as UTF-8"),
        b"BZh": ("bzip2", "Unpack it, or compress it with gzip"),
        b"\xfd7zXZ": ("xz", "Unpack it, or compress it with gzip"),
        b"(\xb5/\xfd": ("Zstandard", "Unpack it, or compress it with gzip"),
        b"%PDF": ("a PDF", "Export JSON or CSV"),
    }
    for magic, (kind, remedy) in kinds.items():
        if head.startswith(magic):
            raise BadInput(f"{shown}: this is {kind}, not JSON or CSV. {remedy}.")


def _loads(text: str) -> Any | None:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _form_of_objects(text: str, declaration: Declaration) -> Form:
    """Rows one a line, or pages (and rows that spread over lines)?"""
    lines = text.splitlines()
    first = _loads(lines[0])
    if first is None:
        # A first line that is broken among whole ones is a bad row; otherwise an object spreads over lines.
        others = (line for line in lines[1:200] if line.startswith("{"))
        return Form.LINES if any(isinstance(_loads(line), dict) for line in others) else Form.DOCUMENTS
    return Form.DOCUMENTS if is_page(first, declaration) else Form.LINES


def _form_of_array(text: str, declaration: Declaration) -> Form:
    """An array of rows, or of arrays and pages (`--slurp`)?"""
    rest = text[1:].lstrip()
    if rest.startswith("["):
        return Form.DOCUMENTS
    try:
        first, _ = json.JSONDecoder().raw_decode(rest)
    except (ValueError, RecursionError):
        return Form.ARRAY
    return Form.DOCUMENTS if is_page(first, declaration) else Form.ARRAY


def is_page(document: Any, declaration: Declaration) -> bool:
    """Whether an object wraps rows: it has a declared wrapper with a list, and not the row's own key."""
    if not isinstance(document, dict):
        return isinstance(document, list)
    columns = {snake_case(name) for name in document}
    if declaration.key and set(declaration.key) <= columns:
        return False
    return any(isinstance(document.get(wrapper), list) for wrapper in declaration.wrappers)


def _as_csv(export: Export, text: str, blank_lines: int) -> Export:
    """A CSV, told by a header that names declared columns."""
    shown, declaration = export.shown, export.declaration
    record, lines = _first_record(text)
    delimiter = max(_DIALECTS, key=lambda mark: len(split_cells(record, mark)))
    header = tuple(cell.strip() for cell in split_cells(record, delimiter))
    columns = [snake_case(name) for name in header]
    needed = list(dict.fromkeys([*declaration.key, *(path.column for path in declaration.required)]))
    optional = set(declaration.key) - {path.column for path in declaration.required}
    missing = [name for name in needed if name not in columns and name not in optional]
    if not set(columns) & set(declaration.column_names):
        start = json.dumps(record[:60], ensure_ascii=False)
        raise BadInput(
            f"{shown}: line 1 is neither JSON nor a CSV header with {', '.join(needed)} "
            f"(it starts with {start}). "
            f"Give an export of {declaration.tool} {declaration.object} as JSON, or as CSV with a header."
        )
    if missing:
        raise BadInput(
            f"{shown}: the header in line 1 lacks {', '.join(missing)} (it has {', '.join(header)[:200]}). "
            f"Add the column{'s' if len(missing) > 1 else ''}, or name the right object with --object."
        )
    for name in set(columns):
        places = [str(index + 1) for index, other in enumerate(columns) if other == name]
        if len(places) > 1 and name in declaration.column_names:
            raise BadInput(
                f"{shown}: columns {' and '.join(places)} of the header in line 1 are both called {name}. "
                "Rename or remove one."
            )
    return replace(
        export, form=Form.CSV, delimiter=delimiter, header=header, header_lines=blank_lines + lines
    )


def _first_record(text: str) -> tuple[str, int]:
    """The first record of a CSV, whose quoted cells may spread over lines, and how many lines it takes."""
    lines = text.split("\n")
    for count in range(1, min(len(lines), 50) + 1):
        record = "\n".join(lines[:count])
        if record.count('"') % 2 == 0:
            return record.rstrip("\r"), count
    return lines[0].rstrip("\r"), 1


def split_cells(record: str, delimiter: str) -> list[str]:
    """The cells of one CSV record (RFC 4180)."""
    mark = re.escape(delimiter)
    cells = re.findall(rf'{mark}("(?:[^"]|"")*"|[^{mark}"]*)', delimiter + record)
    return [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in cells]


class Lines:
    """A file's lines as Arrow batches for DuckDB: a chunk of text and the number of lines before it.

    DuckDB splits the chunks, so that Python handles a megabyte at a time. A line ends at `mark`. What cannot
    be handed over is kept: `invalid` holds the numbers of lines that are not valid UTF-8 (their bytes become
    U+FFFD, `replaced` times), `failure` the BadInput that ended the reading, since an exception cannot pass
    through the engine.
    """

    def __init__(
        self,
        path: Path,
        is_gzip: bool,
        shown: str,
        advance: Callable[[int], None] | None = None,
        mark: bytes = b"\n",
    ) -> None:
        self.path = path
        self.is_gzip = is_gzip
        self.shown = shown
        self.mark = mark
        self.advance = advance or (lambda _: None)
        self.invalid: list[int] = []
        self.replaced = 0
        self.failure: BadInput | None = None

    def reader(self, most_chunks: int | None = None) -> pa.RecordBatchReader:
        """A fresh reader of columns `base` (bigint) and `text` (varchar), to be consumed once."""
        self.invalid.clear()
        self.failure = None
        return pa.RecordBatchReader.from_batches(_LINES_SCHEMA, self._batches(most_chunks))

    def _batches(self, most_chunks: int | None) -> Iterator[pa.RecordBatch]:
        try:
            base = 0
            for chunk in islice(self._chunks(), most_chunks):
                yield pa.record_batch(
                    [pa.array([base], pa.int64()), self._text(chunk, base)], schema=_LINES_SCHEMA
                )
                base += chunk.count(self.mark) + 1
                self.advance(len(chunk) + 1)
        except BadInput as error:
            self.failure = error

    def _chunks(self) -> Iterator[bytes]:
        """Whole lines, about a megabyte at a time, without the last line's end."""
        with open_bytes(self.path, self.is_gzip) as stream:
            rest: list[bytes] = []
            held = 0
            is_first = True
            while block := read_some(stream, CHUNK_BYTES, self.shown):
                if is_first:
                    block, is_first = block.removeprefix(codecs.BOM_UTF8), False
                cut = block.rfind(self.mark)
                if cut < 0:
                    rest.append(block)
                    held += len(block)
                    if held > LARGEST_LINE_BYTES:
                        size = LARGEST_LINE_BYTES >> 20
                        raise BadInput(
                            f"{self.shown}: one line is longer than {size} MB. "
                            "Write one object a line (`jq -c '.[]'`)."
                        )
                    continue
                yield b"".join((*rest, block[:cut]))
                rest = [block[cut + 1 :]]
                held = len(rest[0])
            last = b"".join(rest)
            if last:
                yield last

    def _text(self, chunk: bytes, base: int) -> pa.Array:
        try:
            return pa.array([chunk], pa.binary()).cast(pa.string())
        except pa.ArrowInvalid:
            return pa.array([self._mend(chunk, base)], pa.string())

    def _mend(self, chunk: bytes, base: int) -> str:
        """Replace what is not UTF-8 and note its lines; only a chunk that holds such bytes comes here."""
        for number, line in enumerate(chunk.split(self.mark), start=base + 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                self.invalid.append(number)
        text = chunk.decode("utf-8", errors="replace")
        self.replaced += text.count("\ufffd") - chunk.count("\ufffd".encode())
        return text


def refuse_invalid_utf8(export: Export) -> None:
    """Raise BadInput where a file that is read in whole (an array, a page) is not valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with open_bytes(export.path, export.is_gzip) as stream:
        while block := read_some(stream, CHUNK_BYTES, export.shown):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                raise BadInput(_not_utf8(export.shown, line)) from error
            line += block.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadInput(_not_utf8(export.shown, line)) from error


def _not_utf8(shown: str, line: int) -> str:
    return f"{shown}: line {line} is not valid UTF-8. Save or export the file as UTF-8."


def broken_json(export: Export, engine_message: str) -> BadInput:
    """Where and how a JSON array or page breaks, for a file that the engine could not read."""
    size = export.path.stat().st_size
    if export.is_gzip or size <= LARGEST_LOOK_BYTES:
        with open_bytes(export.path, export.is_gzip) as stream:
            text = read_some(stream, LARGEST_LOOK_BYTES, export.shown).decode("utf-8-sig", errors="replace")
        place = _where_broken(text)
        if place:
            return BadInput(f"{export.shown}: {place}")
    element = re.search(r"record/value (\d+)", engine_message)
    place = f"near element {element.group(1)}" if element else "within the file"
    return BadInput(f"{export.shown}: the JSON is broken {place}. Export it again; it may be cut off.")


def _where_broken(text: str) -> str | None:
    decoder = json.JSONDecoder()
    index = 0
    try:
        while index < len(text):
            while index < len(text) and text[index].isspace():
                index += 1
            if index < len(text):
                _, index = decoder.raw_decode(text, index)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
            return f"the JSON is cut off at {place}. The download did not finish: export it again."
        around = json.dumps(text[error.pos : error.pos + 30], ensure_ascii=False)
        return f"this is not valid JSON at {place} ({error.msg.lower()}, at {around}). Export it again."
    except RecursionError:
        return "the JSON is nested too deeply to be an export. Export it again."
    return None
