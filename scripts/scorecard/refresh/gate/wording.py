"""One sentence a finding, with the figure that was observed."""

from __future__ import annotations

from typing import Any

from scorecard.refresh.gate.rules import PLACE, Rule, Subject

_SHOWN = 3


def sentence(subject: Subject, rule: Rule, passed: bool, result: dict[str, Any]) -> str:
    """What a rule found, from the `result` of its expectation."""
    if rule.figure is not None:
        observed = result.get("observed_value")
        figure = "nothing was found" if observed is None else rule.figure.format(observed)
        return (
            f"{rule.claim}: {figure}." if passed else f"This does not hold: {_lower(rule.claim)} ({figure})."
        )
    rows = result.get("element_count") or 0
    if passed:
        return f"{rule.claim}: {_things(subject, rows)}."
    found = result.get("unexpected_count") or 0
    examples = "; ".join(
        _example(row) for row in (result.get("partial_unexpected_index_list") or [])[:_SHOWN]
    )
    such = f", such as {examples}" if examples else ""
    return f"This does not hold: {_lower(rule.claim)}. Not so in {found:,} of {_things(subject, rows)}{such}."


def unable(rule: Rule, reason: str) -> str:
    """What is said where a rule could not be judged."""
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "no reason given")
    return f"This could not be judged: {_lower(rule.claim)} ({first[:200]})."


def _lower(claim: str) -> str:
    """A claim within a sentence; a name keeps its letters."""
    first, _, rest = claim.partition(" ")
    return f"{first.lower()} {rest}"


def _things(subject: Subject, count: int) -> str:
    return f"{count:,} {subject.thing if count == 1 else subject.things}"


def _example(row: dict[str, Any]) -> str:
    values = ", ".join(_value(value) for name, value in row.items() if name != PLACE)
    return f"{row.get(PLACE)}: {values}"


def _value(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
