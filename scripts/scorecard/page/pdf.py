"""The page as a PDF of one sheet, made by WeasyPrint from the HTML of its ten rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Base sizes of the type in points; the next is taken where the sheet does not hold the text.
SIZES = (7.8, 7.5, 7.2, 6.9, 6.6, 6.3, 6.0)


class PdfError(RuntimeError):
    """No PDF could be made; its text is one sentence with the remedy."""


def write_pdf(html: str, path: Path) -> None:
    """Write the sheet in A4, as large as it fits on one page.

    Raises PdfError without WeasyPrint or the Pango that it needs, and where one sheet does not hold the page.
    """
    try:
        import weasyprint
    except ImportError as error:
        raise PdfError(
            "The HTML is written; the PDF needs WeasyPrint: "
            'run ".venv/bin/python -m pip install --requirement requirements-page.lock" first.'
        ) from error
    except OSError as error:
        raise PdfError(
            "The HTML is written; the PDF needs Pango, which WeasyPrint did not find: "
            'install it ("apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" on Debian, '
            '"brew install pango" on macOS).'
        ) from error

    def refuse(url: str, *_: Any, **__: Any) -> Any:
        raise ValueError(f"the page loads nothing, and not {url}")

    for size in SIZES:
        sheet = weasyprint.CSS(
            string=f"@page {{ size: A4; margin: 9mm 11mm 8mm }} html {{ font-size: {size}pt !important }}"
        )
        document = weasyprint.HTML(string=html, url_fetcher=refuse).render(stylesheets=[sheet])
        if len(document.pages) == 1:
            try:
                document.write_pdf(path)
            except OSError as error:
                reason = error.strerror or str(error)
                raise PdfError(f"{path} cannot be written ({reason}): choose another folder.") from error
            return
    raise PdfError(
        "The HTML is written; one sheet does not hold the page: shorten names of owners, or print the HTML."
    )
