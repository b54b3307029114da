"""`guanxi explain why-not` says what a message is worth and how that is known, where it competed with others."""

import duckdb

from orchestration.stewardship.why_not import why_not
from tests.testing import small_publication


def test_who_competed_is_told_what_the_message_is_worth_and_how_that_is_known(settings):
    small_publication.publish_fixture(settings)
    with duckdb.connect(str(next(settings.published.glob("serving-*.duckdb")))) as publication:
        (customer,) = publication.execute("select min(customer_id) from campaigns.campaign_plan").fetchone()
    told = {one.code: one.said for one in why_not(settings, customer, "dormant_recall").answers}
    assert "bring CNY 9.25: measured CNY 12.00 ± 5.77 (standard error), which counts 75%" in told["expected_value"]

    with duckdb.connect(str(next(settings.published.glob("serving-*.duckdb")))) as publication:
        publication.execute("update campaigns.campaign_plan set expected_value = null")
    assert "expected_value" not in {one.code for one in why_not(settings, customer, "dormant_recall").answers}
