"""Opens an export folder for reckoning: what a test needs before it asks for rows or numbers."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .dictionaries import read_dictionaries
from .exports import Company, ExportError, instant, read_company
from .issues import as_known
from .settings import Settings
from .world import World


def reckon(
    exports: Path, dictionaries: Path, workspace: Path, as_of: str | None = None, **settings: Any
) -> World:
    """Read an export folder and its dictionaries into a world.

    ``as_of`` is an instant or a bare date (the end of that local day); without it the newest instant that
    any tool's export speaks for.  Raises ``ExportError`` where neither is known.
    """
    company = read_company(exports, workspace)
    settings.setdefault("reporting_timezone", company.reporting_timezone)
    moment = _as_of(company, as_of, ZoneInfo(settings["reporting_timezone"]))
    chosen = Settings(moment, **settings)
    company.issues = [as_known(issue, chosen) for issue in company.issues]
    return World(company, read_dictionaries(dictionaries), chosen)


def _as_of(company: Company, text: str | None, zone: ZoneInfo) -> datetime:
    if text is not None and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        following = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(following, time(0), zone).astimezone(UTC)
    stated = instant(text)
    if stated is not None:
        return stated
    # Only what was loaded speaks for anything.
    tools = {name.split(".")[0] for name in company.loaded} or set(company.covers)
    ends = [covers_to for tool, (_, covers_to) in company.covers.items() if covers_to and tool in tools]
    if not ends:
        raise ExportError("manifest.json: states no covers_to; add it, or give as_of")
    return max(ends)
