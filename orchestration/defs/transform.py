"""The dbt project as assets: staging, identity, marts, segments, campaign plan."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtCliRuntimeError,
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.asset_utils import get_manifest_and_translator_from_dbt_assets, get_subset_selection_for_context

from orchestration import build_record, dbt, development, fingerprint
from orchestration.channels import require_read, unused_staging
from orchestration.dbt_failing_rows import with_examples
from orchestration.dbt_outcome import failures, record_failed_build, row_counts
from orchestration.defs.resources import RunScope
from orchestration.keys import DATA_TEAM, LAKE, WAREHOUSE_POOL
from orchestration.model_checks import check_results, check_spec, tested
from stores.settings import load_settings
from stores.warehouse import refuse_damaged

log = logging.getLogger(__name__)

ROW_COUNT = "dagster/row_count"
_UNIQUE_ID = "dagster_dbt/unique_id"
_TELL_EVERY = 100
_EXPLAINED = 3


class Translator(DagsterDbtTranslator):
    """A group and an owner for every model, and the raw gate in front of those that read raw tables."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """A model that reads raw tables also depends on the lake as a whole, whose checks are the raw gate."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        parents = self.get_resource_props(manifest, unique_id).get("depends_on", {}).get("nodes", [])
        if any(parent.startswith("source.") for parent in parents):
            return spec.replace_attributes(deps=[*spec.deps, LAKE])
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """One check for all tests of a model: dagster-dbt keeps one of those that are equal."""
        about = tested(self.get_resource_props(manifest, unique_id))
        is_its_own = about and self.get_asset_spec(manifest, about, project).key == asset_spec.key
        return check_spec(asset_spec.key) if is_its_own else None

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """A staging model's channel; else `meta.dagster.group`, else the folder below `models/`, else `seeds`."""
        if dbt_resource_props["fqn"][1:2] == ["staging"]:
            return str(dbt_resource_props["fqn"][2])
        named = super().get_group_name(dbt_resource_props)
        if named:
            return named
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["fqn"][1]) if len(dbt_resource_props["fqn"]) > 2 else "models"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The model's own owners, else the team that its dbt group is named after, else the data team."""
        group = dbt_resource_props.get("config", {}).get("group")
        team = f"team:{group.replace('_', '-')}" if group else DATA_TEAM
        return list(super().get_owners(dbt_resource_props) or [team])


# dbt's tests run with the build and stop it; `model_checks` tells them as one check a model.
_TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_asset_checks=False, enable_code_references=True))


# What linkage compares, and everything that it is made from: built before the rest, which reads the links.
FEATURES = "+int_identity__features"


def dbt_definitions(manifest: Path) -> list[dg.AssetsDefinition]:
    """All models, seeds and data tests of a manifest in two steps: up to what linkage compares, then the rest."""
    project = DbtProject(dbt.project_dir(load_settings()))  # for the links from a model to its file
    unused = " ".join(f"path:models/staging/{name}" for name in unused_staging(load_settings()))

    @dbt_assets(
        manifest=manifest,
        project=project,
        select=FEATURES,
        exclude=unused or None,
        name="dbt_build_profiles",
        dagster_dbt_translator=_TRANSLATOR,
        pool=WAREHOUSE_POOL,
    )
    def _profiles(context: dg.AssetExecutionContext, run: RunScope) -> Iterator[Any]:
        run.take_turn()
        yield from _build(context, run)
        if not context.is_subset:
            run.note_profiles_built()

    @dbt_assets(
        manifest=manifest,
        project=project,
        exclude=f"{FEATURES} {unused}",
        name="dbt_build",
        dagster_dbt_translator=_TRANSLATOR,
        pool=WAREHOUSE_POOL,
    )
    def _models(context: dg.AssetExecutionContext, run: RunScope) -> Iterator[Any]:
        run.take_turn()
        loads = fingerprint.loads(run.settings.lake)
        yield from _build(context, run)
        whole = run.profiles_built and not context.is_subset
        build_record.keep(
            run.settings,
            build_record.Build(context.run_id, run.day.isoformat(), run.fingerprint if whole else ""),
        )
        if whole:
            development.keep_production(run.settings, context.run_id, run.day, loads)

    return [_profiles, _models]


