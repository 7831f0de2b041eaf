"""Examines many random companies, or one again.

In tests/python::

    python -m companies --count 10000 --first 0 --jobs 2    # seeds 0 to 9999
    python -m companies SEED                                # one of them again
    python -m companies --recipe '{"people": 2, …}'         # a recipe that a failing test printed

Every company on which warehouse and oracle disagree is written to a file as it is found: its seed, the
shortest recipe that still shows the same kind of difference, and the report.
"""

from __future__ import annotations

import json
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import click
from parity.differences import Difference, kind_of, report

from .company import examine
from .registry import MUTATIONS
from .shapes import Recipe, recipe_of_seed

Found = dict[str, Any]


@click.command()
@click.argument("seed", type=int, required=False)
@click.option("--recipe", help="Examine the company of a recipe.")
@click.option("--count", default=100, show_default=True, help="How many seeds.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--out", default="companies.ndjson", show_default=True, type=click.Path(path_type=Path))
@click.option("--shrink/--no-shrink", default=True, show_default=True, help="Look for a shorter recipe.")
def main(
    seed: int | None, recipe: str | None, count: int, first: int, jobs: int, out: Path, shrink: bool
) -> None:
    """Hold the warehouse against the oracle on random companies. Exit code 1 where they disagree."""
    if seed is not None or recipe:
        one = Recipe.read(recipe) if recipe else recipe_of_seed(seed or 0)
        click.echo(str(one))
        differences = examine(one).differences
        click.echo(report(differences) or "no difference")
        raise SystemExit(bool(differences))
    raise SystemExit(_examine_all(range(first, first + count), jobs, out, shrink))


def _examine_all(seeds: range, jobs: int, out: Path, shrink: bool) -> int:
    began, kinds, said, ran = monotonic(), Counter[str](), Counter[str](), Counter[str]()
    wrong = 0
    batches = [seeds[start : start + 10] for start in range(0, len(seeds), 10)]
    with ProcessPoolExecutor(jobs) as pool, out.open("a", encoding="utf-8") as file:
        done = 0
        for results in pool.map(_examine_batch, batches, [shrink] * len(batches)):
            for found in results:
                done += 1
                said.update(found["said"])
                ran.update(name for name, _ in recipe_of_seed(found["seed"]).steps)
                if found["kinds"]:
                    wrong += 1
                    kinds.update(found["kinds"])
                    file.write(
                        json.dumps({name: found[name] for name in ("seed", "recipe", "kinds", "report")})
                        + "\n"
                    )
                    file.flush()
            rate = (monotonic() - began) / done
            click.echo(
                f"{done} of {len(seeds)} companies, {wrong} with differences, {rate:.2f} s each", err=True
            )
    _tell(said, ran, kinds)
    click.echo(f"\n{len(seeds)} companies, {wrong} with differences.")
    return int(bool(wrong))


def _tell(said: Counter[str], ran: Counter[str], kinds: Counter[str]) -> None:
    """Tables of what was seen: words that never occur are shapes that are missing."""
    click.echo("Mutations and how often each ran:")
    for name in sorted(MUTATIONS):
        click.echo(f"{ran[name]:>8} {name}")
    click.echo("\nWords of the warehouse and in how many rows each stood:")
    for word, count in sorted(said.items()):
        click.echo(f"{count:>8} {word}")
    click.echo("\nKinds of difference and in how many companies each was found:")
    for kind, count in kinds.most_common():
        click.echo(f"{count:>8} {kind}")


def _examine_batch(seeds: range, shrink: bool) -> list[Found]:
    return [_examine_seed(seed, shrink) for seed in seeds]


def _examine_seed(seed: int, shrink: bool) -> Found:
    recipe = recipe_of_seed(seed)
    try:
        examined = examine(recipe, with_words=True)
    except Exception:
        # One company that breaks the machinery must not end a run of thousands.
        fault = traceback.format_exc()
        return {
            "seed": seed,
            "recipe": str(recipe),
            "kinds": [fault.splitlines()[-1][:120]],
            "report": fault[-3000:],
            "said": {},
        }
    kinds = _kinds(examined.differences)
    differences = examined.differences
    if kinds and shrink:
        recipe, differences = _shorter(recipe, kinds, differences)
    return {
        "seed": seed,
        "recipe": str(recipe),
        "kinds": sorted(kinds),
        "report": report(differences),
        "said": dict(examined.said),
    }


def _kinds(differences: list[Difference]) -> set[str]:
    return {" ".join(kind_of(difference)) for difference in differences}


def _shorter(
    recipe: Recipe, kinds: set[str], differences: list[Difference]
) -> tuple[Recipe, list[Difference]]:
    """Leave out one mutation after the other as long as a difference of one of the kinds remains."""
    for step in reversed(recipe.steps):
        rest = replace(recipe, steps=tuple(other for other in recipe.steps if other != step))
        try:
            found = examine(rest).differences
        except Exception:
            # A shorter recipe that cannot be examined proves nothing.
            continue
        if _kinds(found) & kinds:
            recipe, differences = rest, found
    return recipe, differences


if __name__ == "__main__":
    main()
