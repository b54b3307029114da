"""Probabilistic linkage as an asset: profiles in, probable links out into the lake."""

import logging

import dagster as dg

from linkage.run import switch_off
from orchestration.asset_keys import DATA_TEAM, LINKS, WAREHOUSE_POOL
from orchestration.defs.resources import RunScope
from orchestration.stewardship.probable_links import link_profiles, linkage_thresholds, model_folder

log = logging.getLogger(__name__)

FEATURES = dg.AssetKey(["identity", "int_identity__linkage_features"])


@dg.asset(
    key=LINKS,
    deps=[FEATURES],
    group_name="identity",
    owners=[DATA_TEAM],
    kinds={"splink", "parquet"},
    pool=WAREHOUSE_POOL,
    description=(
        "Profiles that are probably one person (概率匹配), judged by Splink on keyed features with a model trained on "
        "this installation's own profiles. `vars.linkage_enabled: false` in dbt_project.yml switches it off."
    ),
)
def probable_links(run: RunScope) -> dg.MaterializeResult:
    """Link the profiles as they are now; the same profiles and model keep their links without work."""
    run.acquire_warehouse()
    thresholds = linkage_thresholds(run.settings)
    if thresholds is None:
        switch_off(run.settings.lake, model_folder(run.settings))
        log.info("Linkage: switched off")
        return dg.MaterializeResult(metadata={"enabled": False})
    report = link_profiles(run.settings, thresholds)
    return dg.MaterializeResult(metadata={"enabled": True, **vars(report)})
