"""BG/NBD, MBG/NBD, Pareto/NBD and gamma-gamma: published parameters, derivatives, and worlds whose answer is known."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import roots_genlaguerre, roots_jacobi

from intelligence.lifetime import beta_geometric, pareto, spend
from intelligence.lifetime.beta_geometric import BetaGeometric
from intelligence.lifetime.pareto import Pareto
from intelligence.lifetime.purchase_summary import Summary, summarise
from intelligence.lifetime.spend import GammaGamma
from tests.testing.data_sets import needs_data_sets
from tests.testing.purchases import cdnow, day_of, summary_of

FIT_UNTIL = day_of("1997-09-30")


@needs_data_sets
def test_the_published_parameters_of_cdnow_are_found():
    summary = summarise(cdnow(), FIT_UNTIL)
    bg = BetaGeometric.fit(summary, modified=False)
    assert [bg.r, bg.alpha, bg.a, bg.b] == pytest.approx([0.2426, 4.4136, 0.7929, 2.4259], abs=5e-4)
    assert bg.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    reference = Pareto.fit(summary)
    found = [reference.r, reference.alpha, reference.s, reference.beta]
    assert found == pytest.approx([0.5533, 10.578, 0.6062, 11.669], rel=1e-3)


@needs_data_sets
def test_the_published_parameters_of_spend_are_found_on_repeat_purchases():
    seen = cdnow().until(FIT_UNTIL)
    first = np.r_[True, seen.customer[1:] != seen.customer[:-1]]
    repeats = np.bincount(seen.customer[~first], minlength=seen.customers).astype(float)
    total = np.bincount(seen.customer[~first], weights=seen.amount[~first], minlength=seen.customers)
    found = GammaGamma.fit(repeats, np.divide(total, repeats, out=np.zeros_like(total), where=repeats > 0))
    assert [found.p, found.q, found.v] == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)


@needs_data_sets
def test_the_modified_model_tells_one_time_buyers_apart_and_the_plain_one_does_not():
    purchases = cdnow()
    summary = summarise(purchases, FIT_UNTIL)
    once = summary.frequency == 0
    assert BetaGeometric.fit(summary, modified=False).alive(summary)[once] == pytest.approx(1)
    assert np.ptp(BetaGeometric.fit(summary, modified=True).alive(summary)[once]) > 0.03


@pytest.mark.parametrize("modified", [True, False])
def test_derivatives_of_beta_geometric_are_those_of_the_likelihood(modified):
    rows = np.array([0.0, 1, 3, 40]), np.array([0.0, 5, 20, 30]), np.array([30.0, 30, 21, 31])

    def likelihood(x):
        return beta_geometric._log_likelihood(np.exp(x), *rows, modified)

    start = np.log([0.5, 6, 0.9, 1.6])
    assert check_grad(lambda x: likelihood(x)[0].sum(), lambda x: likelihood(x)[1].sum(axis=1), start) < 1e-4


def test_derivatives_of_pareto_are_those_of_the_likelihood():
    rows = np.array([0.0, 1, 3, 40]), np.array([0.0, 5, 20, 30]), np.array([30.0, 30, 21, 31])

    def likelihood(x):
        return pareto._log_likelihood(np.exp(x), *rows)

    start = np.log([0.5, 10, 0.6, 12])
    assert check_grad(lambda x: likelihood(x)[0].sum(), lambda x: likelihood(x)[1].sum(axis=1), start) < 1e-4


def test_derivatives_of_spend_are_those_of_the_likelihood():
    x, m = np.array([1.0, 2, 30]), np.array([0.2, 1, 5.0])

    def likelihood(at):
        return spend._log_likelihood(np.exp(at), x, m)

    start = np.log([6, 4, 0.5])
    assert check_grad(lambda at: likelihood(at)[0].sum(), lambda at: likelihood(at)[1].sum(axis=1), start) < 1e-4


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("seen", [(0.0, 0.0, 30.0), (3.0, 20.0, 25.0), (12.0, 29.0, 30.0)])
def test_the_expectation_is_what_integrating_over_rates_and_stopping_gives(modified, seen):
    x, recency, age = seen
    model = BetaGeometric(0.6, 7.0, 0.9, 1.8, modified, 0)
    later = x + 1 if modified else x
    weeks = 26.0

    # an alive customer of some rate, who stops with p after each purchase to come: quadrature over both
    shapes = model.r + x, model.b + later
    rates, of_rate = roots_genlaguerre(60, shapes[0] - 1)
    nodes, of_p = roots_jacobi(60, shapes[1] - 1, model.a - 1)
    rate, p = rates[:, None] / (model.alpha + age), (nodes[None, :] + 1) / 2
    made = (1 - np.exp(-rate * p * weeks)) / p
    integrated = (of_rate / of_rate.sum()) @ made @ (of_p / of_p.sum())
    summary = summary_of(frequency=[x], recency=[recency], age=[age])
    assert model.expected(summary, weeks)[0] == pytest.approx(integrated * model.alive(summary)[0], rel=1e-4)


def test_parameters_of_a_made_up_world_are_found_again():
    chance = np.random.default_rng(7)
    customers, weeks = 8_000, 100
    rate, stops = chance.gamma(0.8, 1 / 6, customers), chance.beta(1.2, 3, customers)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    for one in range(customers):
        at = 0.0
        while chance.random() >= stops[one]:
            at += chance.exponential(1 / rate[one])
            if at > weeks:
                break
            frequency[one] += 1
            recency[one] = at
    found = BetaGeometric.fit(summary_of(frequency, recency, np.full(customers, float(weeks))))
    assert [found.r, found.alpha] == pytest.approx([0.8, 6], rel=0.12)
    assert found.a / (found.a + found.b) == pytest.approx(1.2 / 4.2, rel=0.12)


def test_customers_with_very_many_purchases_have_finite_forecasts():
    summary = summary_of(frequency=[5_000.0, 0.0], recency=[520.0, 0.0], age=[521.0, 0.0])
    for model in (BetaGeometric(0.2, 4, 1.0, 2.4, True, 0), Pareto(0.5, 10, 1.0, 12, 0)):
        assert np.isfinite(model.expected(summary, 52)).all()
        assert ((model.alive(summary) >= 0) & (model.alive(summary) <= 1)).all()


@pytest.mark.parametrize("modified", [True, False])
def test_where_everybody_stops_with_the_same_probability_each_customer_has_a_forecast(modified):
    # a and b so large that the probability hardly differs: a tenth after each purchase
    model = BetaGeometric(2.5, 14.5, 944.3, 8103.1, modified, 0)
    age = np.linspace(0.5, 104, 40)
    summary = summary_of(frequency=[0.0] * 40, recency=[0.0] * 40, age=age)
    found = model.expected(summary, 26.0) / model.alive(summary)

    p = model.a / (model.a + model.b)
    rates, weight = roots_genlaguerre(60, model.r - 1)
    made = (1 - np.exp(-rates[:, None] / (model.alpha + age) * p * 26.0)) / p
    assert found == pytest.approx((weight / weight.sum()) @ made, rel=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_equal_and_unequal_amounts_have_finite_expectations(spread):
    count = np.array([1.0, 2, 5, 8] * 30)
    average = np.exp(np.random.default_rng(3).normal(3, spread, 120)) if spread else np.full(120, 19.9)
    found = GammaGamma.fit(count, average)
    assert np.isfinite(found.expected(count, average)).all()
    assert found.expected(np.zeros(1), np.zeros(1))[0] == pytest.approx(average.mean(), rel=0.2)


def test_spend_of_nobody_is_refused():
    with pytest.raises(ValueError, match="more than zero"):
        GammaGamma.fit(np.zeros(3), np.zeros(3))


def test_many_rows_are_grouped_by_weeks_and_few_by_days():
    few = summary_of(frequency=[1.0, 1.0, 2.0], recency=[1 / 7, 1 / 7, 3.0], age=[2.0, 2.0, 4.0])
    assert len(few) == 3
    (frequency, recency, age), times = beta_geometric.grouped(few.frequency, few.recency, few.age)
    assert np.column_stack([frequency, recency, age, times]) == pytest.approx(
        np.array([[1.0, 1 / 7, 2.0, 2.0], [2.0, 3.0, 4.0, 1.0]])
    )
    days = np.arange(60_000) / 7
    (_, _, weeks), times = beta_geometric.grouped(np.zeros(60_000), np.zeros(60_000), days)
    assert len(weeks) < 20_000
    assert times.sum() == 60_000


def test_the_summary_counts_days_once_and_knows_what_came_later():
    purchases = summary_purchases()
    found = summarise(purchases, 20)
    assert isinstance(found, Summary)
    assert found.customer.tolist() == [0, 1]
    assert found.frequency.tolist() == [1, 0]
    assert found.recency.tolist() == pytest.approx([7 / 7, 0])
    assert found.age.tolist() == pytest.approx([10 / 7, 0])
    assert found.spend.tolist() == [15, 0]  # an amount below zero is no average of what is bought
    counted, spent = purchases.between(20, 40)
    assert counted.tolist() == [1, 0, 1]
    assert spent.tolist() == [5, 0, 7]


def summary_purchases():
    from intelligence.lifetime.purchase_summary import Purchases

    customer = np.array([0, 0, 0, 1, 2])
    return Purchases(customer, np.array([10, 17, 30, 20, 40]), np.array([10.0, 20, 5, -3, 7]), 3)
