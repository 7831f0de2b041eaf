"""A company whose build is made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import Company


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return Company(tmp_path, monkeypatch)
