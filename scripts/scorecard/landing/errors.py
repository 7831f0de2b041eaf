"""The one exception of landing: input that cannot be landed, said in one sentence."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be landed. Its text is one sentence: the file, the place, the remedy."""
