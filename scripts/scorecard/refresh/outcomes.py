"""How a refresh or a rollback ends: exit codes, and the exceptions that lead to them."""

from __future__ import annotations

from scorecard.landing.errors import BadInput
from scorecard.masking import masked
from scorecard.mishaps import mishap_of, reason

PUBLISHED = 0
FAILED = 1
REFUSED = 2
RUNNING = 3
MISUSED = 4
SAMPLE_REFUSED = 5

# How the checks get what they need.
INSTALL_CHECKS = (
    "run make refresh, or .venv/bin/python -m pip install --requirement requirements-refresh.lock"
)


class RefreshError(RuntimeError):
    """A refresh that cannot go on; its text is one sentence with the remedy. Readers have what they had."""

    exit_code = FAILED


class ChecksRefused(RefreshError):
    """A critical check failed on the candidate."""

    exit_code = REFUSED


class AnotherIsRunning(RefreshError):
    """Another refresh or rollback of this warehouse holds the lock."""

    exit_code = RUNNING


class Misuse(RefreshError):
    """The configuration or the command cannot be carried out as it stands."""

    exit_code = MISUSED


class SampleRefused(RefreshError):
    """Invented data that nobody allowed to be published."""

    exit_code = SAMPLE_REFUSED


def failure_of(error: BaseException, step: str | None = None) -> RefreshError:
    """An error as one sentence with the remedy. `step`: where it came up; None before a run began."""
    is_said = isinstance(error, BadInput | RefreshError)
    # Before a run began the connection was never there; what is said of that stands.
    mishap = mishap_of(error, is_connected=step is not None or not is_said)
    if mishap is not None:
        where = f"Step {step} failed: {mishap.what}" if step else mishap.what[0].upper() + mishap.what[1:]
        again = "run scorecard refresh --resume" if step else "run scorecard refresh again"
        return RefreshError(f"{where}. {mishap.remedy.capitalize()} and {again}.")
    if is_said:
        return RefreshError(masked(str(error)))
    told = f"{type(error).__name__}: {reason(error)}"
    return RefreshError(f"Step {step} failed ({told})." if step else f"The refresh did not begin ({told}).")
