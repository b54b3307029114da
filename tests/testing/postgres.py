"""A temporary PostgreSQL cluster, for the tests that need one."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def _missing(reason: str) -> None:
    """Skip; where PostgreSQL is required, as on the build machine, fail."""
    if os.environ.get("GUANXI_REQUIRE_POSTGRES"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; its URL without a database. Skips where the programs are missing."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql*/bin")]
    found = shutil.which("initdb") or next((str(place / "initdb") for place in sorted(places, reverse=True)), None)
    if found is None:
        _missing("initdb is not there: install the package postgresql")
    if importlib.util.find_spec("psycopg") is None:
        _missing("psycopg is not there: install guanxi[postgres]")
    programs = Path(str(found)).resolve().parent
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gx-pg-", dir="/tmp"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    start = [programs / "initdb", "--auth=trust", "--username=guanxi", "--encoding=UTF8", "--no-sync", data]
    subprocess.run(start, check=True, capture_output=True, user=user, cwd=folder)
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c timezone=Asia/Shanghai"
    run = [programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w"]
    subprocess.run([*run, "start"], check=True, capture_output=True, user=user, cwd=folder)
    try:
        yield f"postgresql+psycopg://guanxi@127.0.0.1:{port}"
    finally:
        subprocess.run([*run, "-m", "immediate", "stop"], check=False, capture_output=True, user=user, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """The URL of a new, empty database."""
    name = f"guanxi_{os.urandom(4).hex()}"
    with create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"create database {name}"))
    return f"{server}/{name}"
