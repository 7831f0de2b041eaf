"""What must not change a number, and what must: laws that hold whatever the company."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from laws.bots import ADDED_DEPLOYMENT, BOTS, with_deployment_by, with_work_of_bots
from laws.builds import files_of, marts_of, marts_of_files, rewrite_commits
from laws.calendar import YEARS, back, later
from laws.exports import rewritten
from laws.marts import Marts, assert_same, mapped
from laws.order import in_other_order, in_overlapping_files
from laws.past import as_delivered
from laws.people import renaming
from laws.sources import OBJECTS, STOPS, TOOLS, Removal, Stop, stopped, without
from replay.replayed import LANDED_AT
from scorecard.simulate import SimulationConfig, write_company
from scorecard.simulate.config import parse_instant
from scorecard.simulate.state import World

AS_OF = "2026-07-04T09:00:00Z"


@dataclass(frozen=True)
class Company:
    """A simulated company, its exports and what is built from them."""

    config: SimulationConfig
    world: World
    exports: Path
    marts: Marts = field(repr=False)
    """Built in UTC at the end of the exports."""


CONFIGS = {
    "two teams": SimulationConfig(seed=3, people=5, months=6, teams=2, services=2),
    "a contractor and three services": SimulationConfig(
        seed=11, people=9, months=8, teams=3, services=3, timezone="Europe/Berlin"
    ),
    "a year": SimulationConfig(
        seed=5, people=14, months=14, teams=4, services=5, timezone="America/Los_Angeles"
    ),
    "no sprints": SimulationConfig(seed=21, people=6, months=7, teams=2, services=2, has_sprints=False),
    "nothing deployed": SimulationConfig(
        seed=8, people=6, months=7, teams=3, services=3, has_deployments=False
    ),
    "one team": SimulationConfig(
        seed=34, people=3, months=12, teams=1, services=1, has_incidents=False, timezone="Pacific/Apia"
    ),
}
FIRST = "two teams"
companies = pytest.mark.parametrize(
    "company",
    [
        pytest.param(config, id=name, marks=() if name == FIRST else pytest.mark.slow)
        for name, config in CONFIGS.items()
    ],
    indirect=True,
)
SLOW = ("git", "jira", "planning")
INSTANTS = ("2026-05-20T15:37:00Z", "2026-03-31T22:00:00Z", "2026-06-15T00:00:00Z")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Callable[[SimulationConfig], Company]:
    """Gives a company by its configuration; each is simulated and built once."""
    companies: dict[SimulationConfig, Company] = {}

    def company(config: SimulationConfig) -> Company:
        if config not in companies:
            folder = tmp_path_factory.mktemp("company") / "exports"
            world = write_company(config, folder)
            companies[config] = Company(config, world, folder, marts_of(folder, AS_OF))
        return companies[config]

    return company


@pytest.fixture
def company(known: Callable[[SimulationConfig], Company], request: pytest.FixtureRequest) -> Company:
    return known(request.param)


@pytest.fixture(scope="module")
def small(known: Callable[[SimulationConfig], Company]) -> Company:
    """The smallest company."""
    return known(CONFIGS[FIRST])


@pytest.fixture(scope="module")
def past(small: Company, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the smallest company's tools would have exported six weeks earlier."""
    folder = tmp_path_factory.mktemp("past") / "exports"
    write_company(small.config, folder, parse_instant(INSTANTS[0]))
    return folder


def on_the_page(marts: Marts) -> dict[str, dict[str, Any]]:
    return {row["kpi"]: row for row in marts["scorecard_current"].records()}


def test_the_smallest_company_has_something_to_say(small: Company) -> None:
    page = on_the_page(small.marts)
    assert {kpi for kpi, row in page.items() if row["value"] is None} <= {"defect_escape"}
    assert sum(row["n"] for row in page.values()) > 300


# Order and repetition ---------------------------------------------------------------------------------------


@companies
def test_the_order_of_rows_and_files_changes_nothing(company: Company, tmp_path: Path) -> None:
    rng = random.Random(company.config.seed)
    files = files_of(in_other_order(company.exports, tmp_path, rng))
    rng.shuffle(files)
    assert_same(company.marts, marts_of_files(files, AS_OF))


