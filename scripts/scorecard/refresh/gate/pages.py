"""Data Docs that need nothing but themselves.

As Great Expectations writes them, the pages take scripts, styles and pictures from other hosts whenever one
is opened, and the front page is empty without. Here they are written again without, and with a front page
that says what every check found.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path

from scorecard.masking import masked
from scorecard.refresh.gate.results import Check, GateResult, result_of

# Elements that run, that are fetched, or that only serve those; and addresses in style sheets.
_FOREIGN = (
    re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<style\b.*?</style\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<footer\b.*?</footer\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<(?:link|img|iframe|source|embed|object)\b[^>]*>", re.IGNORECASE),
)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; }
body { background: #fff; color: #1c2430; }
a { color: #0b5cad; }
h1 { font-size: 1.4rem; } h2, h5 { font-size: 1.1rem; margin: 1.2rem 0 .3rem; }
h6 { font-size: 1rem; margin: 0; }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 1rem; }
th, td { border: 1px solid #d5dae1; padding: .3rem .5rem; text-align: left; vertical-align: top; }
ul, ol { padding-left: 1.2rem; }
nav li { display: inline-block; margin-right: .8rem; }
.alert { background: #eef1f5; padding: .4rem .7rem; }
.btn-group, .btn, input { display: none; }
.text-success::before { content: "\\2713 passed"; color: #1b6e33; }
.text-danger::before { content: "\\2717 failed"; color: #a3161f; font-weight: bold; }
.text-warning::before { content: "! warning"; color: #7a5200; font-weight: bold; }
@media (prefers-color-scheme: dark) {
  body { background: #14181d; color: #e4e8ee; } a { color: #7db7f5; } .alert { background: #232a33; }
  th, td { border-color: #3a434f; }
  .text-success::before { color: #7fd396; } .text-danger::before { color: #ff9aa0; }
  .text-warning::before { color: #f0c566; }
}
"""


def finish_pages(folder: Path, checks: list[Check], run_id: str) -> GateResult:
    """Make the pages of a run independent of anything else and put the front page before them.

    Returns the verdict with the front page's path.
    """
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if _POLICY not in text:
            page.write_text(_own(text), encoding="utf-8")
    shutil.rmtree(folder / "static", ignore_errors=True)
    front = folder / "index.html"
    result = result_of(checks, front)
    front.write_text(_front_page(folder, result, run_id), encoding="utf-8")
    return result


def _own(text: str) -> str:
    """A page without what is fetched or run, styled by itself, with a policy that lets nothing be fetched.

    Great Expectations puts the text of errors on its pages, as it is and escaped: no secret stays in either.
    """
    text = masked(masked(text), spelled=partial(escape, quote=False))
    for pattern in _FOREIGN:
        text = pattern.sub("", text)
    return _HEAD.sub(lambda found: found.group() + _own_head(), text, count=1)


def _own_head() -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'


def _front_page(folder: Path, result: GateResult, run_id: str) -> str:
    failed = [check for check in result.checks if not check.passed]
    refused = [check for check in failed if check.severity == "critical"]
    verdict = (
        f"{len(refused)} of {len(result.checks)} checks refuse the publication."
        if refused
        else f"Nothing stands against the publication; {len(result.checks)} checks were made."
    )
    doubts = len(failed) - len(refused)
    if doubts:
        verdict += f" {doubts} {'warns' if doubts == 1 else 'warn'}."
    suites = [
        f"<h2>{_link(folder, suite, run_id)}</h2>{_table(checks)}"
        for suite, checks in groupby(result.checks, key=lambda check: check.suite)
    ]
    first = f"<h2>What did not hold</h2>{_table(failed)}" if failed else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{_own_head()}'
        f"<title>Checks of {escape(run_id)}</title></head><body><h1>Checks of {escape(run_id)}</h1>"
        f"<p>{verdict}</p>{first}{''.join(suites)}</body></html>\n"
    )


def _link(folder: Path, suite: str, run_id: str) -> str:
    """The suite's name, leading to its page where there is one."""
    pages = sorted((folder / "validations" / suite / run_id).rglob("*.html"))
    if not pages:
        return escape(suite)
    return f'<a href="{escape(pages[-1].relative_to(folder).as_posix())}">{escape(suite)}</a>'


def _table(checks: Iterable[Check]) -> str:
    rows = "".join(
        f'<tr><td><span class="{_mark(check)}"></span></td><td>{escape(f"{check.suite}.{check.name}")}</td>'
        f"<td>{escape(check.severity)}</td><td>{escape(check.said)}</td></tr>"
        for check in checks
    )
    return (
        f"<table><tr><th>Result</th><th>Check</th><th>Weight</th><th>What was found</th></tr>{rows}</table>"
    )


def _mark(check: Check) -> str:
    if check.passed:
        return "text-success"
    return "text-danger" if check.severity == "critical" else "text-warning"
