"""The dbt project as assets: staging, identity, marts, segments, campaign plan."""

import logging
import shutil
import time
from collections.abc import Generator, Iterator, Mapping, Set
from graphlib import TopologicalSorter
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

from orchestration.asset_keys import DATA_TEAM, LAKE, WAREHOUSE_POOL
from orchestration.branch_diff import development_target
from orchestration.column_lineage import kept_lineage
from orchestration.column_lineage.asset_metadata import with_lineage
from orchestration.dbt import asset_invocation, build_record, dbt_project
from orchestration.dbt.active_channels import require_read, unused_staging
from orchestration.dbt.build_results import failures, record_failed_build, row_counts
from orchestration.dbt.build_steps import STEPS, BuildStep, before, built_before, models_by_step
from orchestration.dbt.failing_rows import with_examples
from orchestration.dbt.model_checks import check_results, check_spec, tested
from orchestration.dbt.node_choice import BuiltNodes, Choice
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from orchestration.defs.resources import RunScope
from orchestration.metrics.generated_models import check_metrics
from orchestration.runs.skipped_output import skipped_output
from orchestration.stewardship import identity_registers
from stores.lake.reader import digest_of_loads
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


def dbt_definitions(manifest: Path) -> list[dg.AssetsDefinition]:
    """All models, seeds and data tests of a manifest, in the steps of `orchestration.dbt.build_steps`."""
    project = DbtProject(dbt_project.project_dir(load_settings()))  # for the links from a model to its file
    unused = " ".join(f"path:models/staging/{name}" for name in unused_staging(load_settings()))

    def assets_of(step: BuildStep) -> dg.AssetsDefinition:
        @dbt_assets(
            manifest=manifest,
            project=project,
            select=step.selector or "fqn:*",
            exclude=f"{built_before(step)} {unused}".strip() or None,
            name=step.op,
            dagster_dbt_translator=_TRANSLATOR,
            pool=WAREHOUSE_POOL,
        )
        def _models(context: dg.AssetExecutionContext, run: RunScope) -> Iterator[Any]:
            run.acquire_warehouse()
            yield from _build(context, run, step) if step != STEPS[-1] else _build_last(context, run, step)
            if not context.is_subset:
                run.note_built(step)

        return _models

    return with_lineage([assets_of(step) for step in STEPS], kept_lineage.read(manifest))


def _build_last(context: dg.AssetExecutionContext, run: RunScope, step: BuildStep) -> Iterator[Any]:
    """Build the last step, and note what the warehouse then holds."""
    loads = digest_of_loads(run.settings.lake)
    parse = dbt_project.prepare_manifest(run.settings)
    prints = yield from _build(context, run, step)
    whole = run.has_built(before(step)) and not context.is_subset
    build_record.note_loads(run.settings, rebuilt=run.is_full and whole)
    # without one the next run does not find that nothing is new, and runs the tests
    fingerprint = run.fingerprint if whole and not run.tests_later else ""
    build_record.keep(run.settings, build_record.Build(context.run_id, run.day.isoformat(), fingerprint))
    if whole:
        development_target.keep_production(run.settings, context.run_id, run.day, loads)
        if parse == dbt_project.prepare_manifest(run.settings):  # else somebody edited the project meanwhile
            kept_lineage.update(parse, prints, dbt_project.build_dir(run.settings) / "compiled")


def _build(context: dg.AssetExecutionContext, run: RunScope, step: BuildStep) -> Generator[Any, None, NodeFingerprints]:
    settings = run.settings
    require_read(settings)
    check_metrics(settings)
    target = dbt_project.build_dir(settings)
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    if lost := build_record.lost_loads(settings):
        log.info("Models: rebuilding everything, for %d loads that they were built from are gone", len(lost))
    build_record.note_loads(settings)
    identity_registers.read_back(settings, dbt_project.prepare_manifest(settings))
    if step == STEPS[0] or context.is_subset:
        identity_registers.forget_unpublished(settings, dbt_project.prepare_manifest(settings))
    built = BuiltNodes(settings, _fingerprints(run))
    choice = _choose(context, run, step, built)
    build_record.forget(settings)
    if choice is not None and not choice.build:
        built.keep_current(choice)
        # Descriptions may have changed, which no row depends on.
        shutil.copyfile(dbt_project.prepare_manifest(settings), target / "manifest.json")
        log.info("Models: all %d are left as they are, nothing that they read is new", choice.step)
        yield from _in_order(context, {}, is_partial=True)
        return built.prints
    arguments = ["build", *(["--full-refresh"] if run.is_full else [])]
    nodes: Set[str] | None = choice.build if choice is not None else None
    if choice is None and context.is_subset:
        arguments += ["--indirect-selection", "buildable", *_selection(context)]
    elif choice is None:
        models, before_it, _ = _models_of(run, step, built)
        nodes = models if run.tests_later else built.with_tests(models, before_it)
    if choice is None or choice.is_whole:
        log.info("Models: building as of %s", run.day)
    elif not choice.models:
        log.info("Models: all %d are left as they are; %d tests have not passed yet", choice.step, len(choice.build))
    else:
        told = choice.models, choice.step, run.day, choice.why
        log.info("Models: building %d of %d as of %s. Of what they are built from, %s", *told)
    started = time.monotonic()
    finished = []
    invocation = asset_invocation.invocation(settings, arguments, run.day, context, _TRANSLATOR, nodes)
    for event in invocation.stream():
        finished.append(event)
        if len(finished) % _TELL_EVERY == 0:
            log.info("Models: %d models and tests done", len(finished))
    failed = with_examples(settings, target, failures(target))
    # The rows can be counted only now: while dbt writes, nobody else can open the warehouse.
    counts = {} if failed else row_counts(settings)
    outputs = {event.output_name: event for event in finished if isinstance(event, dg.Output)}
    # A test's result is none of the events that follow; those that failed are told below.
    for event in _in_order(context, outputs, choice is not None and not failed):
        yield _with_rows(context, event, counts, choice)
    wanted = frozenset(context.selected_asset_check_keys)
    yield from check_results(_keys(context), wanted, built.prints.nodes, target, failed)
    if failed or not invocation.is_successful():
        refuse_damaged(settings, [one["message"] for one in failed])
        record_failed_build(settings, context.run_id, run.day, failed)
        raise DagsterDbtCliRuntimeError(_explain(failed, target))
    if choice is not None or not context.is_subset:
        built.keep(target, choice.current if choice is not None else ())
    left = f", {choice.step - len(outputs)} left as they were" if choice is not None and not choice.is_whole else ""
    log.info("Models: %d built and tested%s in %.1f s", len(outputs), left, time.monotonic() - started)
    return built.prints


