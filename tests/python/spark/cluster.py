"""A small Spark cluster on loopback: a master, two workers and a Thrift server, stopped whatever happens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyspark
from ports import LOOPBACK, free_port

HOME = Path(pyspark.__file__).parent
WORKERS = 2
STARTS_WITHIN = 300.0


@dataclass
class Cluster:
    """Processes of a cluster, each the leader of a group of its own."""

    folder: Path
    environment: Mapping[str, str]
    master_port: int = field(default_factory=free_port)
    status_port: int = field(default_factory=free_port)
    thrift_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: list[IO[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"spark://{LOOPBACK}:{self.master_port}"

    def start(self, *command: str) -> None:
        """Start a program of Spark's; what it says goes to a file of its own."""
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        self.logs.append(log)
        environment = {**os.environ, "SPARK_HOME": str(HOME), **self.environment}
        self.processes.append(
            subprocess.Popen(
                [str(HOME / "bin" / command[0]), *command[1:]],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def status(self) -> dict[str, Any]:
        """What the master says of its workers and applications."""
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.status_port}/json/", timeout=10) as answer:
            said: dict[str, Any] = json.load(answer)
            return said

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something holds; a process that ended is told with its last words."""
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            for number, process in enumerate(self.processes):
                if process.poll() is not None:
                    said = (self.folder / f"{number}.log").read_text(errors="replace")[-3000:]
                    raise AssertionError(f"a process of the cluster ended before {what}:\n{said}")
            try:
                if condition():
                    return
            except OSError:
                pass  # It does not answer yet.
            time.sleep(0.5)
        raise AssertionError(f"the cluster took more than {STARTS_WITHIN:.0f} s: {what}")

    def is_answering(self) -> bool:
        with socket.create_connection((LOOPBACK, self.thrift_port), timeout=5):
            return True

    def stop(self) -> None:
        """End every process and all that it started."""
        for process in reversed(self.processes):
            for sent in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, sent)
                except ProcessLookupError:
                    break
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    continue
        for log in self.logs:
            log.close()


@contextmanager
def running_cluster(folder: Path, warehouse: Path, environment: Mapping[str, str]) -> Iterator[Cluster]:
    """A master, workers of one core each, and a Thrift server whose tables lie in the warehouse's folder."""
    cluster = Cluster(folder, environment)
    try:
        master = "org.apache.spark.deploy.master.Master"
        ports = ("--port", str(cluster.master_port), "--webui-port", str(cluster.status_port))
        cluster.start("spark-class", master, "--host", LOOPBACK, *ports)
        cluster.wait_for(lambda: cluster.status()["status"] == "ALIVE", "the master answered")
        for number in range(WORKERS):
            worker = "org.apache.spark.deploy.worker.Worker"
            limits = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"worker-{number}"))
            web = ("--webui-port", str(free_port()))
            cluster.start("spark-class", worker, "--host", LOOPBACK, *limits, *web, cluster.url)
        cluster.wait_for(lambda: cluster.status()["aliveworkers"] == WORKERS, "the workers joined")
        settings = {
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={warehouse}/catalog",
            "spark.sql.warehouse.dir": f"{warehouse}/tables",
            "spark.executor.memory": "1g",
            "spark.ui.enabled": "false",
        }
        options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        bound = [
            f"hive.server2.thrift.port={cluster.thrift_port}",
            f"hive.server2.thrift.bind.host={LOOPBACK}",
        ]
        hive = [word for setting in bound for word in ("--hiveconf", setting)]
        cluster.start(
            "spark-submit", "--master", cluster.url, *options, "--class", server, "spark-internal", *hive
        )
        cluster.wait_for(cluster.is_answering, "the Thrift server answered")
        yield cluster
    finally:
        cluster.stop()
