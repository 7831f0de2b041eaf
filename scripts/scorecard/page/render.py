"""The page's HTML: one file with its style, no script, and nothing that it loads."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from scorecard.page.model import Detail, Page

LARGEST = 1_000_000
# Tried in turn until the file is small enough; the page tells what it does not list, and the command for it.
DETAILS = (Detail(60, 60), Detail(30, 60), Detail(12, 40), Detail(6, 20), Detail(0, 10))


def render_page(make: Callable[[Detail], Page]) -> str:
    """The page with as much detail as a file under a megabyte has room for."""
    html = ""
    for detail in DETAILS:
        html = _render(make(detail))
        if len(html.encode()) < LARGEST:
            break
    return html


def render_sheet(page: Page) -> str:
    """The page without what opens: all that paper has room for."""
    return _render(page, is_sheet=True)


def _render(page: Page, is_sheet: bool = False) -> str:
    environment = Environment(
        loader=PackageLoader("scorecard.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("scorecard.page").joinpath("style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment.get_template("page.html.jinja")
    return template.render(page=page, is_sheet=is_sheet, style=Markup(style), style_hash=f"sha256-{digest}")
