"""What the reasons of a row of the plan mean for this customer: which messages took the slots, who else gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, templates
from exports.definitions.campaign_steps import steps_of
from exports.policy.frequency_caps import read_caps
from exports.rendering.needed_fields import needed_fields
from orchestration.stewardship.answers import Answer
from orchestration.stewardship.explanations import suppressions_of
from serving import campaign_plan, customers, identifiers, identities
from serving.published_copy import PublishedCopy, Row
from serving.rules import names, rule_rows, thresholds
from stores.counted import counted
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.publication import Publication
from stores.reason_texts import Reasons
from stores.settings import Settings


@dataclass(frozen=True)
class Asked:
    """Whom and what the question is about.

    Attributes:
        settings: the installation.
        published: the publication.
        publication: which one it is.
        customer_id: of today.
        campaign: the campaign or journey.
        plan: every row of the plan about the customer.
        messages: every message of the ledger to the customer, oldest first.
        reasons: what reasons and states are called.
        slot_states: states in which a message counts against a frequency cap.
    """

    settings: Settings
    published: PublishedCopy
    publication: Publication
    customer_id: str
    campaign: Campaign
    plan: Sequence[Row]
    messages: Sequence[Row]
    reasons: Reasons
    slot_states: frozenset[str]

    def words(self, reason: str) -> str:
        """A reason or state in English and Chinese, with its code."""
        pair = self.reasons.find(str(reason))
        return f"{pair[1]} {pair[0]} ({reason})" if pair else str(reason)


def answers(asked: Asked, row: Row) -> Iterator[Answer]:
    """What the plan decided of one row, each reason in its order with what is behind it.

    Args:
        asked: the question.
        row: of the plan.
    """
    steps = {one.number: one.name for one in steps_of(asked.campaign)}
    step = f"Step {steps.get(row['step'], row['step'])} by" if len(steps) > 1 else "By"
    where = f"{step} {row['channel']}"
    if row["decision"] == "send":
        yield Answer("send", f"{where}: planned to be sent, all checks passed.")
        return
    for reason in str(row["reasons"] or row["reason"] or "").split(","):
        explain = BEHIND.get(reason)
        behind = explain(asked, row) if explain else ""
        said = f"{_verb(asked, row, reason)}, {asked.words(reason)}"
        yield Answer(reason, f"{where}: {said}{f'; {behind}' if behind else ''}.")


def _verb(asked: Asked, row: Row, reason: str) -> str:
    """What one reason does with the message; a row that is refused may have reasons that alone would only hold it."""
    if reason == "holdout":
        return "left out for comparison"
    decided = {one["reason"]: one["decision"] for one in rule_rows(asked.published, "plan_reasons")}
    return "refused" if decided.get(reason, row["decision"]) == "refuse" else "held"


def _cap(asked: Asked, row: Row) -> str:
    """The cap, and the messages that the customer gets or got in place of this one."""
    value = identities.judged(asked.published, "customer_value", asked.customer_id)
    cap = read_caps(asked.settings).of(row["cap_class"], value.get("value_tier"))
    since = asked.publication.as_of - timedelta(days=cap.days - 1)
    took = [
        f"{one['campaign_id']} by {one['channel']} on {moment:%Y-%m-%d} ({one['delivery_id']})"
        for one in asked.messages
        if one["state"] in asked.slot_states
        and (moment := one["accepted_at"] or one["planned_at"]).date() >= since
        and one["cap_class"] == row["cap_class"]
    ]
    took += [
        f"{one['campaign_id']} by {one['channel']}, planned now (priority {one['priority']} against {row['priority']})"
        for one in asked.plan
        if one["decision"] == "send" and one["cap_class"] == row["cap_class"]
    ]
    lost = f", lost to {'; '.join(took)}" if took else ""
    return f"at most {counted(cap.messages, 'message')} in {counted(cap.days, 'day')}{lost}"


def _limit(name: str, of: str) -> Callable[[Asked, Row], str]:
    """A limit of the seed `message_limits`: what it allows, and the campaign that has the last of it."""

    def behind(asked: Asked, row: Row) -> str:
        found = [
            f"at most {counted(int(one['max_messages']), 'message')} {of.format(**row)} in {_window(one)}"
            for one in rule_rows(asked.published, "message_limits")
            if one["limit_name"] == name and one["channel"] in ("", row["channel"])
        ]
        return ", ".join([*found, _lost(row)])

    return behind


def _window(limit: Mapping[str, str]) -> str:
    """The days over which a limit counts."""
    return "a calendar month" if limit["per_calendar_month"] == "true" else counted(int(limit["window_days"]), "day")


def _tired(asked: Asked, row: Row) -> str:
    """When somebody counts as tired of messages, and what those get."""
    limits = thresholds(asked.published)
    many, days = int(limits["fatigue_messages"]), int(limits["fatigue_days"])
    rule = f"{counted(many, 'message')} or more in {counted(days, 'day')}, none of them opened or clicked"
    return f"{rule}: {_limit('fatigue', 'to whom that holds')(asked, row)}"


def _of_tool(asked: Asked, row: Row) -> str:
    """How many messages the messaging tool takes a day."""
    found = [
        f"at most {counted(int(one['max_messages_per_day']), 'message')} a day by {one['destination']}"
        for one in rule_rows(asked.published, "destination_limits")
        if one["destination"] == row["destination"]
    ]
    return ", ".join([*found, _lost(row)])


def _of_employee(asked: Asked, row: Row) -> str:
    """How many messages the employee can pass on a day."""
    own = {
        one["employee"]: one["max_messages_per_day"]
        for one in rule_rows(asked.published, "employee_limits")
        if one["channel"] == row["channel"]
    }
    most = own.get(row["employee"]) or own.get("*")
    said = [f"{row['employee']} passes on at most {counted(int(most), 'message')} a day"] if most else []
    return ", ".join([*said, _lost(row)])


def _lost(row: Row) -> str:
    """The campaign that has the last of a limit in place of this one."""
    winner = row.get("lost_to")
    return f"lost to {winner}, which is planned now" if winner else "earlier messages used it up"


def _closed(asked: Asked, row: Row) -> str:
    """What closed the channel to the customer, by which address, and since when."""
    closed_for, said = names(asked.published).suppressions, []
    for one in suppressions_of(asked.settings, identifiers.of_customer(asked.published, asked.customer_id)):
        if one["channel"] in (EVERY_CHANNEL, row["channel"]):
            reason, address = str(one["reason"]), one["identifier_mask"] or one["identifier_type"]
            words = " ".join(closed_for.in_words(reason, language) for language in ("en", "zh_CN"))
            said.append(f"{words} ({reason}) by {address} since {one['created_at']:%Y-%m-%d}")
    return ", ".join(said)


def _of_campaign(asked: Asked, row: Row) -> str:
    """A limit of the campaign's own file: others were placed better."""
    campaign = asked.campaign
    said = {
        "daily_limit": f"at most {campaign.daily_limit} messages a day",
        "offer_stock": f"{campaign.offer.stock} offers",
        "budget": f"a budget of {campaign.budget}",
    }
    value = row.get("expected_value")
    worth = f"; this message is worth {value:.2f}" if value is not None else ""
    named = ", ".join(text for reason, text in said.items() if reason in str(row["reasons"] or "").split(","))
    return f"{named}, by priority and expected value{worth}"


