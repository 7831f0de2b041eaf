"""The README's picture: the head and the ten rows of the sample's page; it knows of which page it is."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from xml.etree.ElementTree import Element

# A window of this width; the picture is as high as the head of the page and its ten rows.
WIDTH = 1200
MARGIN = 24
LAST_ROW_ENDS = "[...document.querySelectorAll('article')].at(-1).getBoundingClientRect().bottom + scrollY"
# Enough for text on paper, and a third of the bytes.
COLOURS = 96
# The entry of the PNG that holds the digest of what the page said.
KEY = "page"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def digest(html: str) -> str:
    """SHA-256 of the page's head and of its ten rows as they stand unopened, white space aside."""
    import tinyhtml5

    tree: Element = tinyhtml5.parse(html, namespace_html_elements=False)
    shown = [*tree.iter("header"), *(one for one in tree.iter("article"))]
    words = " ".join(text for part in shown for text in _texts(part))
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()


def _texts(element: Element) -> list[str]:
    texts = [element.text or ""]
    for one in element:
        is_shown = isinstance(one.tag, str) and one.tag not in ("details", "svg")
        texts += [*(_texts(one) if is_shown else ()), one.tail or ""]
    return texts


def take(page: Path, picture: Path) -> None:
    """Photograph the ten rows of a page in Chromium; raises SystemExit where there is no Chromium."""
    from PIL import Image, PngImagePlugin
    from playwright.sync_api import sync_playwright

    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("The picture is taken in Chromium: install it first.")
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        screen = launched.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        screen.goto(page.resolve().as_uri())
        height = round(screen.evaluate(LAST_ROW_ENDS)) + MARGIN
        screen.screenshot(
            path=picture, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height}
        )
        launched.close()
    entries = PngImagePlugin.PngInfo()
    entries.add_text(KEY, digest(page.read_text(encoding="utf-8")))
    with Image.open(picture) as taken:
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(picture, optimize=True, pnginfo=entries)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