def _build(context: dg.AssetExecutionContext, run: RunScope) -> Iterator[Any]:
    settings = run.settings
    require_read(settings)
    target = dbt.build_dir(settings)
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    build_record.forget(settings)
    # A test that reads models of both steps runs in the second.
    arguments = ["build", "--indirect-selection", "buildable", *(["--full-refresh"] if run.is_full else [])]
    log.info("Models: building as of %s", run.day)
    started = time.monotonic()
    finished = []
    invocation = dbt.invocation(settings, [*arguments, *_selection(context)], run.day, context, _TRANSLATOR)
    for event in invocation.stream():
        finished.append(event)
        if len(finished) % _TELL_EVERY == 0:
            log.info("Models: %d models and tests done", len(finished))
    failed = with_examples(settings, target, failures(target))
    # The rows can be counted only now: while dbt writes, nobody else can open the warehouse.
    counts = {} if failed else row_counts(settings)
    for event in finished:
        if not isinstance(event, dg.AssetObservation):  # a test's result; those that failed are told below
            yield _with_rows(context, event, counts)
    yield from check_results(_keys(context), frozenset(context.selected_asset_check_keys), target, failed)
    models = sum(isinstance(event, dg.Output) for event in finished)
    if failed or not invocation.is_successful():
        refuse_damaged(settings, [one["message"] for one in failed])
        record_failed_build(settings, context.run_id, run.day, failed)
        raise DagsterDbtCliRuntimeError(_explain(failed, target))
    log.info("Models: %d built and tested in %.1f s", models, time.monotonic() - started)


def _selection(context: dg.AssetExecutionContext) -> list[str]:
    """What this step builds, as dbt's arguments: all of it, or the assets that were chosen in the UI."""
    manifest, _, _ = get_manifest_and_translator_from_dbt_assets([context.assets_def])
    tags = context.op.tags
    selection, _ = get_subset_selection_for_context(
        context, manifest, tags.get("dagster_dbt/select"), tags.get("dagster_dbt/exclude"), None, _TRANSLATOR, None
    )
    return selection


def _keys(context: dg.AssetExecutionContext) -> dict[str, dg.AssetKey]:
    """Asset keys of this step by the unique id of their model."""
    return {spec.metadata[_UNIQUE_ID]: spec.key for spec in context.assets_def.specs if _UNIQUE_ID in spec.metadata}


def _with_rows(context: dg.AssetExecutionContext, event: Any, counts: Mapping[str, int]) -> Any:
    """Add the number of rows to a model's output; other events pass as they are."""
    if not isinstance(event, dg.Output):
        return event
    key = context.asset_key_for_output(event.output_name)
    rows = counts.get(".".join(key.path[-2:]))
    return event.with_metadata({**event.metadata, ROW_COUNT: rows}) if rows is not None else event


def _explain(failed: list[dict[str, Any]], target: Path) -> str:
    if not failed:
        return f"dbt stopped before it built anything; see {target / 'dbt.log'}."
    lines = [f"{one['name']}: {one['message']}" for one in failed[:_EXPLAINED]]
    if len(failed) > _EXPLAINED:
        lines.append(f"{len(failed) - _EXPLAINED} more: `guanxi status`")
    what = "1 model or test" if len(failed) == 1 else f"{len(failed)} models or tests"
    return f"{what} failed, nothing was published. " + " | ".join(lines)


def model_keys(manifest: Path, schemas: tuple[str, ...]) -> list[dg.AssetKey]:
    """Asset keys of the models in these schemas."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return [
        _TRANSLATOR.get_asset_key(node)
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] in schemas and node["config"].get("enabled", True)
    ]


@dg.definitions
def models() -> dg.Definitions:
    """The dbt project of this installation."""
    return dg.Definitions(assets=dbt_definitions(dbt.prepare_manifest(load_settings())))
