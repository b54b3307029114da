"""Why a customer has a tag, or has it not: rule, metric, source rows, and since when."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.stewardship.asked_customer import asked_customer
from orchestration.tagging.rules import as_texts, compiled, in_words, metrics_of
from orchestration.tagging.source_rows import CountedRows, counted_rows
from serving import identities
from serving.insight import tags
from serving.published_copy import Row
from stores import operations
from stores.errors import UserError
from stores.redaction.text_redaction import redact_line
from stores.settings import Settings
from stores.warehouse import Publication, connect

_ENTRIES = 5


@dataclass(frozen=True)
class Input:
    """What a rule looked at.

    Attributes:
        rule: what it says, in words.
        value: that it gives; empty where the tag simply holds.
        metric: the customer's number, word, flag or day; None where it is not known.
        fits: whether the rule holds for it.
        table: the model that has the metric, for dbt docs and `guanxi dbt`.
        counted: the rows that the metric counts; None where it is not counted from rows.
    """

    rule: str
    value: str
    metric: Any
    fits: bool
    table: str
    counted: CountedRows | None = None


@dataclass(frozen=True)
class TagStory:
    """Everything that says why a customer has a tag or not."""

    publication: Publication
    customer_id: str
    tag: str
    rules: list[Row]
    periods: list[Row]
    reason: str
    is_sensitive: bool = False
    purpose: str = ""
    inputs: list[Input] = field(default_factory=list)
    inputs_unknown: str = ""
    profiles: list[str] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)


def tag_story(settings: Settings, tag: str, customer_id: str, by: str = "", why: str = "") -> TagStory:
    """Collect what is known about a tag of a customer.

    Args:
        settings: the installation.
        tag: its name.
        customer_id: of the customer, today's or a former one; or a source profile, which leads to its customer.
        by: who looks; needed for a sensitive tag.
        why: for what; needed for a sensitive tag.

    Raises:
        UserError: nothing is published, there is no such tag, no such customer was ever known, or the tag is sensitive
            and nobody says who looks and for what.
    """
    with asked_customer(settings, customer_id) as asked:
        publication, published, current = asked.publication, asked.published, asked.customer_id
        known = tags.known_tags(published)
        if tag not in known:
            listed = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
            raise UserError(f"There is no tag {tag!r} in publication {publication.publication_id}: one of {listed}.")
        rules = tags.rules_of(published, tag)
        kind = tags.kind_of(published, tag)
        purpose = str(rules[0]["purpose"] or "") if rules else ""
        if kind["is_sensitive"]:
            _note_look(settings, tag, current, by, why, purpose)
        is_withheld = bool(kind["is_inferred"]) and not tags.is_profiled(published, current)
        # who is not profiled is not looked at either
        periods = [] if is_withheld else tags.periods(published, current, tag)
        inputs, unknown = ([], "") if is_withheld else _inputs(settings, rules, current, publication.as_of)
        return TagStory(
            publication=publication,
            customer_id=current,
            tag=tag,
            rules=rules,
            periods=periods,
            reason=reason_of(periods, rules, inputs, is_withheld),
            is_sensitive=bool(kind["is_sensitive"]),
            purpose=purpose,
            inputs=inputs,
            inputs_unknown=unknown,
            profiles=sorted(identities.profiles(published, current)),
            # where no row is counted, the timeline says what is known
            entries=[]
            if is_withheld or any(one.counted for one in inputs)
            else tags.newest_entries(published, current, _ENTRIES),
        )


def _note_look(settings: Settings, tag: str, customer_id: str, by: str, why: str, purpose: str) -> None:
    """Who looks at a sensitive tag of somebody, and for what, is in the audit log before anything is told."""
    if not by.strip() or not why.strip():
        allowed = f"; it may be used for: {purpose}" if purpose else ""
        raise UserError(f"The tag {tag!r} is sensitive{allowed}. Say who looks at it (--by) and for what (--why).")
    with operations.writing(operations.engine(settings)) as connection:
        operations.record_access(
            connection, actor=redact_line(by.strip(), 100), action="view", subject_type="tag",
            subject=f"{tag} {customer_id}", purpose="sensitive tag", records=1, moment=settings.now(),
            detail=redact_line(why.strip()),
        )  # fmt: skip


def reason_of(periods: list[Row], rules: list[Row], inputs: list[Input], is_withheld: bool) -> str:
    """Why a customer has a tag or not.

    Args:
        periods: in which they had it.
        rules: rows of the seed; none where a model is the tag.
        inputs: what each rule looked at.
        is_withheld: whether the family is inferred and the customer is not profiled.

    Returns:
        One of: held, not_profiled, not_yet, no_metric, no_fit, not_a_member.
    """
    if is_withheld:
        return "not_profiled"
    if any(period["is_current"] for period in periods):
        return "held"
    if not rules:
        return "not_a_member"
    if any(one.fits for one in inputs):
        return "not_yet"
    return "no_metric" if inputs and all(one.metric is None for one in inputs) else "no_fit"


def _inputs(settings: Settings, rules: list[Row], customer_id: str, as_of: date) -> tuple[list[Input], str]:
    """What each rule looked at, and why it is not known where the warehouse cannot be read."""
    metrics = metrics_of(settings)
    rules = [rule for rule in rules if rule["metric"] in metrics]
    found: list[Input] = []
    counted: dict[str, CountedRows | None] = {}
    try:
        with closing(connect(settings, wait_seconds=2)) as warehouse:
            for row in rules:
                rule = as_texts(row)
                made = compiled(rule, metrics, as_of)
                asked = f"select {rule['metric']}, {made.condition} from {made.table} where customer_id = ?"
                value, fits = warehouse.execute(asked, [customer_id]).fetchone() or (None, False)
                words = in_words(rule, metrics[rule["metric"]])
                metric = metrics[rule["metric"]]
                if rule["metric"] not in counted:
                    counted[rule["metric"]] = counted_rows(settings, warehouse, metric, customer_id, as_of)
                found.append(Input(words, rule["value"], value, bool(fits), metric.table, counted[rule["metric"]]))
    except (UserError, duckdb.Error) as unreadable:
        return [], " ".join(str(unreadable).split())
    return found, ""
