"""`scorecard page`: the ten numbers as one HTML file that needs nothing else, and as a PDF of one sheet."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from scorecard.reading import ReadingError, open_reader, published
from scorecard.targets import TargetError, default_target_name, project_root, resolve_target

INSTALL = 'run "make page", or ".venv/bin/python -m pip install --requirement requirements-page.lock" first.'


@click.command("page")
@click.option(
    "--target",
    "target_name",
    help="sample, duckdb, postgres or spark; default SCORECARD_TARGET, else sample.",
)
@click.option(
    "--published",
    "is_published",
    is_flag=True,
    help="The version that `scorecard refresh` published, not the build at hand.",
)
@click.option("--out", "folder", help="Folder to write to; default: page, in the project's folder.")
def command(target_name: str | None, is_published: bool, folder: str | None) -> None:
    """Write scorecard.html and scorecard.pdf: the ten numbers, and what stands behind each."""
    if importlib.util.find_spec("altair") is None or importlib.util.find_spec("vl_convert") is None:
        raise click.ClickException(f"The page draws its lines with Altair and vl-convert: {INSTALL}")
    from scorecard.page.contents import read_contents
    from scorecard.page.model import Detail, make_page
    from scorecard.page.pdf import PdfError, write_pdf
    from scorecard.page.render import render_page, render_sheet

    try:
        target = resolve_target(target_name)
        with open_reader(published(target) if is_published else target) as reader:
            contents = read_contents(reader)
        out = Path(folder) if folder is not None else project_root() / "page"
    except (ReadingError, TargetError) as error:
        raise click.ClickException(str(error)) from error
    options = "" if target.name == default_target_name() else f" --target {target.name}"
    options += " --published" if is_published else ""
    html = render_page(lambda detail: make_page(contents, detail, options))
    html_path, pdf_path = out / "scorecard.html", out / "scorecard.pdf"
    _write(html_path, html)
    # A sheet of another build shall not lie beside this page.
    pdf_path.unlink(missing_ok=True)
    try:
        write_pdf(render_sheet(make_page(contents, Detail(0, 0), options)), pdf_path)
    except PdfError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{pdf_path} is written: one sheet.")


def _write(path: Path, html: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"{path} cannot be written ({reason}): choose another folder by --out."
        ) from error
    click.echo(f"{path} is written: {len(html.encode()) / 1000:,.0f} kB.")