@companies
def test_landing_twice_changes_nothing(company: Company) -> None:
    files = files_of(company.exports)
    assert_same(company.marts, marts_of_files([*files, *reversed(files)], AS_OF, again=True))


@companies
def test_landing_files_that_overlap_changes_nothing(company: Company, tmp_path: Path) -> None:
    files = files_of(in_overlapping_files(company.exports, tmp_path))
    assert_same(company.marts, marts_of_files(reversed(files), AS_OF))


# Bots and names ---------------------------------------------------------------------------------------------


def of_people(marts: Marts) -> Marts:
    """The marts without rows left out as a bot's, their number, and counts where there was nothing else."""
    seen = {}
    for name, table in marts.items():
        if "excluded_because" in table.columns:
            table = table.only(lambda row: row["excluded_because"] != "bot")
        table = table.without("excluded_count", "baselined_count")
        if name.startswith("stat_"):
            table = table.only(_holds_a_number)
        seen[name] = table
    return seen


def _holds_a_number(row: Any) -> bool:
    numbers = [
        value for value in row.values() if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return not numbers or any(numbers)


@companies
def test_a_bots_added_work_changes_nothing(company: Company, tmp_path: Path) -> None:
    rng = random.Random(company.config.seed)
    exports, names = with_work_of_bots(company.world, company.exports, tmp_path, rng)
    shortened = {new[:7]: old[:7] for new, old in names.items()}
    sha = re.compile(r"\b(?:[0-9a-f]{40}|[0-9a-f]{7})\b")

    def with_old_names(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return sha.sub(lambda found: names.get(found[0], shortened.get(found[0], found[0])), value)

    marts = mapped(marts_of(exports, AS_OF), with_old_names)
    assert_same(of_people(company.marts), of_people(marts))
    left_out = [
        sum(1 for row in some["fct_software_delivery"].records() if row["excluded_because"] == "bot")
        for some in (company.marts, marts)
    ]
    assert left_out[1] > left_out[0] + 5


def test_a_bots_deployment_counts_as_a_persons(small: Company, tmp_path: Path) -> None:
    account = small.world.people[0].account
    person = {"login": account.login, "id": account.number, "type": "User"}
    by_person = marts_of(with_deployment_by(small.exports, tmp_path / "person", person), AS_OF)
    waited = {row["pull_request_id"]: row["lead_seconds"] for row in small.marts["kpi_lead_time"].records()}
    deployed = on_the_page(small.marts)["change_failure_rate"]["denominator"]
    by_bot = marts_of(with_deployment_by(small.exports, tmp_path / "bot", BOTS[0].account), AS_OF)
    assert_same(by_person, by_bot)
    assert on_the_page(by_bot)["change_failure_rate"]["denominator"] == deployed + 1
    carried = [
        row
        for row in by_bot["kpi_lead_time"].records()
        if row["is_counted"] and str(ADDED_DEPLOYMENT) in (row["deployment_id"] or "")
    ]
    assert carried
    assert all(row["lead_seconds"] < waited[row["pull_request_id"]] for row in carried)


@companies
def test_renaming_people_changes_nothing(company: Company, tmp_path: Path) -> None:
    rename = renaming(company.world)
    assert all(rename(person.name) != person.name for person in company.world.people)
    exports = rewritten(company.exports, tmp_path, rename)
    marts = marts_of(exports, AS_OF, prepare=rewrite_commits(rename))
    assert_same(without_person_keys(company.marts), without_person_keys(marts))
    # Whoever is on no people's sheet is known by an address: another key, and still one a person.
    keys = list(zip(person_keys(company.marts), person_keys(marts), strict=True))
    assert len(set(keys)) == len({old for old, _ in keys}) == len({new for _, new in keys}) > 2


def without_person_keys(marts: Marts) -> Marts:
    name = "kpi_key_person_concentration"
    return {**marts, name: marts[name].without("only_current_author_key")}


def person_keys(marts: Marts) -> list[str | None]:
    """Of the only current author of each file, in the order of the rows' keys."""
    rows = marts["kpi_key_person_concentration"].records()
    return [row["only_current_author_key"] for row in sorted(rows, key=lambda row: row["observation_id"])]


# Time -------------------------------------------------------------------------------------------------------


@companies
def test_four_hundred_years_shift_the_periods_and_nothing_else(company: Company, tmp_path: Path) -> None:
    exports = rewritten(company.exports, tmp_path, later)
    marts = marts_of(
        exports,
        later(AS_OF),
        landed_at=LANDED_AT.replace(year=LANDED_AT.year + YEARS),
        prepare=rewrite_commits(later),
    )
    assert str(next(marts["scorecard_current"].records())["period_end_on"]).startswith("24")
    assert_same(company.marts, back(marts))


@pytest.mark.parametrize(
    "instant", [INSTANTS[0], *(pytest.param(at, marks=pytest.mark.slow) for at in INSTANTS[1:])]
)
@companies
def test_a_build_at_an_instant_is_the_build_of_that_day(
    company: Company, instant: str, tmp_path: Path
) -> None:
    write_company(company.config, tmp_path / "past", parse_instant(instant))
    given = as_delivered(company.exports, tmp_path / "past", tmp_path / "given", instant)
    zone = company.config.timezone
    of_that_day = marts_of(given, instant, zone)
    assert_same(of_that_day, marts_of(company.exports, instant, zone))


# Sources ----------------------------------------------------------------------------------------------------


def numbers(row: dict[str, Any], removal: Removal) -> dict[str, Any]:
    """A KPI's row; without its target and status where the sheet of the targets is gone."""
    return {
        name: value
        for name, value in row.items()
        if "planning" not in removal.objects or not name.startswith(("target", "status"))
    }


def is_told_alike(row: dict[str, Any], removal: Removal) -> bool:
    """Whether a row is of the same work as before: sheets say what is a team's, files what is a service's."""
    return row["scope_type"] == "company" or not removal.objects.keys() & {"planning", "git"}


def check_removal(company: Company, removal: Removal) -> None:
    """NULL where the definitions need what is gone, else as it was; and 0 or 100 % on no page anew."""
    marts = marts_of(company.exports, AS_OF, prepare=without(removal))
    was = {row["scorecard_id"]: row for row in company.marts["scorecard"].records()}
    for row in marts["scorecard"].records():
        if row["kpi"] in removal.unknown:
            assert (row["value"], row["null_reason"]) == (None, "source_not_loaded"), row
        elif row["kpi"] not in removal.informed and is_told_alike(row, removal):
            assert numbers(row, removal) == numbers(was[row["scorecard_id"]], removal)
    before = on_the_page(company.marts)
    for kpi, row in on_the_page(marts).items():
        if row["value"] in (0, 1):
            assert row["value"] == before[kpi]["value"], f"{kpi} became {row['value']}"


@pytest.mark.parametrize("removal", TOOLS, ids=str)
def test_without_a_tool_nothing_is_zero(small: Company, removal: Removal) -> None:
    check_removal(small, removal)


@pytest.mark.slow
@pytest.mark.parametrize("removal", OBJECTS, ids=str)
def test_without_an_object_nothing_is_zero(small: Company, removal: Removal) -> None:
    check_removal(small, removal)


@pytest.mark.slow
@pytest.mark.parametrize("removal", TOOLS, ids=str)
@companies
def test_without_a_tool_nothing_is_zero_anywhere(company: Company, removal: Removal) -> None:
    check_removal(company, removal)


@pytest.mark.parametrize(
    "stop",
    [pytest.param(stop, id=stop.tool, marks=pytest.mark.slow if stop.tool in SLOW else ()) for stop in STOPS],
)
def test_an_export_that_stopped_leaves_later_periods_without_a_number(
    small: Company, past: Path, stop: Stop, tmp_path: Path
) -> None:
    marts = marts_of(stopped(small.exports, past, tmp_path, stop.tool), AS_OF)
    until = parse_instant(INSTANTS[0])
    for row in marts["scorecard"].records():
        if row["kpi"] in stop.unknown and row["period_end_at"].timestamp() > until:
            assert (row["value"], row["null_reason"]) == (None, "source_not_covering"), row
    assert all(on_the_page(marts)[kpi]["value"] is None for kpi in stop.unknown)
    before = {row["scorecard_id"]: row for row in small.marts["scorecard"].records()}
    for row in marts["scorecard"].records():
        kept = before.get(row["scorecard_id"])
        if (
            row["kpi"] in stop.unknown
            and kept is not None
            and row["period_end_on"].isoformat() <= "2026-03-31"
        ):
            assert (row["value"] is None) == (kept["value"] is None), row
