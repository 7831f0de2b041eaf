"""The mutations by name: each changes an export as a vendor or a keeper of sheets could have written it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from .export import Export

Row = TypeVar("Row")
Mutation = Callable[[Export, Random], None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(change: Mutation) -> Mutation:
    """Enter a mutation under its function's name."""
    assert change.__name__ not in MUTATIONS, change.__name__
    MUTATIONS[change.__name__] = change
    return change


def some(random: Random, rows: list[Row], most: int = 3) -> list[Row]:
    """Up to so many of the rows, none of none."""
    return random.sample(rows, min(len(rows), random.randint(1, most)))
