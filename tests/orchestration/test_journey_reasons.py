"""Why somebody is not let into a journey, by what its file says of entries."""

from datetime import date

import pytest

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from orchestration.stewardship.journey_reasons import answers
from serving.published_copy import PublishedCopy
from stores.settings import load_settings
from stores.warehouse import current_publication
from tests.testing import small_publication


@pytest.fixture(scope="module")
def publication(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ({"starts_on": date(2100, 1, 1)}, "entry_not_open", "lets in from 2100-01-01 on"),
        ({"ends_on": date(2000, 1, 1)}, "entry_closed", "lets in until 2000-01-01"),
        ({"unless_in": ["newcomer_nurture"]}, "kept_out", "while in newcomer_nurture at first_purchase since"),
    ],
)
def test_who_may_not_enter_by_the_file_is_told_so(publication, entry, code, words):
    care = next(one for one in load_campaigns(campaign_folder(publication)) if one.campaign_id == "after_sales_care")
    care._journey = care.journey.model_copy(update={"entry": care.journey.entry.model_copy(update=entry)})
    with PublishedCopy(current_publication(publication).path) as copy:
        ((customer,),) = copy.values("select customer_id from campaigns.journey_runs where run_id = 'r10'")
        (found,) = answers(copy, customer, care, "", date(2026, 6, 30))
    assert (found.code, words in found.said) == (code, True), found
