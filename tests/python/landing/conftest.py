"""A warehouse in memory to land into, and files to land."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lander import Lander
from scorecard.landing.warehouse import DuckDBWarehouse


@pytest.fixture
def lander() -> Iterator[Lander]:
    connection = duckdb.connect(config={"threads": 1})
    yield Lander(DuckDBWarehouse(connection))
    connection.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes | list[Any]], Path]:
    """Write a file: text, bytes, or objects one a line."""

    def write_file(name: str, content: str | bytes | list[Any]) -> Path:
        if isinstance(content, list):
            content = "".join(json.dumps(item) + "\n" for item in content)
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
