"""`guanxi explain clv`: the forecast, its model, its inputs and the purchase days behind them; or why there is none."""

import json

import pytest

from orchestration.cli import explain_clv
from orchestration.cli.session import console
from orchestration.fitted_models.lifetime_story import lifetime_story
from serving.published_copy import current_copy
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import connect
from tests.testing import small_publication


@pytest.fixture
def published(settings: Settings) -> Settings:
    small_publication.publish_fixture(settings)
    return settings


def somebody(settings: Settings, where: str) -> str:
    with current_copy(settings) as copy:
        return str(
            copy.rows(f"select customer_id from marts.customer_lifetime where {where} order by 1 limit 1")[0][
                "customer_id"
            ]
        )


def told(customer_id: str, settings: Settings, as_json: bool = False) -> str:
    with console.capture() as shown:
        explain_clv.clv(customer_id, settings.home, as_json)
    return shown.get()


def with_purchase_days(settings: Settings, customer_id: str, days: int) -> None:
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema intermediate")
        warehouse.execute(
            "create table intermediate.int_customer_purchase_days as select ? as customer_id, "
            "date '2026-06-30' - day::int as purchase_day, 1 as orders, 12.5 as net_amount from range(?) as days (day)",
            [customer_id, days],
        )


def test_the_forecast_is_told_with_its_model_its_inputs_and_the_days_behind_it(published: Settings) -> None:
    customer_id = somebody(published, "model is not null and purchases > 1")
    with_purchase_days(published, customer_id, 25)
    said = told(customer_id, published)
    assert f"Lifetime value 客户终身价值 of {customer_id}" in said
    assert "90 days 天:" in said
    assert "recency, from the first to the last 首末次间隔" in said
    assert "MBG/NBD 模型 (mbg_nbd), version m2" in said
    assert "Share of spend of the top tenth 前十分位客户的消费占比: 0.43 (0.40 – 0.46)" in said
    assert "2026-06-30: 1 order, CNY 12.50" in said
    assert "and 5 earlier ones" in said
    assert "What it cannot do" in said
    assert "模型的局限" in said


def test_why_nothing_is_forecast_is_told_in_both_languages(published: Settings) -> None:
    said = told(somebody(published, "reason = 'never_bought'"), published)
    assert (
        "Nothing is forecast 无预测: No purchase that was kept 没有净购买（从未购买或全部退款） (never_bought)." in said
    )
    assert "Purchase days" not in said


def test_who_refused_profiling_is_not_looked_at(published: Settings) -> None:
    customer_id = somebody(published, "reason = 'opted_out'")
    with_purchase_days(published, customer_id, 3)
    assert lifetime_story(published, customer_id).purchase_days == []
    assert "Refused profiling 客户拒绝画像" in told(customer_id, published)


def test_a_warehouse_that_cannot_be_read_leaves_the_rest_to_tell(published: Settings) -> None:
    said = told(somebody(published, "model is not null"), published)
    assert "The warehouse cannot be read right now" in said
    assert "parameters 参数" in said


def test_the_document_for_scripts_has_every_purchase_day(published: Settings) -> None:
    customer_id = somebody(published, "model is not null and purchases > 1")
    with_purchase_days(published, customer_id, 25)
    document = json.loads(told(customer_id, published, as_json=True))
    assert document["forecast"]["customer_id"] == customer_id
    assert len(document["purchase_days"]) == 25
    assert {one["figure"] for one in document["figures"]} >= {"total", "auc", "deviance"}


def test_nobody_known_is_refused_in_one_line(published: Settings) -> None:
    with pytest.raises(UserError, match="No customer 'c_nobody' in publication"):
        lifetime_story(published, "c_nobody")
