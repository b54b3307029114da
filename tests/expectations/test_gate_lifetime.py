"""A forecast that cannot be stops the publication; one that is unlikely, or a model that got worse, is shown."""

import pytest

from expectations.gate import outcome, run_gate
from stores.settings import Settings
from tests.testing.findings import kept, not_met


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (0.9, set()),
        (3.5, {"total_is_likely"}),
        (0.2, {"total_is_likely"}),
        (11, {"total_is_possible", "total_is_likely"}),
    ],
)
def test_a_total_far_from_what_was_bought_lately_is_shown_and_one_beyond_all_sense_stops(
    settings: Settings, warehouse, expected: float, found: set[str]
) -> None:
    warehouse(f"update marts.customer_lifetime set expected_purchases_90d = {expected}")
    results = run_gate(settings, "marts", "r1")
    assert set(not_met(results)) == {f"customer_lifetime.{name}" for name in found}
    assert outcome(results) == ("failed" if "total_is_possible" in found else "warned" if found else "passed")


def test_of_a_few_purchases_no_total_is_asked_for(settings: Settings, warehouse) -> None:
    warehouse("delete from marts.customer_lifetime where customer_id not in ('c_1', 'c_2')")
    warehouse("update marts.customer_lifetime set expected_purchases_90d = 40")
    assert not not_met(run_gate(settings, "marts", "r1"))


def test_where_nothing_is_forecast_there_is_nothing_to_compare(settings: Settings, warehouse) -> None:
    warehouse("update marts.customer_lifetime set model = null, expected_purchases_90d = null")
    warehouse("delete from marts.lifetime_models", "delete from marts.lifetime_figures")
    assert not not_met(run_gate(settings, "marts", "r1"))


def test_a_figure_that_leaves_the_interval_of_the_model_before_is_shown(settings: Settings, warehouse) -> None:
    warehouse("update marts.lifetime_figures set value = 0.6, low = 0.55, high = 0.65 where model_version = 'm2'")
    results = run_gate(settings, "marts", "r1")
    assert outcome(results) == "warned"
    bad = not_met(results)
    assert set(bad) == {"lifetime_models.figures_stay_in_their_interval"}
    assert kept(bad["lifetime_models.figures_stay_in_their_interval"])[0][0] == "auc"
