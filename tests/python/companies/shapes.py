"""The shapes that companies come in: recipes drawn from choices, by Hypothesis or by a seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from scorecard.simulate.config import SimulationConfig, parse_instant

from . import git, github, hubspot, jira, pagerduty, planning, whole
from .registry import MUTATIONS

Choice = TypeVar("Choice")
# Imported for the mutations that they enter.
SOURCES = (git, github, hubspot, jira, pagerduty, planning, whole)
ZONES = (
    "UTC",
    "Pacific/Chatham",
    "Pacific/Pago_Pago",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/St_Johns",
)
# Ends of quarters here or there, a leap day, nights in which clocks change, an ordinary day.
ENDS = (
    "2026-07-04T09:00:00Z",
    "2026-03-31T10:15:00Z",
    "2026-06-30T11:15:00Z",
    "2026-07-01T11:00:00Z",
    "2026-10-01T00:00:00Z",
    "2026-09-30T23:59:59Z",
    "2024-02-29T23:59:59Z",
    "2028-03-01T00:00:00Z",
    "2025-11-02T06:30:00Z",
    "2026-03-08T07:00:00Z",
    "2025-10-25T15:30:00Z",
    "2026-04-04T13:45:00Z",
    "2026-01-01T00:00:00Z",
)
MOST_MUTATIONS = 8
SETTINGS = ("usual",) * 6 + ("wide", "narrow")
# A quick test compiles the models for one choice less.
FEWER_SETTINGS = ("usual",) * 7 + ("wide",)


@dataclass(frozen=True)
class Recipe:
    """All that makes one company: what is simulated, what is then mutated, as of when it is looked at."""

    seed: int = 0
    people: int = 1
    months: int = 1
    teams: int = 1
    services: int = 1
    end: str = ENDS[0]
    timezone: str = "UTC"
    has_sprints: bool = True
    has_deployments: bool = True
    has_incidents: bool = True
    has_roadmap: bool = True
    days_before_end: int | None = None
    """`as_of` lies so many days before the end of the exports; None: nobody states it."""
    settings: str = "usual"
    """Which of the choices of settings."""
    steps: tuple[tuple[str, int], ...] = ()
    """Mutations in order, each with the seed of its own choices."""

    def __str__(self) -> str:
        """One line of JSON, without what is as usual."""
        usual = asdict(Recipe())
        return json.dumps({name: value for name, value in asdict(self).items() if value != usual[name]})

    @classmethod
    def read(cls, text: str) -> Recipe:
        """Read what `str` wrote."""
        values = json.loads(text)
        steps = tuple((str(name), int(seed)) for name, seed in values.pop("steps", ()))
        return cls(**values, steps=steps)

    @property
    def config(self) -> SimulationConfig:
        """What the simulator is asked for."""
        return SimulationConfig(
            seed=self.seed,
            people=self.people,
            months=self.months,
            teams=self.teams,
            services=self.services,
            end=parse_instant(self.end),
            timezone=self.timezone,
            has_sprints=self.has_sprints,
            has_deployments=self.has_deployments,
            has_incidents=self.has_incidents,
            has_roadmap=self.has_roadmap,
        )

    @property
    def as_of(self) -> datetime:
        """The instant as of which the company is looked at."""
        end = datetime.fromtimestamp(self.config.end, UTC)
        return end - timedelta(days=self.days_before_end or 0)


Chooser = Callable[[Sequence[Any]], Any]
"""Chooses one of several; the first is the plainest, to which Hypothesis shrinks."""


def draw(
    choose: Chooser, mutations: Callable[[Sequence[str]], list[tuple[str, int]]], choices: Sequence[str]
) -> Recipe:
    """Draw a recipe by a way of choosing, a way of choosing mutations, and the choices of settings."""
    people, months = choose(
        ((2, 1), (1, 1), (1, 2), (3, 2), (2, 3), (3, 3), (2, 5), (4, 2), (5, 1), (1, 15), (1, 26))
    )
    settings = choose(choices)
    return Recipe(
        seed=choose(range(1000)),
        people=people,
        months=months,
        teams=choose((1, 1, 2, 3)),
        services=choose((1, 1, 2, 3, 4)),
        end=choose(ENDS),
        timezone=choose(ZONES),
        has_sprints=choose((True, True, False)),
        has_deployments=choose((True, True, True, True, False)),
        has_incidents=choose((True, True, True, True, False)),
        has_roadmap=choose((True, True, True, False)),
        # With other settings `as_of` is always stated, so that the models are compiled once for each.
        days_before_end=choose((None, None, None, 0, 1, 7, 20) if settings == "usual" else (0, 1, 7, 20)),
        settings=settings,
        steps=tuple(mutations(sorted(MUTATIONS))),
    )


def recipe_of_seed(seed: int) -> Recipe:
    """The recipe that a seed stands for."""
    random = Random(seed)

    def steps(names: Sequence[str]) -> list[tuple[str, int]]:
        count = random.choice((0, 1, 2, 3, 4, 5, 6, MOST_MUTATIONS))
        return [(random.choice(names), random.randrange(1000)) for _ in range(count)]

    return draw(random.choice, steps, SETTINGS)


@st.composite
def recipes(draw_from: st.DrawFn) -> Recipe:
    """Recipes that shrink to few people, few months and few mutations."""

    def choose(choices: Sequence[Choice]) -> Choice:
        return draw_from(st.sampled_from(choices))

    def steps(names: Sequence[str]) -> list[tuple[str, int]]:
        step = st.tuples(st.sampled_from(names), st.integers(0, 999))
        return draw_from(st.lists(step, max_size=MOST_MUTATIONS))

    return draw(choose, steps, FEWER_SETTINGS)
