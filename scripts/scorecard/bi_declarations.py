"""The public marts as their YAML declares them, for BI tools that are told what a table and a column is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from scorecard.refresh.marts import RUN_ID_COMMENT

Declared = dict[str, Any]

# A column that is described by a block of models/columns.md, and such a block.
NAMED_BLOCK = re.compile(r"\{\{ doc\(\"(\w+)\"\) \}\}")
BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)


class DeclarationError(ValueError):
    """A declaration cannot be read; one sentence says which."""


def public_models(root: Path) -> dict[str, Declared]:
    """Declarations of the models that people read by name, in alphabetical order.

    Descriptions are in full, data types by the project's own names. Raises DeclarationError where a file
    cannot be read.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    models: dict[str, Declared] = {}
    shared = root / "models" / "columns.md"
    blocks = dict(BLOCK.findall(shared.read_text(encoding="utf-8"))) if shared.exists() else {}
    for path in sorted((root / "models" / "marts").rglob("*.yml")):
        try:
            text = NAMED_BLOCK.sub(
                lambda named: blocks[named[1]].strip().replace("'", "''"), path.read_text(encoding="utf-8")
            )
            document = yaml.load(text, Loader=loader) or {}
            for model in document.get("models") or ():
                if model.get("access") == "public":
                    models[model["name"]] = _under_contract(model)
        except (yaml.YAMLError, KeyError, AttributeError, TypeError, OSError) as error:
            raise DeclarationError(f"{path}: its models cannot be read ({error}): correct it.") from None
    return dict(sorted(models.items()))


def published_columns(model: Declared) -> list[Declared]:
    """A model's columns as readers have them: a publication adds the one that names its run."""
    return [*model["columns"], {"name": "run_id", "description": RUN_ID_COMMENT, "data_type": "text"}]


def _under_contract(model: Declared) -> Declared:
    """The model as it is, every column of which states its type. Raises KeyError where one does not."""
    return {**model, "columns": [{**column, "data_type": column["data_type"]} for column in model["columns"]]}
