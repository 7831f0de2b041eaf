"""How a refresh or a rollback ends: exit codes, and the exceptions that lead to them."""

from __future__ import annotations

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
