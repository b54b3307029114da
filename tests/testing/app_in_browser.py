"""The app as its tests in a real browser see it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE_MS = 30_000
# The browser tells of a scroll before it draws the next frame.
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
expect.set_options(timeout=PATIENCE_MS)


def visit(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(SETTLED)
    page.wait_for_selector(".gx-head")


def choose(page: Page, box: str, option: str) -> None:
    """Choose an option of a box.

    An open box closes when the page scrolls or its script draws it again: both are over before it is clicked.
    """
    page.wait_for_selector(SETTLED)
    chosen = page.get_by_role("combobox", name=box)
    chosen.scroll_into_view_if_needed()
    page.evaluate(_TWO_FRAMES)
    chosen.click()
    page.get_by_role("option", name=option, exact=True).click()


def charts_are_drawn(page: Page, count: int) -> None:
    """Every chart has marks on the screen."""
    marks = page.locator("[data-testid=stVegaLiteChart] :is(svg.marks, canvas.marks)")
    expect(marks).to_have_count(count)


def member_list(page: Page) -> Locator:
    """The list of members, drawn."""
    expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    return page.locator("[data-testid=stDataFrame] .stDataFrameGlideDataEditor").first
