"""The same company in which everybody has another name, address and account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from scorecard.simulate.state import Person, Reporter, World


def renaming(world: World) -> Callable[[str], str]:
    """A function of a text that gives every person and customer in it another name.

    Bots and the support desk keep theirs, since what they are is known by it; so do the keys of the people's
    sheet. The new names stand in the opposite alphabetical order.
    """
    names = dict(_of_people([*world.people, *world.contractors]))
    names |= dict(_of_customers(world.customers))
    assert len(set(names.values())) == len(names)
    longest_first = sorted(names, key=len, reverse=True)
    known = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, longest_first))})(?![0-9A-Za-z])")
    return lambda text: known.sub(lambda found: names[found.group()], text)


def _of_people(people: Sequence[Person]) -> Iterator[tuple[str, str]]:
    in_order = sorted(people, key=lambda person: person.account.login)
    for place, person in enumerate(in_order):
        word = _word(len(in_order) - place)
        login, number = f"{word}-vorn", str(77_000_000 + person.account.number)
        yield person.name, f"{word.title()} Vorn"
        yield person.account.login, login
        yield str(person.account.number), number
        yield person.jira_id, f"{_word(len(in_order) - place)}7e5f"
        yield person.pagerduty_id, f"P{word.upper()}"
        for turn, email in enumerate(person.emails):
            domain = email.partition("@")[2]
            local = f"{number}+{login}" if domain == "users.noreply.github.com" else f"{word}.{turn}"
            yield email, f"{local}@{domain}"


def _of_customers(customers: Sequence[Reporter]) -> Iterator[tuple[str, str]]:
    for place, customer in enumerate(customers):
        word = _word(500 - place)
        # Two customers may be namesakes.
        yield customer.name, f"{_word(600 + sum(map(ord, customer.name)) % 7)} {customer.name[::-1].title()}"
        yield customer.account_id, f"qm:{word}"
        yield customer.email, f"{word}@{customer.email.partition('@')[2]}"


def _word(number: int) -> str:
    """Five letters that rise with the number."""
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters = chr(ord("a") + letter) + letters
    return f"k{letters}x"
