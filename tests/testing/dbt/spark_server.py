"""A Spark server of one machine, as dbt's Spark target talks to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from pyhive import hive

from stores.settings import PROJECT_ROOT
from tests.testing.dbt.dbt_runner import Dbt

OPTIONS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.mergeSchema": "true",
    # files that DuckDB wrote hold times without a zone; the session's zone is UTC
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.shuffle.partitions": "1",
    # a few rows a query: generating code for them takes longer than going through them
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
    # each sort, join and grouping takes a page of memory: by default tens of megabytes, however few the rows
    "spark.buffer.pageSize": "256k",
    # with a single task a stage there is nothing to plan again while a query runs
    "spark.sql.adaptive.enabled": "false",
}
# A short life with few rows: compiling well does not pay, nor collecting garbage in threads, nor waiting for disks.
# Without the better compiler all compiled code gets 48 MB by default; a server that runs out of it fails or ends.
JAVA_OPTIONS = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC -Xms1g -Xmn600m -XX:MetaspaceSize=400m "
    "-Dderby.system.durability=test"
)
# The last lines of its log tell why a server ended.
LINES_KEPT = 60
# A client learns that a connection is lost before the process is gone.
SECONDS_TO_END = 3
Made = TypeVar("Made")


class SparkEnded(Exception):
    """The server's process ended while it was used: its exit code, negative for a signal, and its last lines."""


@dataclass(frozen=True)
class SparkServer:
    """A running server.

    Attributes:
        port: where its Thrift interface listens, on 127.0.0.1.
        folder: where its warehouse is.
    """

    port: int
    folder: Path

    def execute(self, *statements: str) -> None:
        """Run statements one after the other."""
        with hive.connect("127.0.0.1", self.port, username="dbt") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def dbt(self, home: Path, project: Path, *arguments: str) -> None:
        """Run dbt with this server as its target."""
        environment = {"GUANXI_DBT_TARGET": "spark", "GUANXI_SPARK_HOST": "127.0.0.1"}
        environment["GUANXI_SPARK_PORT"] = str(self.port)
        Dbt(home, home / "lake", project).run(*arguments, **environment)

    def files_of(self, relation: str) -> str:
        """Write the rows of a table or view down, for DuckDB to read: a pattern of Parquet files."""
        place = self.folder / "written" / relation
        self.execute(f"insert overwrite directory '{place}' using parquet select * from {relation}")
        return f"{place}/*.parquet"


def made_on_spark(folders: tuple[Path, Path], make: Callable[[SparkServer], Made]) -> Made:
    """What `make` makes on a server of its own; on a second one, with a warning, if the first one's process ends."""
    try:
        with spark_server(folders[0]) as server:
            return make(server)
    except SparkEnded as ended:
        warnings.warn(f"Spark is started a second time: {ended}", stacklevel=2)
    with spark_server(folders[1]) as server:
        return make(server)


@contextmanager
def spark_server(folder: Path) -> Iterator[SparkServer]:
    """Start a server with an empty warehouse in the folder; skips where Java or the package is missing.

    Raises:
        SparkEnded: the server's process ended by itself while it was used.
    """
    home = next((PROJECT_ROOT / ".venv-spark").glob("lib/python*/site-packages/pyspark"), None)
    if home is None:
        _missing("pyspark is not there: run make test once")
    if shutil.which("java") is None:
        _missing("Java is not there: install the package default-jre-headless")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore;create=true",
    }
    settings = [item for name, value in (OPTIONS | places).items() for item in ("--conf", f"{name}={value}")]
    command = [
        f"{home}/bin/spark-submit", "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        "--master", "local[1]", "--driver-memory", "1500m",
        "--driver-java-options", JAVA_OPTIONS, *settings, "spark-internal",
        "--hiveconf", f"hive.server2.thrift.port={port}", "--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1",
    ]  # fmt: skip
    environment = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"
    }  # fmt: skip
    process = subprocess.Popen(
        command, env=environment, cwd=folder, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    log: deque[str] = deque(maxlen=LINES_KEPT)
    try:
        _wait_until_started(process, log)
        yield SparkServer(port, folder)
    except Exception as error:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=SECONDS_TO_END)
            raise SparkEnded(f"exit code {code}\n" + "".join(log)) from error
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _missing(reason: str) -> None:
    """Skip; where Spark is required, as on the build machine, fail."""
    if os.environ.get("GUANXI_REQUIRE_SPARK"):
        pytest.fail(reason)
    pytest.skip(reason)


def _wait_until_started(process: subprocess.Popen[str], log: deque[str]) -> None:
    """Read the server's log until it says so; go on reading, so that it never waits for a reader."""
    assert process.stderr is not None
    for line in process.stderr:
        log.append(line)
        if "HiveThriftServer2 started" in line:
            threading.Thread(target=log.extend, args=(process.stderr,), daemon=True).start()
            return
    pytest.fail("Spark did not start:\n" + "".join(log))
