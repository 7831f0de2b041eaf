"""The gate between a build and its publication: checks that only show on the whole."""

from __future__ import annotations

from scorecard.refresh.gate.gate import ACCEPT_VARIABLE, check
from scorecard.refresh.gate.results import Check, GateError, GateResult

__all__ = ["ACCEPT_VARIABLE", "Check", "GateError", "GateResult", "check"]
