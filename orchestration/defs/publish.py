"""The publication: what readers and exports see, moved forward only when every gate let the build through."""

import logging
from datetime import timedelta

import dagster as dg

from orchestration.asset_keys import DATA_TEAM, PUBLICATION, WAREHOUSE_POOL
from orchestration.dbt import active_channels, build_fingerprint, build_record, dbt_project
from orchestration.defs.resources import RunScope
from orchestration.defs.transform import model_keys
from orchestration.gates.run_gates import require_passed
from orchestration.runs.business_day import note_publication
from orchestration.stewardship import identity_registers
from stores.publication_files.tables import tables_of
from stores.settings import load_settings
from stores.warehouse import PUBLISHED_SCHEMAS, publish

log = logging.getLogger(__name__)


def publication_asset(deps: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The publication as an asset behind the models it copies, and so behind their blocking checks."""

    @dg.asset(
        key=PUBLICATION,
        deps=deps,
        group_name="publication",
        owners=[DATA_TEAM],
        kinds={"duckdb"},
        pool=WAREHOUSE_POOL,
        freshness_policy=dg.FreshnessPolicy.cron(
            deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=12), timezone=load_settings().timezone
        ),
        description="A read-only copy of marts, segments and campaign plan; readers follow a pointer to it.",
    )
    def _publication(context: dg.AssetExecutionContext, run: RunScope) -> dg.MaterializeResult[None]:
        run.acquire_warehouse()
        settings = run.settings
        build = build_record.last(settings)
        require_passed(settings, context.run_id, build.day)
        manifest = dbt_project.build_dir(settings) / "manifest.json"
        identity_registers.append_to_lake(settings, manifest)  # before readers see what was built from them
        active_channels.keep_titles(settings)
        made = publish(settings, context.run_id, build.day, manifest, run.may_deliver)
        note_publication(settings, build.day)
        if build.fingerprint:
            build_fingerprint.keep(settings, made.publication_id, build.fingerprint)
        return dg.MaterializeResult(
            metadata={
                "publication_id": made.publication_id,
                "as_of": made.as_of.isoformat(),
                "may_deliver": made.may_deliver,
                "file": dg.MetadataValue.path(str(made.path)),
                "megabytes": round(sum(table.bytes for table in tables_of(settings, made.path)) / 1e6, 1),
                "app": dg.MetadataValue.url(f"http://127.0.0.1:{settings.ports.app}"),
            }
        )

    return _publication


@dg.definitions
def publication() -> dg.Definitions:
    """The publication of this installation."""
    manifest = dbt_project.prepare_manifest(load_settings())
    return dg.Definitions(assets=[publication_asset(model_keys(manifest, PUBLISHED_SCHEMAS))])
