"""What a message of a campaign is expected to bring, as the publication has it."""

import duckdb

from serving.campaigns.message_values import message_value
from serving.published_copy import current_copy
from stores.settings import Settings
from tests.testing import small_publication


def test_a_value_says_whether_it_was_measured_or_why_not(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    with current_copy(settings) as published:
        measured = message_value(published, "dormant_recall")
        stated = message_value(published, "new_customer_welcome")
        assert message_value(published, "unheard_of") is None
    assert measured is not None
    assert measured.is_measured
    assert measured.value_per_message == measured.stated_value + 0.75 * ((measured.measured_value or 0) - 1)
    assert stated is not None
    assert not stated.is_measured
    assert (stated.value_per_message, stated.measured_value) == (1, None)
    assert (stated.basis_zh, stated.basis_en[:13]) == ("观察期满的客户太少", "Too few custo")


def test_a_publication_of_an_older_release_says_nothing_of_it(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    with duckdb.connect(str(settings.published / f"serving-{small_publication.RUN_ID}.duckdb")) as connection:
        connection.execute("drop table campaigns.campaign_values")
    with current_copy(settings) as published:
        assert message_value(published, "dormant_recall") is None
