"""What must hold of the questions on either engine: they run, and say what the marts say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from scorecard.metabase.content import Content, Entity
from template_sql import compiled

Rows = list[dict[str, Any]]
Query = Callable[[str], tuple[list[str], Rows]]

# The KPI that the SQL of a trend names.
KPI_OF_TREND = re.compile(r"scorecard\.kpi = '(\w+)'")

TABLE_SETTINGS = {"table.columns", "table.column_formatting", "column_settings"}
LINE_SETTINGS = {
    "graph.dimensions",
    "graph.metrics",
    "graph.x_axis.title_text",
    "graph.y_axis.title_text",
    "series_settings",
    "column_settings",
}


def question(content: Content, name: str) -> Entity:
    (found,) = [card for card in content.cards if card["name"] == name]
    return found


def assert_draws_what_it_returns(query: Query, card: Entity) -> None:
    """Every column that a question's settings name is one that its SQL returns, and none is left out."""
    columns, _ = query(compiled(card))
    settings = card["visualization_settings"]
    named = {json.loads(key)[1] for key in settings["column_settings"]}
    if card["display"] == "table":
        assert settings.keys() <= TABLE_SETTINGS
        assert [column["name"] for column in settings["table.columns"]] == columns
        for rule in settings.get("table.column_formatting", []):
            named |= set(rule["columns"])
        assert named <= set(columns)
        assert {json.loads(key)[1] for key in settings["column_settings"]} == set(columns)
    else:
        assert card["display"] == "line" and settings.keys() == LINE_SETTINGS
        drawn = settings["graph.dimensions"] + settings["graph.metrics"]
        assert drawn == columns
        assert named | set(settings["series_settings"]) == set(settings["graph.metrics"])


def assert_same(left: Any, right: Any) -> None:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        assert math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-12), (left, right)
    else:
        assert left == right


def as_shown(row: dict[str, Any], column: str) -> Any:
    """A number of the marts as the tables show it: a share in percent."""
    value = row[column]
    return 100 * value if value is not None and row["unit"] == "share" else value


def assert_the_ten_numbers(query: Query, content: Content) -> None:
    _, shown = query(compiled(question(content, "The ten numbers")))
    _, marts = query("select * from marts.scorecard_current order by kpi_number")
    assert len(shown) == len(marts) == 10
    for told, row in zip(shown, marts, strict=True):
        assert_row(told, row)
        assert told["accountability_name"] == row["accountability_name"]


def assert_row(told: dict[str, Any], row: dict[str, Any]) -> None:
    for column in ("value", "interval_low", "interval_high", "target"):
        assert_same(told[column], as_shown(row, column))
    for column in ("kpi_name", "n", "coverage", "sentence"):
        assert_same(told[column], row[column])
    assert told["unit"] == ("%" if row["unit"] == "share" else row["unit"])
    assert told["status"] == row["status"].replace("_", " ")


def assert_trend(query: Query, card: Entity, kpi: str, team: str | None) -> int:
    """A trend has every period of the company or of a team; return how many have a value."""
    _, shown = query(compiled(card, **({"team": team} if team else {})))
    of = f"scope_type = 'team' and scope_name = '{team}'" if team else "scope_type = 'company'"
    _, marts = query(
        "select * from marts.scorecard where period_grain = "
        f"(select base_grain from marts.dim_kpis where kpi = '{kpi}') and kpi = '{kpi}' and {of} "
        "order by period_start_on"
    )
    assert len(shown) == len(marts) > 0
    for told, row in zip(shown, marts, strict=True):
        for column in ("period_start_on", "value", "chart_middle", "target"):
            assert_same(told[column], row[column])
        low, high = row["chart_low"], row["chart_high"]
        assert_same(told["chart_low"], None if low is None else max(low, 0))
        at_most = 1 if row["unit"] == "share" else math.inf
        assert_same(told["chart_high"], None if high is None else min(high, at_most))
    return sum(row["value"] is not None for row in shown)


def assert_scopes(query: Query, content: Content, scope: str) -> None:
    """By team and by service: the newest numbers, one KPI of them, and those of a month."""
    card = question(content, f"By {scope}")
    base = (
        f"select * from marts.scorecard where scope_type = '{scope}' "
        "and is_headline_grain and value is not null"
    )
    order = " order by kpi_number, scope_name, period_end_on"
    _, months = query(
        f"select max(period_end_on) as newest from ({base} and not is_latest_period) as earlier"
    )
    month = months[0]["newest"].strftime("%Y-%m")
    (kpi,) = query("select kpi_name from marts.dim_kpis where kpi = 'lead_time'")[1]
    for values, where in (
        ({}, " and is_latest_period"),
        ({"kpi": ["Lead time"]}, f" and is_latest_period and kpi_name = '{kpi['kpi_name']}'"),
        ({"month": month}, f" and cast(period_end_on as text) like '{month}-%'"),
    ):
        _, shown = query(compiled(card, **values))
        _, marts = query(base + where + order)
        assert len(shown) == len(marts) > 0
        for told, row in zip(shown, marts, strict=True):
            assert_row(told, row)
            assert (told["scope_name"], told["period_end_on"]) == (row["scope_name"], row["period_end_on"])


def assert_what_is_left_out(query: Query, content: Content) -> None:
    """The reasons' rows are the rows that are left out, each once, in words."""
    card = question(content, "Left out, by reason")
    _, shown = query(compiled(card))
    _, marts = query(
        "select kpi, count(distinct observation_id) as rows from marts.scorecard_observations "
        "where role = 'left_out' group by kpi, excluded_because"
    )
    assert sorted(row["left_out"] for row in shown) == sorted(row["rows"] for row in marts) != []
    _, words = query("select wording from marts.dim_reasons where kind = 'left_out'")
    assert {row["reason"] for row in shown} <= {row["wording"] for row in words}
    _, some = query(compiled(card, kpi=[shown[0]["kpi_name"]]))
    assert some == [row for row in shown if row["kpi_name"] == shown[0]["kpi_name"]]


def assert_rows_behind(query: Query, content: Content) -> None:
    card = question(content, "Rows behind the numbers")
    _, newest = query(compiled(card))
    assert len(newest) == 500
    month = newest[0]["month_on"].strftime("%Y-%m")
    _, teams = query(compiled(question(content, "Teams")))
    assert {row["team_name"] for row in newest} - {None} <= {row["team_name"] for row in teams}
    team = teams[0]["team_name"]
    _, shown = query(compiled(card, kpi=["Lead time"], month=month, team=team))
    _, marts = query(
        "select count(*) as rows from marts.scorecard_observations as o inner join marts.dim_teams as t "
        f"on o.team_id = t.team_id where o.kpi = 'lead_time' and t.team_name = '{team}' "
        f"and cast(o.month_on as text) = '{month}-01'"
    )
    assert len(shown) == marts[0]["rows"] > 0
    assert {row["team_name"] for row in shown} == {team}


def assert_quality_and_restatements(query: Query, content: Content) -> None:
    _, shown = query(compiled(question(content, "Quality of the data")))
    _, marts = query("select measure_name, tool, object, value from marts.data_quality")
    key = ("measure_name", "tool", "object", "value")
    assert len(shown) == len(marts) > 0
    assert {tuple(row[name] for name in key) for row in shown} == {
        tuple(row[name] for name in key) for row in marts
    }
    _, restated = query(compiled(question(content, "Restated numbers")))
    _, rows = query("select count(*) as changes from marts.scorecard_history where event <> 'first'")
    assert len(restated) == rows[0]["changes"]