def _in_order(
    context: dg.AssetExecutionContext, outputs: Mapping[str, dg.Output[Any]], is_partial: bool
) -> Iterator[dg.Output[Any]]:
    """The outputs of what was built, and such as say nothing for what was left; Dagster wants parents first."""
    if not is_partial:
        yield from outputs.values()
        return
    names = {key: name for name, key in context.assets_def.keys_by_output_name.items()}
    selected = context.selected_output_names  # Dagster makes it anew each time that it is asked for
    for key in TopologicalSorter({key: context.assets_def.asset_deps[key] for key in names}).static_order():
        if key in names and names[key] in selected:
            yield outputs.get(names[key]) or skipped_output(names[key])


def _fingerprints(run: RunScope) -> NodeFingerprints:
    # That of Dagster's code location may be older than the files, from which dbt builds.
    manifest = dbt_project.read_manifest(dbt_project.prepare_manifest(run.settings))
    around = Surroundings(
        dbt_project.project_dir(run.settings), run.settings.lake, dbt_project.environment(run.settings, run.day)
    )
    return NodeFingerprints(manifest, around)


def _choose(context: dg.AssetExecutionContext, run: RunScope, step: BuildStep, built: BuiltNodes) -> Choice | None:
    """What a step has to build; None: all of it, or what somebody chose in the UI."""
    is_first = step == STEPS[0]
    whole = build_record.is_complete(run.settings) if is_first else run.has_built(before(step))
    if context.is_subset or not whole or (run.is_full and is_first):
        built.forget_all()
        return None
    if run.is_full:
        return None
    choice = built.choose(*_models_of(run, step, built))
    built.strike(choice)
    return choice.without_tests() if run.tests_later else choice


def _models_of(run: RunScope, step: BuildStep, built: BuiltNodes) -> tuple[set[str], set[str], set[str]]:
    """The models and seeds of a step, of the steps before it, and of those after it."""
    unused = tuple(f"models/staging/{name}/" for name in unused_staging(run.settings))
    models = {
        one
        for one, node in built.prints.nodes.items()
        if not one.startswith("test.") and not node["original_file_path"].startswith(unused)
    }
    by_step = models_by_step(built.prints, models)
    number = STEPS.index(step)
    return by_step[number], set[str]().union(*by_step[:number]), set[str]().union(*by_step[number + 1 :])


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


def _with_rows(
    context: dg.AssetExecutionContext, event: dg.Output[Any], counts: Mapping[str, int], choice: Choice | None
) -> dg.Output[Any]:
    """Add to a model's output how many rows it has and why it was built; one that says nothing passes as it is."""
    if "unique_id" not in event.metadata:
        return event
    key = context.asset_key_for_output(event.output_name)
    rows = counts.get(".".join(key.path[-2:]))
    told: dict[str, Any] = {ROW_COUNT: rows} if rows is not None else {}
    if choice is not None:
        told["built_because"] = choice.reason(str(event.metadata["unique_id"].value))
    return event.with_metadata({**event.metadata, **told})


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
    nodes = dbt_project.read_manifest(manifest)["nodes"].values()
    return [
        _TRANSLATOR.get_asset_key(node)
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] in schemas and node["config"].get("enabled", True)
    ]


@dg.definitions
def models() -> dg.Definitions:
    """The dbt project of this installation."""
    return dg.Definitions(assets=dbt_definitions(dbt_project.prepare_manifest(load_settings())))
