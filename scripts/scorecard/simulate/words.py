"""Vocabulary: names, titles and lines of source text."""

from __future__ import annotations

import random


def _words(text: str, separator: str | None = None) -> list[str]:
    return [part.replace("_", " ") for part in text.split(separator)]


FIRST_NAMES = _words(
    "Ada Amir Anika Bela Bruno Carla Chidi Dana Diego Elif Emil Farah Finn Gita Hana Hugo Ines Ivan Jana "
    "Jonas Kaito Kira Lars Leila Lin Malik Maya Mehmet Mina Nadia Nils Noor Olga Omar Paula Pavel Priya "
    "Quentin Rafael Rosa Sami Sofia Tariq Tessa Uma Viktor Wanda Xenia Yara Zoran"
)
LAST_NAMES = _words(
    "Abel Adeyemi Almeida Bauer Becker Bianchi Castro Chen Costa Dahl Duarte Eriksen Farkas Fischer "
    "Gomez Haddad Hansen Horvat Ibrahim Ito Jansen Kaya Keller Kowalski Kumar Larsen Lopez Marino Meyer "
    "Moreau Nakamura Novak Okafor Olsen Park Petrov Ramos Rossi Sato Schmidt Silva Singh Suarez Tanaka "
    "Torres Varga Weber Yilmaz Zhang Zimmer"
)
SERVICES = _words(
    "Checkout Catalog Storefront Payments Accounts Reporting Search Shipping Pricing Notifications "
    "Loyalty Inventory"
)
TEAMS = ("Checkout", "Storefront", "Payments", "Platform", "Growth", "Insights", "Fulfilment", "Identity")
PROJECT_KEYS = ("CHK", "WEB", "PAY", "PLT", "GRO", "INS", "FUL", "IDN")
COMPANY_WORDS = _words(
    "Alder Birch Cedar Delta Ember Fjord Granite Harbor Indigo Juniper Kestrel Lumen Maple Nimbus Orchid "
    "Prairie Quartz Raven Summit Tundra Umber Violet Willow Yarrow Zephyr"
)

_VERBS = _words(
    "Add Allow Cache Clean_up Collect Document Enforce Expose Extend Extract Guard Handle Harden Improve "
    "Index Introduce Limit Log Measure Migrate Paginate Parallelise Persist Refine Remove Replace Rework "
    "Round Show Simplify Sort Split Store Support Tighten Trace Translate Tune Unify Validate"
)
_QUALIFIERS = _words(
    "background bulk cached cancelled concurrent delayed duplicate empty expired external guest historic "
    "internal large localised manual nested optional partial pending recurring regional retried "
    "scheduled shared stale unpaid weekly"
)
_THINGS = _words(
    "address checks|audit trail|bank transfers|basket totals|billing cycles|card tokens|category pages|"
    "currency rounding|customer exports|customer profiles|delivery slots|discount codes|email templates|"
    "error pages|feature switches|gift cards|import jobs|invoice numbers|ledger entries|login sessions|"
    "order events|password resets|payment retries|price lists|product images|rate limits|refund flow|"
    "report filters|return labels|search facets|session tokens|stock levels|tax rules|usage counters|"
    "webhook delivery|wish lists",
    "|",
)
_FAULTS = _words(
    "fails after a retry|is shown twice|loses its sort order|times out under load|"
    "shows the wrong currency|breaks for guests|ignores the time zone|drops the last row|"
    "returns an empty page|keeps a stale value",
    "|",
)
_DECOYS = (
    "Read UTF-8 byte order marks",
    "Sign payloads with SHA-256",
    "Write dates as ISO-8601",
    "Drop TLS-1",
)
_CODE = _words(
    "account amount batch buffer cache client config count cursor customer entry error event field "
    "filter handler index input invoice item key label ledger limit line list message offset order "
    "output page parser payload price query queue record refund region report request response result "
    "retry row rule schema session source state status stock store stream table target token total user "
    "value window worker"
)


def task_title(rng: random.Random) -> str:
    """`Cache regional price lists`."""
    return f"{rng.choice(_VERBS)} {rng.choice(_QUALIFIERS)} {rng.choice(_THINGS)}"


def bug_title(rng: random.Random) -> str:
    """`Refund flow times out under load (weekly)`."""
    return f"{rng.choice(_THINGS).capitalize()} {rng.choice(_FAULTS)} ({rng.choice(_QUALIFIERS)})"


def epic_title(rng: random.Random) -> str:
    """`Self-service return labels for regional customers`."""
    lead = rng.choice(("Self-service", "Next-generation", "Faster", "Reliable", "International", "Automated"))
    return f"{lead} {rng.choice(_THINGS)}, {rng.choice(_QUALIFIERS)} scope"


def decoy_title(rng: random.Random) -> str:
    """A title with what looks like an issue key and is none."""
    return rng.choice(_DECOYS)


def slug(text: str) -> str:
    """Lower-case words joined by hyphens, at most 40 characters."""
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())[:40].rstrip("-")


def word(rng: random.Random) -> str:
    """A name such as code uses."""
    return rng.choice(_CODE)


def code_line(rng: random.Random) -> str:
    """One line of made-up source text."""
    a, b, c = rng.choice(_CODE), rng.choice(_CODE), rng.choice(_CODE)
    return rng.choice(
        (
            f"    {a}_{b} = {c}.load({a!r}, {rng.randrange(100)})",
            f"    if {a}.{b} > {rng.randrange(1000)}:",
            f"        {a}.{b}({c}, limit={rng.randrange(500)})",
            f"    return {a}_{b}({c})",
            f"    {a} = [{b} for {b} in {c}s if {b}.{a}]",
            f"    # keep {a} {b} apart from {c}",
            f"    log.info('{a} {b} %s', {c})",
        )
    )


def source_text(rng: random.Random, lines: int) -> bytes:
    """A made-up source file."""
    body = [f"# {word(rng)} {word(rng)} for the {word(rng)} {word(rng)}", ""]
    for index in range(lines):
        if index % 7 == 0:
            body.append(f"def {word(rng)}_{word(rng)}({word(rng)}, {word(rng)}):")
        body.append(code_line(rng))
    return ("\n".join(body) + "\n").encode()
