"""dbt as a step of an asset: what it prints becomes Dagster's events."""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from datetime import date
from importlib.metadata import version as installed_version

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation
from dagster_dbt.asset_utils import get_manifest_and_translator_from_dbt_assets
from packaging.version import Version

from orchestration.dbt import dbt_process
from orchestration.dbt.dbt_child import CHOSEN, CHOSEN_TAG
from orchestration.dbt.dbt_project import build_dir, command, environment, parsed, project_dir
from orchestration.fitted_models.model_results import ensure_results
from stores.atomic_files import write_json
from stores.settings import Settings


def invocation(
    settings: Settings,
    arguments: Sequence[str],
    as_of: date,
    context: dg.AssetExecutionContext,
    translator: DagsterDbtTranslator,
    chosen: Set[str] | None = None,
) -> DbtCliInvocation:
    """Start a dbt command of an asset step; dagster-dbt turns what it prints into Dagster's events.

    What `DbtCliResource.cli` does, without its `dbt --version` and without an adapter, which nothing here uses (it
    would compete for the warehouse file), and with a process that starts at once.

    Args:
        settings: the installation.
        arguments: dbt's own.
        as_of: the day to build for.
        context: of the step.
        translator: names the assets.
        chosen: ids of the only nodes to run; None: the arguments say which.
    """
    target = build_dir(settings)
    ensure_results(settings)
    env = {**os.environ, **environment(settings, as_of), **parsed(settings)}
    env |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target), "DBT_LOG_FORMAT": "json"}
    if chosen is not None:
        listed = target / "chosen.json"
        write_json(listed, {"nodes": sorted(chosen)})
        env[CHOSEN] = str(listed)
        arguments = [*arguments, "--select", f"tag:{CHOSEN_TAG}", "--indirect-selection", "empty"]
    manifest, _, project = get_manifest_and_translator_from_dbt_assets([context.assets_def])
    return DbtCliInvocation(
        process=dbt_process.start(command(settings, arguments), env, project_dir(settings)),  # type: ignore[arg-type]  # all of Popen that it uses
        manifest=manifest,
        dagster_dbt_translator=translator,
        project_dir=project_dir(settings),
        target_path=target,
        raise_on_error=False,
        cli_version=Version(installed_version("dbt-core")),
        context=context,
        project=project,
    )
