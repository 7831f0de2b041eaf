"""Writes seeds/dictionaries/median_ranks.csv: the ranks of the 95 % interval of a median.

The interval of the median of n values is [x_(l), x_(n+1-l)] with the largest l for which
1 - 2 * P(Bin(n, 1/2) <= l - 1) >= 0.95 (order statistics; see e.g. Conover, Practical Nonparametric
Statistics). It is counted in whole numbers, so no rank rests on a rounded probability.

Run it as `python -m scorecard.dictionaries.median_ranks` in the project's folder.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from math import comb
from pathlib import Path

SMALLEST_SAMPLE = 6
LARGEST_SAMPLE = 1000
DEFAULT_PATH = Path("seeds/dictionaries/median_ranks.csv")


def lower_rank(sample_size: int) -> int:
    """Rank l of the lower end of the interval for `sample_size` values; 0 where no interval reaches 95 %."""
    rank = 0
    tail = 0
    while True:
        tail += comb(sample_size, rank)
        # 1 - 2 * tail / 2^n >= 0.95, multiplied by 20 * 2^n.
        if 40 * tail > 2**sample_size:
            return rank
        rank += 1


def ranks() -> Iterator[tuple[int, int]]:
    """Sample size and lower rank for every size that the dictionary holds."""
    for sample_size in range(SMALLEST_SAMPLE, LARGEST_SAMPLE + 1):
        yield sample_size, lower_rank(sample_size)


def write(path: Path = DEFAULT_PATH) -> None:
    """Writes the dictionary to `path`, a CSV with a header.

    Raises:
        OSError: the folder does not exist or cannot be written to.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("sample_size", "lower_rank"))
        writer.writerows(ranks())


if __name__ == "__main__":
    write()