def _same_recipient(asked: Asked, row: Row) -> str:
    winners = campaign_plan.winners_of_address(asked.published, row)
    address = row["identifier_mask"] or "the address"
    return f"{address} gets it for customer {', '.join(winners)}" if winners else f"{address} has had it already"


def _other_channel(asked: Asked, row: Row) -> str:
    better = [
        one["channel"]
        for one in asked.plan
        if (one["campaign_id"], one["step"]) == (row["campaign_id"], row["step"]) and one["channel"] != row["channel"]
        and "other_channel_preferred" not in str(one["reasons"] or "")
    ]  # fmt: skip
    return f"it goes by {' or '.join(better)}" if better else ""


def _consent(asked: Asked, row: Row) -> str:
    for one in customers.consents(asked.published, asked.customer_id):
        if (one["channel"], one["purpose"]) == (row["channel"], row["consent_purpose"]):
            when = f" on {one['answered_at']:%Y-%m-%d}" if one["answered_at"] else ""
            source = f" ({one['source']}{when})" if one["source"] else ""
            return f"{str(one['reason']).replace('_', ' ')}{source}"
    return "never asked"


def _sent_before(asked: Asked, row: Row) -> str:
    found = [
        one
        for one in asked.messages
        if (one["campaign_id"], one["step"], one["occurrence"]) == (row["campaign_id"], row["step"], row["occurrence"])
    ]
    if not found:
        return ""
    left = found[-1]["accepted_at"] or found[-1]["planned_at"]
    return f"on {left:%Y-%m-%d %H:%M} by {found[-1]['channel']} ({found[-1]['delivery_id']})"


