"""The README's picture: the first screen of the sample's page, which knows of which page it is."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from xml.etree.ElementTree import Element

# Of this width and height is the first screen.
SCREEN = (1440, 900)
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
    """Photograph the first screen of a page in Chromium; raises SystemExit where there is no Chromium."""
    from PIL import Image, PngImagePlugin
    from playwright.sync_api import sync_playwright

    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("The picture is taken in Chromium: install it first.")
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        width, height = SCREEN
        screen = launched.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        screen.goto(page.resolve().as_uri())
        screen.screenshot(path=picture)
        launched.close()
    entries = PngImagePlugin.PngInfo()
    entries.add_text(KEY, digest(page.read_text(encoding="utf-8")))
    with Image.open(picture) as taken:
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(picture, optimize=True, pnginfo=entries)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
