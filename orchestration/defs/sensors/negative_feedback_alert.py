"""A week with too many negative scores tells people, once for each region and week."""

from __future__ import annotations

import json

import dagster as dg

from orchestration.runs.alerts import send_alert
from serving.insight.feedback import NegativeRates, NegativeWeek, negative_rates
from serving.published_copy import TableMissing, current_copy
from stores.settings import load_settings
from stores.warehouse import current_publication


def message(found: NegativeRates, new: list[NegativeWeek]) -> tuple[str, str]:
    """Subject and text of the alert: where, how many of how many, and what to look into."""
    lines = [
        f"- {'the whole company' if week.scope == 'company' else week.region}: {100 * week.negative_rate:.1f} %"
        f" ({week.negative_answers} of {week.answers} scores of satisfaction)"
        for week in new
    ]
    lines += [
        "",
        f"More than {100 * found.limit:g} % of a week's scores, of {found.least_answers} at least, were negative.",
        "Look into: topic, product or shop, since when, how many customers, why, what is done about it, by whom.",
        "Compare: guanxi metrics query negative_rate --by week --where scene=...",
    ]
    return f"Guanxi: negative scores in the week of {found.week_start}", "\n".join(lines)


@dg.sensor(
    name="negative_feedback_alert",
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends each region with too many negative scores in the last whole week to [guanxi.alerts], once.",
)
def negative_feedback_alert(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Send what is new; what nobody took is tried again."""
    settings = load_settings()
    publication = current_publication(settings)
    if publication is None:
        return dg.SkipReason("Nothing is published yet.")
    if not (settings.alerts.webhook_url or settings.alerts.email_to):
        return dg.SkipReason("[guanxi.alerts] names nobody.")
    known = json.loads(context.cursor or "{}")
    if known.get("publication") == publication.publication_id:
        return dg.SkipReason(f"Publication {publication.publication_id} is known.")
    try:
        with current_copy(settings) as copy:
            found = negative_rates(copy)
    except TableMissing:
        return dg.SkipReason(f"Publication {publication.publication_id} counts no negative scores; the next one does.")
    told = set(known.get("told", [])) if known.get("week") == str(found.week_start) else set()
    new = [week for week in found.alerts if f"{week.scope} {week.region}" not in told]
    if new and not send_alert(settings, *message(found, new)):
        return dg.SkipReason("Nobody took the alert; it is sent again.")
    told |= {f"{week.scope} {week.region}" for week in new}
    noted = {"publication": publication.publication_id, "week": str(found.week_start), "told": sorted(told)}
    context.update_cursor(json.dumps(noted, ensure_ascii=False))
    return dg.SkipReason(f"Told of {len(new)} of {len(found.alerts)} alerts.")


@dg.definitions
def negative_feedback() -> dg.Definitions:
    """The sensor of negative feedback."""
    return dg.Definitions(sensors=[negative_feedback_alert])
