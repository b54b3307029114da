"""What campaigns cost, as the publication has it."""

from decimal import Decimal

import pytest

from serving.campaigns.costs import campaign_returns, cost_lines
from serving.published_copy import current_copy
from stores.settings import Settings
from tests.testing import small_publication


def test_lines_come_in_the_order_of_the_seed_and_add_up_to_what_the_version_spent(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    with current_copy(settings) as published:
        lines = cost_lines(published, "dormant_recall", 1)
        (brought,) = campaign_returns(published, "dormant_recall")
        assert campaign_returns(published, "unheard_of") == []
    assert [one.line for one in lines] == ["material", "tools", "people", "incentives", "reserve"]
    assert sum(one.budgeted or 0 for one in lines) == brought.budgeted == 20_000
    assert sum(one.spent or 0 for one in lines) == brought.spent == Decimal("7243.25")
    assert brought.cost_per_incremental_conversion == pytest.approx(
        float(brought.spent) / (brought.incremental_conversions or 0)
    )
