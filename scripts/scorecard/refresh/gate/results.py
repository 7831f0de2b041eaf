"""What the gate found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from scorecard.masking import masked

Severity = Literal["critical", "warning"]


class GateError(RuntimeError):
    """Why nothing could be checked; its text is one sentence with the remedy."""


@dataclass(frozen=True)
class Check:
    """One check. said: one sentence with the observed figure."""

    suite: str
    name: str
    severity: Severity
    passed: bool
    said: str


@dataclass(frozen=True)
class GateResult:
    """passed: no critical check failed. data_docs: the page that shows all of it, None where nothing ran."""

    passed: bool
    checks: tuple[Check, ...]
    data_docs: Path | None


def result_of(checks: list[Check], data_docs: Path | None) -> GateResult:
    """The verdict over all checks, whose findings tell no secret."""
    refused = [check for check in checks if check.severity == "critical" and not check.passed]
    told = tuple(replace(check, said=masked(check.said)) for check in checks)
    return GateResult(not refused, told, data_docs)
