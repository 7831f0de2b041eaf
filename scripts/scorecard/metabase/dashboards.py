"""The three ways in which Metabase has taken the cards of a dashboard.

From 0.48 on with the dashboard itself (`PUT /api/dashboard/:id`), in 0.47 all cards and tabs in one request
(`PUT /api/dashboard/:id/cards`), before that card by card (`POST`, `PUT` and `DELETE` of the same address),
on eighteen columns and without tabs.
"""

from __future__ import annotations

from typing import Any

from scorecard.metabase.client import Client, MetabaseError
from scorecard.metabase.content import Entity

OLDEST = 46
WITH_TABS = 47
WITH_DASHBOARD = 48
WITH_WIDTH = 50
# Columns of the grid: of the files and of Metabase since 0.47, and before.
COLUMNS, FEWER_COLUMNS = 24, 18


def put_cards(
    client: Client, version: int, dashboard_id: int, settings: Entity, layout: list[Entity]
) -> None:
    """Give a dashboard its settings, tabs and cards, in the place of those that it has.

    `layout` has a dictionary for each tab: its name and its cards, whose ids are those of the server.
    Raises MetabaseError where the server refuses.
    """
    address = f"/api/dashboard/{dashboard_id}"
    there = client.get(address)
    if version >= WITH_DASHBOARD:
        tabs, cards = _tabs_and_cards(there, layout, "dashcards", "tabs")
        if version < WITH_WIDTH:
            settings = {name: value for name, value in settings.items() if name != "width"}
        client.put(address, {**settings, "dashcards": cards, "tabs": tabs})
        return
    client.put(address, {name: value for name, value in settings.items() if name != "width"})
    if version == WITH_TABS:
        tabs, cards = _tabs_and_cards(there, layout, "ordered_cards", "ordered_tabs")
        client.put(f"{address}/cards", {"cards": cards, "ordered_tabs": tabs})
    else:
        _one_by_one(client, address, there, layout)


def check_version(version: int) -> None:
    """Raises MetabaseError where the server is older than what this speaks to."""
    if version < OLDEST:
        raise MetabaseError(f"Metabase 0.{version} is too old: 0.{OLDEST} or newer is needed.")


def _tabs_and_cards(
    there: Entity, layout: list[Entity], cards_key: str, tabs_key: str
) -> tuple[list[Entity], list[Entity]]:
    """Tabs and cards to send: those that are there by their ids, new ones by negative numbers."""
    tab_ids = {tab["name"]: tab["id"] for tab in there.get(tabs_key) or ()}
    known = _Known(there.get(cards_key) or [])
    tabs: list[Entity] = []
    cards: list[Entity] = []
    for number, tab in enumerate(layout, start=1):
        tab_id = tab_ids.get(tab["name"], -number)
        tabs.append({"id": tab_id, "name": tab["name"]})
        for card in tab["cards"]:
            found = known.take(card)
            card_id = found["id"] if found else -1 - len(cards)
            cards.append({"id": card_id, "dashboard_tab_id": tab_id, "series": [], **card})
    return tabs, cards


def _one_by_one(client: Client, address: str, there: Entity, layout: list[Entity]) -> None:
    known = _Known(there.get("ordered_cards") or [])
    placed = []
    for card in _stacked(layout):
        found = known.take(card)
        if found is None:
            new = {name: value for name, value in card.items() if name != "card_id"}
            found = client.post(f"{address}/cards", {"cardId": card["card_id"], "series": [], **new})
        placed.append({"id": found["id"], "series": [], **card})
    for card in known.left():
        client.delete(f"{address}/cards?dashcardId={card['id']}")
    client.put(f"{address}/cards", {"cards": placed})


def _stacked(layout: list[Entity]) -> list[Entity]:
    """The cards of all tabs below each other on the narrower grid, each tab under its name."""
    stacked: list[Entity] = []
    top = 0
    for tab in layout:
        heading = {"virtual_card": {"display": "text"}, "text": f"## {tab['name']}"}
        plain: Entity = {"card_id": None, "parameter_mappings": [], "visualization_settings": heading}
        stacked.append({**plain, "row": top, "col": 0, "size_x": FEWER_COLUMNS, "size_y": 1})
        top += 1
        for card in tab["cards"]:
            narrower = {
                "row": card["row"] + top,
                "col": card["col"] * FEWER_COLUMNS // COLUMNS,
                "size_x": card["size_x"] * FEWER_COLUMNS // COLUMNS,
                "visualization_settings": _without_heading(card["visualization_settings"]),
            }
            stacked.append({**card, **narrower})
        top += max(card["row"] + card["size_y"] for card in tab["cards"])
    return stacked


def _without_heading(settings: Entity) -> Entity:
    """Headings came with 0.47; before, a text with a mark."""
    if (settings.get("virtual_card") or {}).get("display") != "heading":
        return settings
    return {**settings, "virtual_card": {"display": "text"}, "text": f"### {settings['text']}"}


class _Known:
    """Cards that a dashboard has, each taken once by the card that is to be in its place."""

    def __init__(self, cards: list[Entity]) -> None:
        self._cards = list(cards)

    def take(self, card: Entity) -> Entity | None:
        for found in self._cards:
            if _identity(found) == _identity(card):
                self._cards.remove(found)
                return found
        return None

    def left(self) -> list[Entity]:
        return self._cards


def _identity(card: Entity) -> tuple[Any, ...]:
    """A question stands on a dashboard once; a text is known by what it says."""
    return (card.get("card_id"), (card.get("visualization_settings") or {}).get("text"))
