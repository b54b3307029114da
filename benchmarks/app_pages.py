"""The app with a million customers in a real browser: the first look at each page, a walk through them, a search."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from playwright.sync_api import Page, sync_playwright

from benchmarks.claim import Bench, Line, Score
from benchmarks.idle_up import answers, free_ports
from benchmarks.measure import measured
from benchmarks.multiplied_customers import multiply
from benchmarks.nothing_new import refresh
from benchmarks.shared_retailer import serving, settings_of, world

ORDER = 11
BUILT_CUSTOMERS = 2_000
COLD_SECONDS, WARM_SECONDS, SEARCH_SECONDS = 3, 1, 1
LANGUAGE = "en"
_SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WALKS = 3


def run(bench: Bench) -> list[Line | Score]:
    """Build a small retailer, publish it many times over, look at every page."""
    home, _ = world(bench, "app", min(BUILT_CUSTOMERS, bench.sizes.published_customers))
    with serving(home):
        measured(refresh, home=home)
    customers = int(measured(multiply, home=home, customers=bench.sizes.published_customers).found)
    with _app(home) as address, _browser() as page:
        first = {name: _visit(page, f"{address}/{path}") for name, path in _pages().items()}
        walks = [_walk(page) for _ in range(_WALKS)]
        searches = [_search(page, address, one) for one in _some_customers(home)]
    warm = {name: min(walk[name] for walk in walks) for name in first}
    return [
        _slowest(f"app, {customers:,} customers: seconds until a page is first there", first, COLD_SECONDS),
        _slowest(f"app, {customers:,} customers: seconds from a click to another page", warm, WARM_SECONDS),
        Score(
            f"app, {customers:,} customers: seconds from Enter to the customer who was searched",
            min(searches), at_most=SEARCH_SECONDS, note=f"the first time {searches[0]:.1f}",
        ),
    ]  # fmt: skip


def _slowest(claim: str, seconds: dict[str, float], limit: float) -> Score:
    """The slowest page counts; all stand in the note."""
    note = ", ".join(f"{name} {taken:.1f}" for name, taken in sorted(seconds.items(), key=lambda one: -one[1]))
    return Score(claim, max(seconds.values()), at_most=limit, note=note)


def _pages() -> dict[str, str]:
    """Title and path in the address of each page of the menu, in its order."""
    # What measures runs in processes of its own, which need no app.
    from dashboards.components.i18n import catalogue
    from dashboards.navigation import discover

    return {
        catalogue(LANGUAGE)[header.title]: header.path.stem if position else ""
        for position, header in enumerate(discover())
        if not header.hidden
    }


@contextmanager
def _app(home: Path) -> Iterator[str]:
    """The app's address while its server runs."""
    settings, port = settings_of(home), free_ports(home)["app"]
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/server.py", f"--server.port={port}"]
    process = subprocess.Popen(
        command, cwd=settings.project_root, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        answers(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def _browser() -> Iterator[Page]:
    """A page of a browser that has seen nothing of the app."""
    path = os.environ.get("GUANXI_CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise RuntimeError("No Chromium found: install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, locale=LANGUAGE)
        page.set_default_timeout(120_000)
        yield page
        browser.close()


def _visit(page: Page, url: str) -> float:
    """Open an address; the seconds until everything on it is there."""
    started = time.perf_counter()
    page.goto(f"{url}?lang={LANGUAGE}")
    page.wait_for_selector(".gx-head h1")
    page.wait_for_selector(_SETTLED)
    return time.perf_counter() - started


def _walk(page: Page) -> dict[str, float]:
    """Click through the menu, one page after the other; the seconds that each took."""
    taken = {}
    for name in reversed(_pages()):
        started = time.perf_counter()
        page.locator("[data-testid=stSidebarNavLink]", has_text=name).first.click()
        page.wait_for_function("name => document.querySelector('.gx-head h1')?.innerText === name", arg=name)
        page.wait_for_selector(_SETTLED)
        taken[name] = time.perf_counter() - started
    return taken


def _search(page: Page, address: str, customer_id: str) -> float:
    """Search a customer by id; the seconds until they are shown."""
    _visit(page, f"{address}/customer")
    box = page.get_by_role("textbox").first
    box.fill(customer_id)
    started = time.perf_counter()
    box.press("Enter")
    page.wait_for_selector(f"text={customer_id}")
    page.wait_for_selector(_SETTLED)
    return time.perf_counter() - started


def _some_customers(home: Path) -> list[str]:
    """Ids of a few customers, from anywhere among all."""
    with duckdb.connect(str(settings_of(home).warehouse_path), read_only=True) as connection:
        found = connection.execute("select customer_id from marts.customers order by hash(customer_id) limit 3")
        return [customer_id for (customer_id,) in found.fetchall()]
