"""Prints where a warehouse and the oracle differ.

In tests/python: ``python -m parity EXPORTS WAREHOUSE [KPI…]``.
"""

import sys
import tempfile
from pathlib import Path

import duckdb

from .compare import Sides, compare
from .differences import report

ROOT = Path(__file__).resolve().parents[3]


def main(exports: str, warehouse: str, *kpis: str) -> int:
    """Compare and return the number of differences as an exit code of 0 or 1."""
    with tempfile.TemporaryDirectory() as workspace, duckdb.connect(warehouse, read_only=True) as connection:
        sides = Sides.open(Path(exports), ROOT / "seeds" / "dictionaries", Path(workspace), connection)
        found = compare(sides, kpis)
    print(report(found) or "no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