def _not_due(asked: Asked, row: Row) -> str:
    before = [
        one
        for one in asked.messages
        if (one["campaign_id"], one["step"]) == (row["campaign_id"], row["step"] - 1) and one["accepted_at"]
    ]
    waits = next((one.wait_days for one in steps_of(asked.campaign) if one.number == row["step"]), 0)
    if not before:
        return "the step before has not been sent"
    return f"due on {before[-1]['accepted_at'] + timedelta(days=waits):%Y-%m-%d}"


def _schedule(asked: Asked, row: Row) -> str:
    schedule = asked.campaign.schedule
    said = [
        f"{word} {value}"
        for word, value in (
            ("from", schedule.starts_on),
            ("until", schedule.ends_on),
            ("only on", ", ".join(schedule.weekdays or [])),
        )
        if value
    ]
    return f"it is planned {' '.join(said)}" if said else ""


def _offer(asked: Asked, row: Row) -> str:
    last = asked.campaign.offer.valid_until
    return f"its last day was {last}" if last else ""


def _missing(asked: Asked, row: Row) -> str:
    """The fields that the text needs and that are not known of the customer."""
    texts = templates(asked.campaign, campaign_folder(asked.settings))
    text = texts.get((row["step"], row["channel"]))
    needed = needed_fields(text).get(row["variant"], ()) if text else ()
    unknown = campaign_plan.unknown_fields(asked.published, asked.customer_id, needed)
    return f"its text needs {', '.join(unknown)}" if unknown else "its text or what is known has changed since"


def _line(asked: Asked, row: Row) -> str:
    return f"{row['identifier_mask'] or 'the number'}"


def _holdout(asked: Asked, row: Row) -> str:
    return f"{asked.campaign.holdout_percent:g} % of the customers, drawn at random, always the same ones"


BEHIND: dict[str, Callable[[Asked, Row], str]] = {
    "frequency_cap": _cap,
    "channel_cap": _limit("channel_cap", "by {channel}"),
    "programme_cap": _limit("programme_cap", "of {campaign_id}"),
    "total_cap": _limit("total_cap", "of all campaigns"),
    "fatigue": _tired,
    "destination_limit": _of_tool,
    "employee_capacity": _of_employee,
    "daily_limit": _of_campaign,
    "offer_stock": _of_campaign,
    "budget": _of_campaign,
    "same_recipient": _same_recipient,
    "other_channel_preferred": _other_channel,
    "no_consent": _consent,
    "already_sent": _sent_before,
    "step_not_due": _not_due,
    "outside_schedule": _schedule,
    "offer_ended": _offer,
    "missing_field": _missing,
    "unsuitable_line": _line,
    "suppressed": _closed,
    "holdout": _holdout,
}
