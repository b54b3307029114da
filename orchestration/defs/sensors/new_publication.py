"""A new publication starts the exports."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.schedules import deliver
from orchestration.sending.carried_out import was_carried_out
from stores.settings import load_settings
from stores.warehouse import current_publication


@dg.sensor(
    name="new_publication",
    job=deliver,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Carries out the campaign plan of each new publication that may be delivered.",
)
def new_publication(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One delivery run for each publication id."""
    settings = load_settings()
    publication = current_publication(settings)
    if publication is None:
        return dg.SkipReason("Nothing is published yet.")
    if publication.publication_id == context.cursor:
        return dg.SkipReason(f"Publication {publication.publication_id} is known.")
    if not publication.may_deliver:
        # Its id is not noted: once it is released, it is new here.
        return dg.SkipReason(f"Publication {publication.publication_id} may not be delivered (a preview, for example).")
    if was_carried_out(settings, publication.publication_id):
        context.update_cursor(publication.publication_id)
        return dg.SkipReason(f"The plan of publication {publication.publication_id} was carried out already.")
    request = dg.RunRequest(run_key=publication.publication_id, tags={"guanxi/publication": publication.publication_id})
    return dg.SensorResult(run_requests=[request], cursor=publication.publication_id)


@dg.definitions
def published() -> dg.Definitions:
    """The publication sensor."""
    return dg.Definitions(sensors=[new_publication])
