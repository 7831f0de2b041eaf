"""Numbers, spans, statuses and reasons as the page words them."""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

# Written as escapes where they are easily taken for another character.
DASH = "\u2013"
AT_MOST = "≤"
AT_LEAST = "≥"
ELLIPSIS = "…"
SPARK_LEVELS = "▁▂▃▄▅▆▇█"

UNIT_WORDS = {"hours": ("h", "h"), "minutes": ("min", "min"), "days": ("day", "days")}

STATUS_WORDS = {
    "on_target": "on target",
    "off_target": "off target",
    "cannot_tell": "cannot tell",
    "no_data": "no data",
    "no_target": "no target",
}

# Why a status cannot be told although there are a value and a target.
STATUS_REASON_WORDS = {
    "low_coverage": "coverage is below 70 %",
    "stale_source": "a source is stale",
    "no_interval": "too few rows for an interval",
    "straddles_target": "the target lies within the interval",
    "straddles_with_unknown": "with the unknown counted either way, the target may be met or missed",
}

# Short enough to stand where the number would.
NULL_REASON_WORDS = {
    "source_not_loaded": "source not landed",
    "source_not_covering": "source stops short",
    "no_baseline": "no frozen roadmap",
    "immature": "too recent to judge",
    "below_min_n": "too few to tell",
    "all_unknown": "none can be judged",
    "none_finished": "none finished yet",
    "no_events": "nothing happened",
}

SIGNAL_WORDS = {"improving": "better", "worsening": "worse"}

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|(?:h|min|days?)\b)")

# Commands to a terminal: operating system and other strings, control sequences, single characters.
_ESCAPE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)

_ASCII = str.maketrans(
    {DASH: "-", AT_MOST: "<=", AT_LEAST: ">=", ELLIPSIS: "...", "\u2019": "'", "\u00b7": "-"}
    | {level: str(place) for place, level in enumerate(SPARK_LEVELS, start=1)}
)


def words(key: str | None, known: dict[str, str]) -> str:
    """The words of a key; a key that has none is shown with blanks for its underscores."""
    if key is None:
        return ""
    return known.get(key, key.replace("_", " "))


def capital(text: str) -> str:
    """The same text with a capital first letter."""
    return text[:1].upper() + text[1:]


def counted(number: int, one: str) -> str:
    """`1 row`, `2 rows`, `1,200 rows`."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def plain_number(value: float) -> str:
    """At most one decimal, no trailing `.0`; below one, two significant digits, so that little is not 0."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 0.95:
        return f"{float(f'{value:.2g}'):.6f}".rstrip("0").rstrip(".")
    return f"{value:.1f}".removesuffix(".0")


def quantity(value: float | None, unit: str) -> str:
    """A value in the catalog's unit (shares from 0 to 1): `40 h`, `57.1 %`, `1 day`; empty for none."""
    if value is None:
        return ""
    if unit == "share":
        return f"{100 * value:.1f} %"
    number = plain_number(value)
    one, many = UNIT_WORDS.get(unit, (unit, unit))
    return f"{number} {one if number == '1' else many}"


def span(low: float | None, high: float | None, unit: str) -> str:
    """Two ends in the catalog's unit with a dash between, the unit once; empty where an end is missing."""
    if low is None or high is None:
        return ""
    if unit == "share":
        return f"{100 * low:.1f}{DASH}{100 * high:.1f} %"
    return f"{plain_number(low)}{DASH}{plain_number(high)} {UNIT_WORDS.get(unit, (unit, unit))[1]}"


def covered(share: float | None) -> str:
    """Coverage in per cent; `100 %` says all of them, so what falls just short of all is not rounded up."""
    if share is None:
        return ""
    return "100 %" if share >= 1 else f"{min(100 * share, 99.9):.1f} %"


def age(seconds: float) -> str:
    """A span of time for a reader: minutes under two hours, hours under three days, else days."""
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min"
    if seconds < 3 * 86400:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} days"


def day(value: date) -> str:
    """A calendar day: `30 June 2026`."""
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    """An instant, stored in UTC, to the minute: `2026-07-04 09:00 UTC`."""
    return f"{value:%Y-%m-%d %H:%M} UTC"


def printable(text: str) -> str:
    """The text on one line without what would command a terminal or turn the direction of writing."""
    kept = (
        " " if unicodedata.category(character) in ("Zl", "Zp") or character in "\t\n\r\v\f" else character
        for character in _ESCAPE.sub("", text)
    )
    shown = (character for character in kept if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(shown).split())


def shortened(text: str, width: int) -> str:
    """The text on one line of at most that many characters, without commands to the terminal."""
    line = printable(text)
    return line if len(line) <= width else line[: width - 1] + ELLIPSIS


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most that many characters, none for an empty text; a number keeps its unit."""
    # The wrapper breaks at plain blanks alone.
    kept = _BEFORE_UNIT.sub("\u00a0", text)
    return [line.replace("\u00a0", " ") for line in textwrap.wrap(kept, width, break_on_hyphens=False)]


def sparkline(values: Sequence[float | None]) -> str:
    """One block a value between the least and the greatest, a blank for none; level where all are equal."""
    present = [value for value in values if value is not None]
    if not present:
        return " " * len(values)
    low, high = min(present), max(present)
    top = len(SPARK_LEVELS) - 1

    def block(value: float | None) -> str:
        if value is None:
            return " "
        return SPARK_LEVELS[round(top * (value - low) / (high - low)) if high > low else top // 2]

    return "".join(block(value) for value in values)


def ascii_only(text: str) -> str:
    """The same text for a terminal that shows ASCII alone; blocks become the digits 1 to 8."""
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
