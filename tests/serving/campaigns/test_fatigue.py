"""How messages tire customers, as the publication has it."""

from serving.campaigns.fatigue import fatigue
from serving.published_copy import current_copy
from stores.settings import Settings
from tests.testing import small_publication


def test_bands_are_told_from_the_fewest_messages_on_with_shares_inside_their_intervals(settings: Settings) -> None:
    small_publication.publish_fixture(settings)
    with current_copy(settings) as published:
        found = fatigue(published)
    assert list(found["band"]) == ["1", "2", "3_4", "5_8"]
    assert list(found["name_en"])[2] == "3 to 4 messages"
    assert (found["opted_out_share"] == found["opted_out"] / found["messages"]).all()
    assert found["opted_out_share"].between(found["opted_out_low"], found["opted_out_high"]).all()
