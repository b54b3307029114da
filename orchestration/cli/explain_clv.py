"""`guanxi explain clv`: what a customer is expected to buy, by which model, from which purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from orchestration.cli.amounts import amount
from orchestration.cli.explain_documents import lifetime_document
from orchestration.cli.names import in_both
from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json
from stores.counted import counted

if TYPE_CHECKING:
    from orchestration.fitted_models.lifetime_story import LifetimeStory

_DAYS_SHOWN = 20
_HORIZONS = (30, 90, 365)
_CANNOT = (
    "What it cannot do: it knows nothing of prices, campaigns or products; a customer who changes habits looks like "
    "one who stopped; a year is only as good as the assumption that nothing changes.",
    "模型的局限：不了解价格、活动和商品；习惯改变的客户看起来像已流失；一年期预测以一切照旧为前提。",
)


def clv(
    customer_id: Annotated[
        str, typer.Argument(help="A customer id (c_…), also a former one; or a profile: shop:10023.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a lifetime value: forecast, model, inputs, purchase days, and what the model cannot do."""
    settings = open_session(home, for_script=as_json)
    from orchestration.fitted_models.lifetime_story import lifetime_story

    story = lifetime_story(settings, customer_id)
    if as_json:
        print_json(lifetime_document(story))
        return
    _tell(story)


def _tell(story: LifetimeStory) -> None:
    row = story.forecast
    console.print(
        f"[bold]Lifetime value 客户终身价值 of {escape(str(row['customer_id']))}[/bold] in publication "
        f"{story.publication.publication_id}, as of {row['as_of']}"
    )
    if story.asked != row["customer_id"]:
        _say(f"{story.asked} leads to this customer.")
    if not row["model"]:
        _say(f"Nothing is forecast 无预测: {_named(story, str(row['reason']))} ({row['reason']}).")
        return
    for days in _HORIZONS:
        value = amount(row[f"expected_value_{days}d"], story.currency)
        _say(f"{days} days 天: {row[f'expected_purchases_{days}d']:.2f} purchases 次购买, {value}")
    _tell_next(row)
    _heading("Made from 输入")
    _say(f"purchase days 购买天数: {row['purchases']}, the first 首次 {row['first_purchase_day']}, the last 最近 "
         f"{row['last_purchase_day']}")  # fmt: skip
    recency = (row["last_purchase_day"] - row["first_purchase_day"]).days
    age = (row["as_of"] - row["first_purchase_day"]).days
    _say(f"recency, from the first to the last 首末次间隔: {counted(recency, 'day')}; age 客龄: {counted(age, 'day')}")
    _say(f"average of a purchase day 平均每次金额: {amount(row['average_amount'], story.currency)}")
    _tell_model(story)
    _tell_purchase_days(story)
    for text in _CANNOT:
        _say(text)


def _tell_next(row: dict[str, Any]) -> None:
    if row["probability_alive"] is None:
        _say("Probability alive 存活概率: unknown, who buys again cannot be told better than by chance 无法区分复购")
    else:
        _say(f"Probability alive 存活概率: {row['probability_alive']:.0%}")
    if row["next_purchase_day"]:
        until = row["next_purchase_until"] or "later than in ten years 十年以后"
        _say(f"Next purchase 下次购买: about {row['next_purchase_day']} (80 %: {row['next_purchase_from']} – {until}), "
             "if they have not stopped 若仍活跃")  # fmt: skip


def _tell_model(story: LifetimeStory) -> None:
    model = story.model
    _heading("Model 模型")
    name = str(story.forecast["model"])
    known = f"{counted(model['customers'], 'customer')} and {counted(model['purchases'], 'purchase day')}"
    fitted = f"fitted on 建模日 {model['fitted_on']} on {known}"
    _say(f"{_named(story, name)} ({name}), version {model['model_version']}, {fitted}")
    _say(f"because 原因: {_named(story, str(model['reason']))}")
    if story.forecast["model"] == "mbg_nbd":
        values = ", ".join(f"{name} {model[name]:.4g}" for name in ("r", "alpha", "a", "b", "p", "q", "v"))
        _say(f"parameters 参数: {values}; season 季节系数 (90 days): {model['season_90d']:.2f}")
    for figure in story.figures:
        if figure["model"] == story.forecast["model"] and figure["value"] is not None:
            _say(
                f"{_named(story, figure['figure'])}: {figure['value']:.2f} ({figure['low']:.2f} – {figure['high']:.2f})"
            )
    if story.figures:
        _say(f"judged on the last 评估期 {counted(story.figures[0]['judged_days'], 'day')} before it was fitted")


def _tell_purchase_days(story: LifetimeStory) -> None:
    _heading("Purchase days 购买日")
    if story.unread:
        _say(story.unread)
    for day in story.purchase_days[:_DAYS_SHOWN]:
        paid = amount(day["net_amount"], story.currency)
        _say(f"{day['purchase_day']}: {counted(day['orders'], 'order')}, {paid}")
    if len(story.purchase_days) > _DAYS_SHOWN:
        _say(f"and {counted(len(story.purchase_days) - _DAYS_SHOWN, 'earlier one')} (--json has all of them)")


def _named(story: LifetimeStory, term: str) -> str:
    chinese, english = story.names.get(term, ("", term))
    return in_both(english, chinese)


def _heading(text: str) -> None:
    console.print(f"[bold]{escape(text)}[/bold]")


def _say(text: str) -> None:
    console.print(f"  {text.rstrip()}", markup=False, soft_wrap=True)
