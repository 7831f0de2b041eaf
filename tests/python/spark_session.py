"""A Spark session on this machine, with the settings that the target `spark` asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scorecard.java import java_home

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# No time is to be won by compiling better. But all of Spark has to fit: a hundred models fill the 48 MB that
# this compiler gets by itself, and what comes after is interpreted.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"

# Statements are many: to interpret them is faster than to compile them, and to plan them once than twice.
FOR_SMALL_INPUTS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
}

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    # As dbt's adapter sets it.
    "spark.sql.ansi.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.sources.default": "parquet",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": JAVA_OPTIONS,
    **FOR_SMALL_INPUTS,
}


@contextmanager
def spark_session(folder: Path, threads: int = 1) -> Iterator[SparkSession]:
    """A session whose tables lie in a folder and whose catalog is in memory; it ends with the block."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["JAVA_HOME"] = str(java_home())
    builder = SparkSession.builder.master(f"local[{threads}]").appName("scorecard tests")
    for name, value in {**SETTINGS, "spark.sql.warehouse.dir": str(folder / "tables")}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()
