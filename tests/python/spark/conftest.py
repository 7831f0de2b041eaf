"""A copy of the project whose warehouse is Spark's, the sample landed and built, once a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_copy import Project, copy_of_project
from scorecard.java import java_home
from spark_project import AWKWARD, TARGET_PATH, SparkBuild, describe_awkwardly, settings_folder
from spark_session import JAVA_OPTIONS


@pytest.fixture(scope="session")
def spark_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The copy, with a dictionary more and descriptions that are awkward, and the sample landed."""
    folder = tmp_path_factory.mktemp("spark")
    copy = copy_of_project(folder / "clone")
    (copy.root / "seeds" / "dictionaries" / "awkward.csv").write_text(AWKWARD)
    describe_awkwardly(copy.root)
    project = copy.with_environment(
        SCORECARD_TARGET="spark",
        SCORECARD_SPARK_FOLDER=str(folder / "warehouse"),
        SCORECARD_SPARK_SHUFFLE_PARTITIONS="2",
        SPARK_LOCAL_IP="127.0.0.1",
        SPARK_CONF_DIR=str(settings_folder(folder / "settings")),
        JAVA_HOME=str(java_home()),
        JDK_JAVA_OPTIONS=JAVA_OPTIONS,
    )
    project.must("scorecard", "land", "--all", str(copy.root / "seeds" / "sample"))
    return project


@pytest.fixture(scope="session")
def spark_build(spark_project: Project) -> SparkBuild:
    """The one build on a session, a plain `dbt build`: dictionaries, models, contracts, all tests."""
    output = spark_project.must("dbt", "build", "--target-path", TARGET_PATH)
    return SparkBuild(spark_project, Path(spark_project.environment["SCORECARD_SPARK_FOLDER"]), output)
