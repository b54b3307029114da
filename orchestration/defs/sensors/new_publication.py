"""A new publication starts the exports, and so does a second person who approves a plan of it."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.schedules import deliver
from orchestration.sending.carried_out import plans_approved, was_carried_out
from stores.settings import load_settings
from stores.warehouse import current_publication


@dg.sensor(
    name="new_publication",
    job=deliver,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Carries out the campaign plan of each new publication that may be delivered, and again once a second "
    "person approved what waited for one.",
)
def new_publication(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One delivery run for each publication id, and one more for each plan of it that a second person approved."""
    settings = load_settings()
    publication = current_publication(settings)
    if publication is None:
        return dg.SkipReason("Nothing is published yet.")
    approved = plans_approved(settings, publication.publication_id)
    mark = f"{publication.publication_id}+{approved}" if approved else publication.publication_id
    if mark == context.cursor:
        return dg.SkipReason(f"Publication {publication.publication_id} is known.")
    if not publication.may_deliver:
        # Its id is not noted: once it is released, it is new here.
        return dg.SkipReason(f"Publication {publication.publication_id} may not be delivered (a preview, for example).")
    if not approved and was_carried_out(settings, publication.publication_id):
        context.update_cursor(mark)
        return dg.SkipReason(f"The plan of publication {publication.publication_id} was carried out already.")
    request = dg.RunRequest(run_key=mark, tags={"guanxi/publication": publication.publication_id})
    return dg.SensorResult(run_requests=[request], cursor=mark)


@dg.definitions
def published() -> dg.Definitions:
    """The publication sensor."""
    return dg.Definitions(sensors=[new_publication])
