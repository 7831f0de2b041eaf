"""The README shows the page as it is."""

from __future__ import annotations

import re
from pathlib import Path

from page_tree import Made
from PIL import Image
from project_copy import ROOT
from scorecard.page.picture import KEY, WIDTH, digest

PICTURE = Path("docs/pictures/scorecard.png")


def test_the_picture_of_the_readme_is_of_the_page_as_it_is(sample_page: Made) -> None:
    assert f"]({PICTURE})" in (ROOT / "README.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert (ROOT / PICTURE).stat().st_size < 300_000
    with Image.open(ROOT / PICTURE) as picture:
        # All ten rows are on it.
        assert picture.width == WIDTH and picture.height > 2 * WIDTH
        said = picture.info[KEY]
    assert said == digest(sample_page.html), 'the page changed: run "make build picture"'


def test_another_number_is_another_page_and_what_is_not_opened_is_not(sample_page: Made) -> None:
    html = sample_page.html
    told = digest(html)
    sentence = re.search(r'<p class="sentence">(.+?)</p>', html)
    assert sentence
    assert digest(html.replace(sentence[1], "Another sentence.", 1)) != told
    assert digest(html.replace("<summary>Behind lead time", "<summary>Before lead time", 1)) == told
