"""What is asked about lifetime value: totals, tenths, the model in use and how it was judged."""

import pytest

from serving.insight import lifetime
from serving.published_copy import PublishedCopy, current_copy
from stores.settings import Settings
from tests.testing import small_publication


@pytest.fixture
def published(settings: Settings):
    small_publication.publish_fixture(settings)
    with current_copy(settings) as copy:
        yield copy


def test_totals_and_reasons_account_for_every_customer(published: PublishedCopy) -> None:
    totals, without = lifetime.totals(published), lifetime.without_forecast(published)
    assert list(totals.horizon_days) == [30, 90, 365]
    assert totals.expected_value.is_monotonic_increasing
    everybody = published.record("select count(*) as customers from marts.customers")["customers"]
    assert totals.customers.iloc[0] + without.customers.sum() == everybody
    assert set(without.reason) <= set(lifetime.names(published))


def test_tenths_are_of_all_who_are_forecast_the_best_first(published: PublishedCopy) -> None:
    tenths = lifetime.deciles(published)
    assert list(tenths.decile) == list(range(1, 11))
    assert tenths.customers.sum() == lifetime.totals(published).customers.iloc[0]
    assert tenths.value_share.sum() == pytest.approx(1)
    assert tenths.expected_value.iloc[0] == tenths.expected_value.max()
    assert tenths.least_value.is_monotonic_decreasing


def test_the_model_in_use_is_the_one_that_forecasts(published: PublishedCopy) -> None:
    model = lifetime.model_in_use(published)
    assert model["model_version"] == "m2"
    assert lifetime.model_of(published, "m1")["model"] == "cohort_rates"
    figures = lifetime.figures(published, "m2", 90)
    assert set(figures.model) == {"mbg_nbd", "cohort_rates"}
    assert (figures.low <= figures.value).all()
    assert len(lifetime.calibration(published, "m2", 90)) == 20
