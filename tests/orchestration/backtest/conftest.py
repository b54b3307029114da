"""A home with a list of purchases, published once: what its back-tests find is known by hand."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.orchestration.conftest import Installation, make_installation
from tests.testing.shared_build import built_once

AN_HOUR = 3600
FIRST = date(2026, 3, 31)


def purchases() -> list[tuple[str, date]]:
    """Whose, and when. On 31 March `a`, `b` and `lonely` have bought nothing for 90 days: they are dormant.

    `a` and `r` bought once before it, `b` and `s` twice, `lonely` three times.
    """
    long_ago, lately, after = date(2025, 11, 1), date(2026, 3, 1), date(2026, 4, 10)
    bought = []
    for prefix, number, times, last, later in (
        ("a", 30, 1, long_ago, dict.fromkeys(range(12), 1)),
        ("r", 40, 1, lately, dict.fromkeys(range(10), 1)),
        ("b", 10, 2, long_ago, dict.fromkeys(range(10), 2)),
        ("s", 5, 2, lately, {0: 1}),
        ("lonely", 2, 3, long_ago, {}),
    ):
        for n in range(number):
            bought += [(f"{prefix}{n}", last - timedelta(days=back)) for back in range(times)]
            bought += [(f"{prefix}{n}", after + timedelta(days=ahead)) for ahead in range(later.get(n, 0))]
    # somebody who bought until the end, so that it is known until then what customers did
    return [*bought, *(("steady", date(2026, 1, 1) + timedelta(days=10 * n)) for n in range(19))]


def publish_purchases(folder: Path) -> None:
    made = make_installation(folder / "installation", is_quick=True)
    landed = made.home / "landing" / "transactions" / "purchases.csv"
    landed.parent.mkdir(parents=True)
    rows = [f"{customer},{number},{day},20" for number, (customer, day) in enumerate(purchases())]
    landed.write_text("\n".join(["customer_id,order_id,ordered_at,amount", *rows]), encoding="utf-8")
    os.utime(landed, (AN_HOUR, AN_HOUR))
    made.guanxi("run", "--no-send")


@pytest.fixture(scope="session")
def purchases_world(tmp_path_factory) -> Installation:
    """Read it; back-tests leave it as it is."""
    return Installation(
        built_once(tmp_path_factory, "purchases-world", publish_purchases) / "installation", 0, is_quick=True
    )
