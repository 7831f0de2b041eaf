"""The page in a browser: it loads nothing, opens by mouse and keyboard, and shuts nobody out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from page_tree import Made
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (1440, 820, 390)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="the page is looked at in Chromium"),
]


class Opened:
    """The page in a browser, with what it asked for and what it complained about."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.goto(address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(sample_page: Made) -> str:
    return (sample_page.folder / "scorecard.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_a_request_or_a_complaint_at_every_width(
    browser: Browser, address: str, tmp_path: Path, width: int, scheme: Any
) -> None:
    opened = Opened(browser, address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for summary in opened.page.locator("summary").all():
        summary.evaluate("one => one.parentElement.open = true")
    assert opened.requests == [address]
    assert opened.messages == []
    # Nothing reaches beyond the screen; wide tables scroll within themselves.
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    background = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    red = int(background.removeprefix("rgb(").split(",")[0])
    assert (red < 60) == (scheme == "dark")
    stroke = opened.page.evaluate(
        "getComputedStyle(document.querySelector('.drawing .mark-line path')).stroke"
    )
    assert (int(stroke.removeprefix("rgb(").split(",")[0]) > 200) == (scheme == "dark")
    picture = tmp_path / f"{width}_{scheme}.png"
    opened.page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 50_000
    opened.context.close()


def test_a_row_opens_by_mouse_and_by_keyboard(browser: Browser, address: str) -> None:
    page = Opened(browser, address, viewport={"width": 1440, "height": 900}).page
    link = page.locator("#change_failure_rate ul.rows a").first
    assert not link.is_visible()
    page.locator("#change_failure_rate details.behind > summary").click()
    page.locator("#change_failure_rate details.group > summary").first.click()
    assert link.is_visible()
    assert (link.get_attribute("href") or "").startswith("https://")
    page.reload()
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.closest('details.behind > summary')?.closest('article').id || ''"
            )
        )
        if reached[-1] == "lead_time":
            break
    assert reached[-1] == "lead_time", reached
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none"
    behind = page.locator("#lead_time > details")
    assert behind.get_attribute("open") is None
    page.keyboard.press("Enter")
    assert behind.get_attribute("open") is not None
    page.keyboard.press("Enter")
    assert behind.get_attribute("open") is None


def test_a_number_leads_to_what_it_means(browser: Browser, address: str) -> None:
    page = Opened(browser, address, viewport={"width": 1440, "height": 900}).page
    meaning = page.locator("#means-roadmap_accuracy")
    assert not page.evaluate("one => one.getBoundingClientRect().top < innerHeight", meaning.element_handle())
    page.locator("#roadmap_accuracy .figure a").click()
    assert page.evaluate("one => one.getBoundingClientRect().top < innerHeight", meaning.element_handle())


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "light"), (1440, "dark")])
def test_axe_finds_nobody_shut_out(
    browser: Browser, address: str, width: int, scheme: Any, is_open: bool
) -> None:
    opened = Opened(browser, address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    if is_open:
        opened.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(opened.page)
    assert found.violations_count == 0, found.generate_report()
    opened.context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_browser_prints_one_sheet(browser: Browser, address: str, tmp_path: Path, paper: str) -> None:
    page = Opened(browser, address).page
    path = tmp_path / "printed.pdf"
    page.pdf(
        path=path,
        format=paper,
        margin=dict.fromkeys(("top", "bottom", "left", "right"), "10mm"),
    )
    assert len(pypdf.PdfReader(path).pages) == 1
