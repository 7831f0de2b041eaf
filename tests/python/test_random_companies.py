"""Warehouse and oracle agree on companies of odd shapes, in every row of the facts and of the scorecard."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from companies.company import Examined, examine
from companies.registry import MUTATIONS
from companies.shapes import ENDS, SETTINGS, ZONES, Recipe, recipe_of_seed, recipes
from hypothesis import HealthCheck, given, settings
from parity.differences import report

QUICK = 40
MANY = int(os.environ.get("SCORECARD_RANDOM_COMPANIES", "300"))
"""More are examined with `python -m companies --count …`, which also shortens and sorts what it finds."""


def check(examined: Examined) -> None:
    """Fail with all that is needed to see the disagreement again."""
    assert not examined.differences, (
        f"{report(examined.differences)}\nIn tests/python: python -m companies --recipe '{examined.recipe}'"
    )


def drawn(count: int) -> Callable[[Callable[[Recipe], None]], Callable[[], None]]:
    """Hypothesis with the same companies on every machine, so that what is red is red for everybody."""
    chosen = settings(
        max_examples=count,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )

    def decorate(test: Callable[[Recipe], None]) -> Callable[[], None]:
        return chosen(given(recipes())(test))

    return decorate


@drawn(QUICK)
def test_random_companies_agree(recipe: Recipe) -> None:
    check(examine(recipe))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MANY, 25))
def test_many_random_companies_agree(first: int) -> None:
    for seed in range(first, min(first + 25, MANY)):
        check(examine(recipe_of_seed(seed)))


@pytest.mark.parametrize("seed", range(5))
def test_a_recipe_can_be_written_down_and_read_again(seed: int) -> None:
    recipe = recipe_of_seed(seed)
    assert Recipe.read(str(recipe)) == recipe


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        ("update marts.fct_team_performance set verdict = 'no'", r"observation .* verdict"),
        (
            "update marts.scorecard_supporting_figures set value = 0 where value is null",
            r"figure .* value None float",
        ),
        ("delete from marts.scorecard_supporting_figures where figure = 'pickup_median'", r"pickup_median"),
        (
            "update marts.scorecard_supporting_figures set value = value + 1 "
            "where figure = 'contributor_absence_factor'",
            r"contributor_absence_factor",
        ),
        (
            "update marts.scorecard_supporting_figures set value = value / 2 "
            "where figure = 'linked_deal_amount'",
            r"linked_deal_amount",
        ),
    ],
)
def test_a_company_that_one_side_misjudges_is_found(spoil: str, found: str) -> None:
    examined = examine(Recipe(people=2, months=2), spoil=spoil)
    with pytest.raises(AssertionError, match=found):
        check(examined)


SPOILT_TABLES = (
    (
        "update marts.kpi_lead_time set review_seconds = review_seconds + 1",
        r"kpi table lead_time review_seconds",
    ),
    (
        "update marts.kpi_key_person_concentration set file_id = path || month_end_on",
        r"kpi table key_person_concentration file_id",
    ),
    (
        "update marts.kpi_outcome_linked_work set outcome_id = 'another' where outcome_id is not null",
        r"kpi table outcome_linked_work outcome_id .*another",
    ),
    (
        "update marts.kpi_delivery_predictability set is_added = not is_added where not is_counted",
        r"kpi table delivery_predictability is_added",
    ),
    ("delete from marts.kpi_time_to_restore where not is_counted", r"kpi table time_to_restore presence"),
    (
        "alter table marts.kpi_rework_ratio add column reviewer text",
        r"kpi table reviewer column: oracle 'not judged'",
    ),
    (
        "alter table marts.kpi_defect_escape drop column severity",
        r"kpi table severity column: oracle 'named'",
    ),
)


def test_a_kpi_table_that_one_side_misjudges_is_found() -> None:
    examined = examine(Recipe(people=2, months=2), spoil="; ".join(spoil for spoil, _ in SPOILT_TABLES))
    found = report(examined.differences)
    assert not [pattern for _, pattern in SPOILT_TABLES if not re.search(pattern, found)], found


@pytest.mark.parametrize(
    ("end", "timezone"),
    [("2026-03-31T10:15:00Z", "Pacific/Chatham"), ("2026-07-01T11:00:00Z", "Pacific/Pago_Pago")],
)
def test_a_quarter_that_ends_at_an_odd_offset_agrees(end: str, timezone: str) -> None:
    """Its last instant is another day in UTC: at +13:45 the day before, at -11:00 the day after."""
    steps = (("records_and_sheets_at_a_boundary", 1), ("tracker_at_a_boundary", 1))
    check(examine(Recipe(people=3, months=5, teams=2, end=end, timezone=timezone, steps=steps)))


def test_every_shape_and_every_mutation_is_drawn() -> None:
    drawn_ones = [recipe_of_seed(seed) for seed in range(300)]
    assert len(MUTATIONS) > 80
    assert {name for recipe in drawn_ones for name, _ in recipe.steps} == set(MUTATIONS)
    assert {recipe.end for recipe in drawn_ones} == set(ENDS)
    assert {recipe.timezone for recipe in drawn_ones} == set(ZONES)
    assert {recipe.settings for recipe in drawn_ones} == set(SETTINGS)
    for shape in ("has_sprints", "has_deployments", "has_incidents", "has_roadmap"):
        assert {getattr(recipe, shape) for recipe in drawn_ones} == {True, False}
    assert 1 in {recipe.people for recipe in drawn_ones}
