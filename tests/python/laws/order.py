"""The same rows in another order, and cut into files that overlap."""

from __future__ import annotations

import random
from pathlib import Path

from .exports import Exports, read_exports, write_exports, write_rows


def in_other_order(source: Path, out: Path, rng: random.Random) -> Path:
    """The same exports with the rows of every file, and the entries of every issue's changelog, shuffled."""
    exports: Exports = {key: rng.sample(rows, len(rows)) for key, rows in read_exports(source).items()}
    for issue in exports.get(("jira", "issues"), []):
        rng.shuffle(issue["changelog"]["histories"])
    return write_exports(exports, source, out)


def in_overlapping_files(source: Path, out: Path) -> Path:
    """The same exports with each file's rows in two files; a third of them is in both."""
    exports = read_exports(source)
    write_exports({key: [] for key in exports}, source, out)
    for (tool, name), rows in exports.items():
        for path in (out / tool).glob(f"{name}.*"):
            path.unlink()
            third = len(rows) // 3
            for part, some in enumerate((rows[: len(rows) - third], rows[third:]), start=1):
                # An empty export says that there is nothing.
                if some or (part == 1 and not rows):
                    write_rows(path.with_name(f"{name}-{part}{path.suffix}"), some)
    return out
