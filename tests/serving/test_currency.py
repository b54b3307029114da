"""The currency of what is published."""

import duckdb
import pytest

from serving.overview import reporting_currency
from serving.published_copy import current_copy
from stores.settings import Settings
from tests.testing import small_publication


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("update marts.order_totals set reporting_currency = 'BRL'", "BRL"),
        ("update marts.order_totals set reporting_currency = null where channel = 'pos'", "CNY"),
        ("delete from marts.order_totals", ""),
        ("alter table marts.order_totals drop column reporting_currency", ""),
    ],
    ids=["one", "of a channel that states one", "no orders", "a publication of the release before"],
)
def test_amounts_are_in_the_currency_that_was_published(settings: Settings, statement: str, code: str) -> None:
    small_publication.publish_fixture(settings)
    with duckdb.connect(str(settings.published / f"serving-{small_publication.RUN_ID}.duckdb")) as connection:
        connection.execute(statement)
    with current_copy(settings) as copy:
        assert reporting_currency(copy) == code
