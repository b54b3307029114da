"""One browser and one app for all tests of a worker: a process holds Playwright once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.testing.app_in_browser import PATIENCE_MS

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return os.environ.get("GUANXI_CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        if os.environ.get("GUANXI_REQUIRE_BROWSER"):
            pytest.fail("No Chromium found, but GUANXI_REQUIRE_BROWSER is set: install chromium.")
        pytest.skip("no Chromium found; set GUANXI_REQUIRE_BROWSER=1 to make this a failure")
    opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    command = [sys.executable, "-m", "tests.testing.small_publication", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def address(home: Path) -> Iterator[str]:
    """A server on a free port, ready when its health page says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (home / "app.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "app.py"), f"--server.port={port}"],
        cwd=ROOT,
        env={**os.environ, "GUANXI_HOME": str(home)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/_stcore/health", server, home / "app.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            threading.Event().wait(0.1)  # between two questions to the server, not a guess at how long it takes
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor whose page must not have thrown an error by the end of the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors


@pytest.fixture(scope="session")
def busiest(home: Path) -> dict[str, str]:
    """The customer with the highest net revenue, as the publication has it."""
    path = next((home / "published").glob("serving-*.duckdb"))
    with duckdb.connect(str(path), read_only=True, config={"threads": 2}) as con:
        row = con.execute(
            "select customer_id, phone_mask from marts.customers order by net_revenue desc, customer_id limit 1"
        ).fetchone()
    assert row
    return {"customer_id": row[0], "phone_mask": row[1]}
