"""The line of twelve months as inline SVG, drawn by Altair; its colours come from the page's style sheet."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair
import vl_convert

WIDTH, HEIGHT = 240, 54
# A little room beside the first and the last of twelve months.
LEFT, RIGHT = -0.25, 11.25
# The version of Vega-Lite that Altair writes and vl-convert brings along.
VEGA_LITE = "6.1"


Point = tuple[int, float | None]


@dataclass(frozen=True)
class Limits:
    """Middle and natural limits of a process chart, in the unit of the values."""

    low: float
    middle: float
    high: float


# The same for every amount of detail that is tried.
@functools.lru_cache(maxsize=64)
def draw_line(points: tuple[Point, ...], limits: Limits | None, is_share: bool) -> str:
    """An SVG of the values at their months (0 to 11), broken where one has none, over the band of the limits.

    The text alternative is the caller's: the drawing itself is hidden from a screen reader. Empty where there
    is nothing to draw.
    """
    present = [value for _, value in points if value is not None]
    if not present:
        return ""
    band = _clipped(limits, is_share)
    ends = [*present, *((band.low, band.high) if band else ())]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    scale = {"domain": [low - room, high + room], "zero": False, "nice": False}
    layers = [*_band(band, scale), *_points(points, scale)]
    chart = altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, padding=1)
    chart = chart.configure(background="transparent").configure_view(stroke=None)
    # Python floats of the marts need no check against the schema of all of Vega-Lite.
    svg: str = vl_convert.vegalite_to_svg(chart.to_json(validate=False), vl_version=VEGA_LITE)
    return svg


def _clipped(limits: Limits | None, is_share: bool) -> Limits | None:
    """Limits as far as the value can reach: no duration is below zero, no share above one."""
    if limits is None:
        return None
    high = min(limits.high, 1.0) if is_share else limits.high
    return Limits(max(limits.low, 0.0), limits.middle, high)


def _x(field: str) -> altair.X:
    scale = altair.Scale(domain=[LEFT, RIGHT], nice=False, zero=False)
    return altair.X(f"{field}:Q", scale=scale, axis=None)


def _chart(rows: list[dict[str, Any]]) -> altair.Chart:
    return altair.Chart(altair.Data(values=rows))  # type: ignore[no-untyped-call]


def _band(band: Limits | None, scale: dict[str, Any]) -> list[altair.Chart]:
    if band is None:
        return []
    row = {"from": LEFT, "to": RIGHT, "low": band.low, "middle": band.middle, "high": band.high}
    base = _chart([row]).encode(x=_x("from"), x2="to:Q")

    def y(field: str) -> altair.Y:
        return altair.Y(f"{field}:Q", scale=altair.Scale(**scale), axis=None)

    return [
        base.mark_rect(aria=False, color="#888888", opacity=0.22).encode(y=y("low"), y2="high:Q"),
        base.mark_rule(aria=False, color="#888888", strokeWidth=1).encode(y=y("middle")),
    ]


def _points(points: Sequence[Point], scale: dict[str, Any]) -> list[altair.Chart]:
    rows = [{"place": place, "value": value} for place, value in points]
    last = [row for row in rows if row["value"] is not None][-1:]

    def base(chosen: list[dict[str, Any]]) -> altair.Chart:
        y = altair.Y("value:Q", scale=altair.Scale(**scale), axis=None)
        return _chart(chosen).encode(x=_x("place"), y=y)

    dot: dict[str, Any] = {"aria": False, "filled": True, "color": "#000000", "opacity": 1}
    return [
        base(rows).mark_line(aria=False, color="#000000", strokeWidth=1.4),
        base([row for row in rows if row["value"] is not None]).mark_point(size=7, **dot),
        base(last).mark_point(size=42, **dot),
    ]
