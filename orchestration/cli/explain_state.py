"""`guanxi explain stage` and `explain tier`: what a customer is taken for, by which rule, from which rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from orchestration.cli.amounts import amount
from orchestration.cli.explain_documents import state_document
from orchestration.cli.names import in_both
from orchestration.cli.session import HomeOption, JsonOption, console, open_session, print_json
from orchestration.cli.tags import tell_rows
from stores.counted import counted

if TYPE_CHECKING:
    from orchestration.stewardship.stage_and_tier import StateStory

CustomerArgument = Annotated[
    str, typer.Argument(help="A customer id (c_…), also a former one; or a profile: shop:10023.")
]

# In the order in which they are asked; the first that is true decides (macro lifecycle_stage).
_STAGE_RULES = (
    ("new", "bought first, or registered, less than {new_days} days ago"),
    ("prospect", "never bought"),
    ("churned", "nothing bought and no interaction for {churned_days} days"),
    ("dormant", "nothing bought and no interaction for {dormant_days} days"),
    ("active", "{active_interactions} interactions in the last 30 days, and bought less than {purchase_days} days ago"),
    ("regular", "everybody else"),
)


def stage(customer_id: CustomerArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Explain a lifecycle stage: the rules in their order, the inputs, the stages so far, source rows."""
    story = _story(customer_id, home, as_json)
    if story is None:
        return
    now, names = story.lifecycle, {row["stage"]: row for row in story.rules["lifecycle_stages"]}
    _title(story, "Stage 生命周期阶段")
    since = f" since {now['stage_since']}" if now["stage_since"] else ", since when is not known"
    _say(f"{_named(names, now['stage'])}{since}: {now['reason_en']} {now['reason_zh']}")
    _heading("Rules 规则: the first that is true decides (seed rule_thresholds)")
    limits = {row["rule"]: row["value"] for row in story.rules["rule_thresholds"]}
    for name, rule in _STAGE_RULES:
        _say(f"{_named(names, name)}: {rule.format(**limits)}{' ✓' if name == now['stage'] else ''}")
    _heading("Inputs 输入")
    days = story.days
    _say(f"registered 注册: {_day(days['registered_at'])}")
    _say(f"first purchase 首次购买: {_day(days['first_purchase_at'])}")
    _say(f"last purchase 最近购买: {_day(days['last_purchase_at'])}{_ago(now['days_since_purchase'])}")
    _say(f"last interaction 最近互动: {_day(days['last_interaction_at'])}{_ago(now['days_since_interaction'])}")
    _say(f"interactions in the last 30 days 近 30 天互动: {now['interactions_30d']}")
    _heading("Stages so far 历史 (customer_lifecycle_history)")
    for one in story.history:
        _say(f"{one['valid_from'] or '…'} – {one['valid_to'] or '…'}: {_named(names, one['stage'])}")
    _tell_source_rows(story)


def tier(customer_id: CustomerArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Explain the loyalty tier and the value tier: the rules, the customer's scores and figures, source rows."""
    story = _story(customer_id, home, as_json)
    if story is None:
        return
    value, rfm, tiers = story.value, story.rfm, story.rules["loyalty_tiers"]
    _title(story, "Tiers 等级")
    names = {row["tier"]: row for row in tiers}
    _say(f"Loyalty tier 忠诚度等级: {_named(names, value['loyalty_tier'])}")
    _say(f"Value tier 价值等级: {value['value_tier']}")
    _heading("Rules of the loyalty tier 忠诚度规则: the first that is true decides (seed loyalty_tiers)")
    for row in sorted(tiers, key=lambda one: int(one["position"])):
        held = " ✓" if row["tier"] == value["loyalty_tier"] else ""
        _say(f"{_named(names, row['tier'])}: {_loyalty_rule(row, story)}{held}")
    _heading("Inputs 输入")
    if rfm:
        _say(f"recency score 近度 {rfm['r_score']}, frequency score 频度 {rfm['f_score']}")
        bought = counted(rfm["frequency"], "purchase")
        _say(f"in the window of RFM 窗口内: {bought}, the last {counted(rfm['recency_days'], 'day')} ago")
    else:
        _say("no RFM score: no purchase in its window 窗口内无购买，没有 RFM 分数")
    _say(f"interactions in the last 30 days 近 30 天互动: {story.lifecycle['interactions_30d']}")
    _heading(f"Rule of the value tier 价值等级规则: high from a score of {story.threshold('high_value_score')} on")
    _say(f"value score 价值分: {value['value_score']} of 100, from ranks among all customers, by weight "
         "(seed value_weights):")  # fmt: skip
    for row in story.rules["value_weights"]:
        if float(row["value_weight"] or 0):
            _say(f"  {row['component']} {float(row['value_weight']):g} %: {_component(row['component'], story)}")
    _tell_source_rows(story)


def _story(customer_id: str, home: HomeOption, as_json: bool) -> StateStory | None:
    """What there is to tell; None where it was printed as JSON."""
    settings = open_session(home, for_script=as_json)
    from orchestration.stewardship.stage_and_tier import state_story

    story = state_story(settings, customer_id)
    if as_json:
        print_json(state_document(story))
        return None
    return story


def _loyalty_rule(row: dict[str, str], story: StateStory) -> str:
    if not int(row["min_f_score"]) and not int(row["min_frequency"]):
        return "everybody else"
    recent = story.threshold("rfm_recent_days")
    return (
        f"recency score {row['min_r_score']} or more (or bought within {recent} days), frequency score "
        f"{row['min_f_score']} or more, {counted(int(row['min_frequency']), 'purchase')} or more, the last within "
        f"{row['max_recency_days']} days, {counted(int(row['min_interactions_30d']), 'interaction')} or more in 30 days"
    )


def _component(component: str, story: StateStory) -> str:
    """What a component of the value score is made from, of this customer."""
    value = story.value
    hours = value["response_speed_hours"]
    told = {
        "spend": f"spent in six months 近六个月消费 {amount(value['spend_6m'], story.currency)}",
        "order_frequency": f"purchases a month 月均购买 {value['order_frequency']:.2f}",
        "repurchase_rate": f"share of purchases after the first 复购率 {value['repurchase_rate']:.0%}",
        "response_speed": "never answered a message 从未回应"
        if hours is None
        else f"hours to answer 回应用时 {hours:.1f}",
        "engagement": f"interactions in 30 days 近 30 天互动 {story.lifecycle['interactions_30d']}",
    }
    return told.get(component, "")


def _tell_source_rows(story: StateStory) -> None:
    _heading("Source rows 来源记录")
    if story.unread:
        _say(story.unread)
    for rows in story.counted:
        tell_rows(rows)


def _title(story: StateStory, what: str) -> None:
    customer_id = str(story.days["customer_id"])
    console.print(
        f"[bold]{what} of {escape(customer_id)}[/bold] in publication {story.publication.publication_id}, as of "
        f"{story.publication.as_of}",
        soft_wrap=True,
    )
    if story.asked != customer_id:
        _say(f"{story.asked} leads to this customer.")


def _named(names: dict[str, dict[str, str]], code: str) -> str:
    row = names.get(code)
    return f"{in_both(row['name_en'], row['name_zh'])} ({code})" if row else code


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "not known"


def _ago(days: int | None) -> str:
    return "" if days is None else f", {counted(days, 'day')} ago"


def _heading(text: str) -> None:
    console.print(f"[bold]{escape(text)}[/bold]")


def _say(text: str) -> None:
    console.print(f"  {text.rstrip()}", markup=False, soft_wrap=True)
