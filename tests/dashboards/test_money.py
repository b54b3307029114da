"""Amounts have as many decimals as their currency has coins for."""

import pytest

from dashboards.components import i18n, money
from dashboards.queries import overview


@pytest.mark.parametrize(
    ("currency", "value", "shown"),
    [
        ("KRW", 188500, "₩188,500"),
        ("JPY", -1200, "-¥1,200"),
        ("EUR", 12.5, "€12.50"),
        ("KWD", 1.25, "KWD 1.250"),
        ("", 3, "3.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    monkeypatch: pytest.MonkeyPatch, currency: str, value: float, shown: str
) -> None:
    monkeypatch.setattr(overview, "reporting_currency", lambda: currency)
    monkeypatch.setattr(money, "language", lambda: "en")
    monkeypatch.setattr(i18n, "language", lambda: "en")
    assert money.money(value) == shown
    assert money.money_in(value, currency, is_exact=True) == shown


def test_a_price_of_a_fraction_of_a_coin_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money, "language", lambda: "en")
    monkeypatch.setattr(i18n, "language", lambda: "en")
    assert money.money_in(0.0125, "EUR", is_exact=True) == "€0.0125"
