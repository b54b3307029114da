"""A past day, built in a place of its own: `as_of/<day>/` in the home holds its warehouse, gates and publication.

It reads the lake, the operations store and the registers of identity, and writes none of them; nothing of it is sent.
"""

from __future__ import annotations

import logging
import shutil
import time
from datetime import date

from orchestration.branch_diff import development_target
from orchestration.dbt import dbt_project
from orchestration.dbt.active_channels import require_read, unused_staging
from orchestration.dbt.build_results import failures, record_failed_build
from orchestration.dbt.build_steps import FEATURES, STEPS, built_before
from orchestration.fitted_models.lifetime import forecast_lifetime
from orchestration.gates import run_gates
from orchestration.stewardship import identity_registers
from stores.errors import NotPublished, UserError
from stores.lake.reader import digest_of_loads
from stores.publication import Publication, publish
from stores.settings import Settings
from stores.warehouse import current_publication, writer_lock

log = logging.getLogger(__name__)


def build_past_day(settings: Settings, day: date, run_id: str) -> Publication:
    """Build, check and publish a day before the current publication, apart from it.

    Args:
        settings: the installation.
        day: the day whose end the marts describe.
        run_id: the run that builds.

    Returns:
        The publication of that day, in `as_of/<day>/published/`.

    Raises:
        UserError: the day is not a past one of this home.
        NotPublished: its models, tests or gates fail.
    """
    current = current_publication(settings)
    if current is None or day >= current.as_of:
        newest = f"the current publication describes {current.as_of}" if current else "nothing is published yet"
        raise UserError(f"{day} is not a past day here ({newest}). Build it with `guanxi run --as-of {day}`.")
    past = settings.model_copy(update={"past_day": day})
    require_read(settings)
    loads = digest_of_loads(settings.lake)
    with writer_lock(past):
        _start_from_registers(settings, past)
        _build(past, day, run_id)
        development_target.keep_production(past, run_id, day, loads)
        run_gates.require_passed(past, run_id, day)
        return publish(past, run_id, day, dbt_project.build_dir(past) / "manifest.json")


def past_days(settings: Settings) -> list[Publication]:
    """The publications of past days, oldest day first; builds that did not get that far are left out."""
    found = []
    for folder in sorted((settings.home / "as_of").glob("????-??-??")):
        past = settings.model_copy(update={"past_day": date.fromisoformat(folder.name)})
        publication = current_publication(past)
        if publication:
            found.append(publication)
    return found


def _start_from_registers(settings: Settings, past: Settings) -> None:
    """An empty warehouse but for the tables that no rebuild makes again."""
    shutil.rmtree(past.warehouse_path.parent, ignore_errors=True)
    with writer_lock(settings):
        identity_registers.copy(settings, past.warehouse_path, dbt_project.prepare_manifest(settings))


def _build(past: Settings, day: date, run_id: str) -> None:
    unused = [f"path:models/staging/{name}" for name in unused_staging(past)]
    log.info("Models: building as of %s, apart from the current publication", day)
    started = time.monotonic()
    build = ["build", "--full-refresh", "--indirect-selection", "buildable"]
    try:
        dbt_project.run_quietly(past, [*build, "--select", FEATURES.selector, *_without(unused)])
        forecast_lifetime(past, day)
        dbt_project.run_quietly(past, [*build, *_without([built_before(STEPS[-1]), *unused])])
    except RuntimeError as failed_build:
        failed = failures(dbt_project.build_dir(past))
        record_failed_build(past, run_id, day, failed)
        said = " | ".join(f"{one['name']}: {one['message']}" for one in failed[:10]) or str(failed_build)
        raise NotPublished(
            f"{day} could not be built; the current publication is untouched. {said} "
            f"Correct that, then run `guanxi run --as-of {day}` again."
        ) from failed_build
    log.info("Models: built and tested in %.1f s", time.monotonic() - started)


def _without(selectors: list[str]) -> list[str]:
    """Models that a command of dbt leaves out."""
    return ["--exclude", *" ".join(selectors).split()] if selectors else []
