"""Positions of commits in a repository's history: one pass over commits and parents."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Positions:
    """Per commit, in the order given; positions start at 1, None = none."""

    first_parent: list[int | None]
    highest_line: list[int | None]
    integrated: list[int | None]
    topological: list[int]


def positions(
    parents: Sequence[Sequence[int]], committed: Sequence[int], ids: Sequence[str], tip: int | None
) -> Positions:
    """Positions of every commit.

    `parents[i]` are the places of commit i's parents, `committed[i]` its committer date in epoch seconds,
    `ids[i]` its hash (it breaks ties, so that clones of one history agree), `tip` the place of the default
    branch's last commit. Takes O(commits · log commits) time.
    """
    order = _topological(parents, committed, ids)
    topological = [0] * len(parents)
    for position, commit in enumerate(order, start=1):
        topological[commit] = position
    line = _first_parent_line(parents, tip)
    first_parent: list[int | None] = [None] * len(parents)
    for position, commit in enumerate(line, start=1):
        first_parent[commit] = position
    return Positions(
        first_parent=first_parent,
        highest_line=_highest(parents, order, first_parent),
        integrated=_integrated(parents, line),
        topological=topological,
    )


def _topological(parents: Sequence[Sequence[int]], committed: Sequence[int], ids: Sequence[str]) -> list[int]:
    """Parents before children, else by committer date, else by hash (Kahn's algorithm with a heap)."""
    children: list[list[int]] = [[] for _ in parents]
    waiting = [0] * len(parents)
    for commit, its_parents in enumerate(parents):
        for parent in set(its_parents):
            children[parent].append(commit)
            waiting[commit] += 1
    ready = [(committed[commit], ids[commit], commit) for commit, count in enumerate(waiting) if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        commit = heapq.heappop(ready)[2]
        order.append(commit)
        for child in children[commit]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heapq.heappush(ready, (committed[child], ids[child], child))
    return order


def _first_parent_line(parents: Sequence[Sequence[int]], tip: int | None) -> list[int]:
    """The default branch's first parents, oldest first."""
    line = []
    commit = tip
    while commit is not None:
        line.append(commit)
        commit = parents[commit][0] if parents[commit] else None
    line.reverse()
    return line


def _highest(
    parents: Sequence[Sequence[int]], order: Sequence[int], first_parent: Sequence[int | None]
) -> list[int | None]:
    """The highest place on the line among a commit and its ancestors."""
    highest: list[int | None] = list(first_parent)
    for commit in order:
        if highest[commit] is None:
            known = [place for parent in parents[commit] if (place := highest[parent]) is not None]
            highest[commit] = max(known, default=None)
    return highest


def _integrated(parents: Sequence[Sequence[int]], line: Sequence[int]) -> list[int | None]:
    """The lowest place on the line whose commit contains a commit; every commit is visited once."""
    integrated: list[int | None] = [None] * len(parents)
    for position, brought_by in enumerate(line, start=1):
        stack = [brought_by]
        integrated[brought_by] = position
        while stack:
            for parent in parents[stack.pop()]:
                if integrated[parent] is None:
                    integrated[parent] = position
                    stack.append(parent)
    return integrated
