"""Which tables a publication consists of."""

from __future__ import annotations

from pathlib import Path

import yaml

from scorecard.refresh.outcomes import RefreshError

RUN_ID_COMMENT = "Run of `scorecard refresh` that published this version: one for all rows of all tables."


def published_tables(root: Path) -> tuple[str, ...]:
    """The marts that people read: the models under models/marts whose access is public, by name.

    Raises RefreshError where their declarations cannot be read.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    names = []
    for path in sorted((root / "models" / "marts").rglob("*.yml")):
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
            for model in document.get("models") or ():
                access = model.get("access") or (model.get("config") or {}).get("access")
                if access == "public":
                    names.append(model["name"])
        except (yaml.YAMLError, KeyError, AttributeError, TypeError, OSError) as error:
            raise RefreshError(f"{path.name}: its models cannot be read ({error}). Correct it.") from error
    if "scorecard" not in names:
        raise RefreshError(f"{root}: models/marts declares no public model scorecard. Restore it.")
    return tuple(sorted(names))
