"""Positions in a history, against their definitions by brute force on random graphs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scorecard.landing.graph import positions


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[int]], list[int], list[str], int | None]:
    """Up to twelve commits, each with up to three earlier parents, in any order; dates that may disagree."""
    count = draw(st.integers(1, 12))
    earlier = [
        draw(st.lists(st.integers(0, commit - 1), max_size=3, unique=True)) if commit else []
        for commit in range(count)
    ]
    place = draw(st.permutations(range(count)))
    parents: list[list[int]] = [[] for _ in range(count)]
    for commit, its_parents in enumerate(earlier):
        parents[place[commit]] = [place[parent] for parent in its_parents]
    committed = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    tip = draw(st.one_of(st.none(), st.integers(0, count - 1)))
    return parents, committed, [f"{number:040x}" for number in range(count)], tip


def ancestors(parents: list[list[int]], commit: int) -> set[int]:
    """A commit and all that it contains."""
    found = {commit}
    for parent in parents[commit]:
        found |= ancestors(parents, parent)
    return found


@given(histories())
def test_positions_are_what_their_definitions_say(
    history: tuple[list[list[int]], list[int], list[str], int | None],
) -> None:
    parents, committed, ids, tip = history
    found = positions(parents, committed, ids, tip)
    line = []
    commit = tip
    while commit is not None:
        line.insert(0, commit)
        commit = parents[commit][0] if parents[commit] else None
    assert found.first_parent == [line.index(one) + 1 if one in line else None for one in range(len(parents))]
    for one in range(len(parents)):
        on_line = [found.first_parent[other] for other in ancestors(parents, one) if other in line]
        assert found.highest_line[one] == max(on_line, default=None)
        holders = [place for place, other in enumerate(line, start=1) if one in ancestors(parents, other)]
        assert found.integrated[one] == min(holders, default=None)
        assert all(found.topological[parent] < found.topological[one] for parent in parents[one])
    assert sorted(found.topological) == list(range(1, len(parents) + 1))


def test_a_clone_that_lists_commits_in_another_order_gives_the_same_positions() -> None:
    parents, committed, ids = [[], [0], [0], [1, 2]], [1, 2, 2, 3], ["a", "b", "c", "d"]
    place = [2, 0, 3, 1]
    other_parents: list[list[int]] = [[], [], [], []]
    other_committed, other_ids = [0] * 4, [""] * 4
    for commit in range(4):
        other_parents[place[commit]] = [place[parent] for parent in parents[commit]]
        other_committed[place[commit]] = committed[commit]
        other_ids[place[commit]] = ids[commit]
    found = positions(parents, committed, ids, 3)
    other = positions(other_parents, other_committed, other_ids, place[3])
    assert [other.topological[place[commit]] for commit in range(4)] == found.topological
