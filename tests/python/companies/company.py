"""Makes the company of a recipe and holds the warehouse against the oracle on it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb
from parity.compare import Sides, compare
from parity.differences import Difference
from replay import replay

from .choices import CHOICES, rename_fields
from .export import export_of, iso
from .registry import MUTATIONS
from .shapes import Recipe
from .whole import LAST, in_order

ROOT = Path(__file__).resolve().parents[3]
DICTIONARIES = ROOT / "seeds" / "dictionaries"
SAID = """
    select 'excluded_because ' || kpi || ' ' || excluded_because from marts.{fact}
    where excluded_because is not null
    union all
    select 'verdict ' || kpi || ' ' || verdict from marts.{fact} where is_counted and verdict is not null
    union all
    select 'method ' || kpi || ' ' || method from marts.{fact} where method is not null
    union all
    select
        'row ' || kpi || ' is '
        || case when is_open then 'open' when is_immature then 'immature' else 'inferred' end
    from marts.{fact} where is_counted and (is_open or is_immature or is_inferred)
"""
FACTS = (
    "fct_software_delivery",
    "fct_team_performance",
    "fct_operational_reliability",
    "fct_technical_quality",
    "fct_roadmap_alignment",
)
NUMBERS = """
    select 'null_reason ' || kpi || ' ' || null_reason from marts.scorecard where null_reason is not null
    union all
    select 'status ' || kpi || ' ' || status from marts.scorecard
    union all
    select 'signal_reason ' || kpi || ' ' || signal_reason from marts.scorecard
    where signal_reason is not null
    union all
    select 'survival ' || kpi || ' ' || coalesce(survival_reason, 'a median') from marts.scorecard
    where survival_reason is not null or survival_median is not null
"""


@dataclass
class Examined:
    """What came of one company: where the sides differ, and which words the warehouse used how often."""

    recipe: Recipe
    differences: list[Difference]
    said: Counter[str] = field(default_factory=Counter)


def write_company(recipe: Recipe, folder: Path) -> None:
    """Write the exports of a recipe's company."""
    export = export_of(recipe.config, recipe.as_of)
    own = [step for step in recipe.steps if step[0] not in LAST]
    for name, seed in own:
        MUTATIONS[name](export, Random(f"{name} {seed}"))
    in_order(export)
    for name, seed in (step for step in recipe.steps if step[0] in LAST):
        MUTATIONS[name](export, Random(f"{name} {seed}"))
    rename_fields(export, CHOICES[recipe.settings].renamed)
    export.write(folder)


def examine(recipe: Recipe, with_words: bool = False, spoil: str | None = None) -> Examined:
    """Make a company, build its warehouse, reckon by the oracle, and return every difference.

    `spoil`: statements that are run on the warehouse before it is compared, and undone afterwards.
    """
    as_of = None if recipe.days_before_end is None else iso(recipe.as_of)
    choice = CHOICES[recipe.settings]
    with tempfile.TemporaryDirectory() as place:
        folder, workspace = Path(place) / "exports", Path(place) / "oracle"
        write_company(recipe, folder)
        workspace.mkdir()
        with replay(
            folder, reporting_timezone=recipe.timezone, as_of=as_of, variables=choice.text
        ) as replayed:
            connection = replayed.connection
            sides = Sides.open(folder, DICTIONARIES, workspace, connection, as_of, **choice.oracle)
            with _spoilt(connection, spoil):
                examined = Examined(recipe, compare(sides))
            if with_words:
                queries = [NUMBERS, *(SAID.format(fact=fact) for fact in FACTS)]
                for query in queries:
                    examined.said.update(word for (word,) in connection.execute(query).fetchall())
    return examined


@contextmanager
def _spoilt(connection: duckdb.DuckDBPyConnection, spoil: str | None) -> Iterator[None]:
    """The warehouse with what statements change. Undone afterwards: its tables serve the next company."""
    if spoil is None:
        yield
        return
    connection.execute("begin transaction")
    try:
        connection.execute(spoil)
        yield
    finally:
        connection.execute("rollback")
