"""Passwords of the environment, kept out of whatever is said or written."""

from __future__ import annotations

import os
from collections.abc import Callable

SECRETS = ("SCORECARD_PG_PASSWORD", "SCORECARD_READER_PASSWORD", "PGPASSWORD")


def masked(text: str, spelled: Callable[[str], str] = str) -> str:
    """A text without the secrets of the environment. `spelled`: how the text writes them, such as in HTML."""
    for name in SECRETS:
        value = os.environ.get(name)
        if value:
            text = text.replace(spelled(value), "***")
    return text
