"""What `guanxi experiment read` says of money."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestration.campaign_experiments.reading import CampaignCosts
from orchestration.cli.experiment_costs import costs_document, sentences
from serving.campaigns.costs import CampaignReturn

BROUGHT = CampaignReturn(
    campaign_version=1,
    budgeted=Decimal(1000),
    spent=Decimal(200),
    incremental_conversions=10.0,
    incremental_conversions_low=5.0,
    incremental_conversions_high=20.0,
    incremental_revenue=500.0,
    incremental_revenue_low=100.0,
    incremental_revenue_high=900.0,
    cost_per_incremental_conversion=20.0,
    cost_per_incremental_conversion_low=10.0,
    cost_per_incremental_conversion_high=40.0,
    net_return=300.0,
    net_return_low=-100.0,
    net_return_high=700.0,
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Cost of a conversion beyond the hold-out: CNY 20.00 (CNY 10.00 to CNY 40.00)."),
        ({}, "Spent: CNY 200.00 of a budget of CNY 1,000.00."),
        ({"budgeted": None}, "Spent: CNY 200.00."),
        ({}, "Revenue beyond the hold-out less the cost: CNY 300.00 (CNY -100.00 to CNY 700.00)."),
        ({"cost_per_incremental_conversion_high": None}, "(CNY 10.00 to no end, since there may be none)"),
        ({"cost_per_incremental_conversion": None}, "Cost of a conversion beyond the hold-out: there is none."),
        ({"incremental_conversions": None}, "Cost of a conversion beyond the hold-out: cannot be said yet."),
        ({"spent": None}, "Spent: unknown, since a channel has no price, an offer no cost, or nobody knows"),
    ],
)
def test_the_cost_of_a_conversion_is_said_with_its_interval_or_why_not(changed, said):
    told = " ".join(sentences(CampaignCosts("CNY", [], replace(BROUGHT, **changed))))
    assert said in told


def test_a_publication_of_an_older_release_has_no_costs():
    assert costs_document(None) is None
    document = costs_document(CampaignCosts("", [], BROUGHT))
    assert document is not None
    assert document["currency"] is None
    assert document["cost_per_incremental_conversion_low"] == 10.0
