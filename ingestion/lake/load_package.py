"""Hands a workspace to dlt as one load package, and finishes or drops what a dead run left.

A package is extracted, normalised, loaded; a kill can come between or within any of these. A load counts only once its
line is in `_dlt_loads`, and the file ledger travels in the same package as the rows, so running again is always right:
either the package is carried to its end, or it is dropped and its files are read again. Sealed values are in the vault
before the package is made; those of a dropped one stay there, and nothing refers to them.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.contract.channel import Channel
from ingestion.lake.channel_lake import Lake, table_columns
from ingestion.lake.workspace import Workspace
from stores.errors import UserError
from stores.settings import Settings

if TYPE_CHECKING:
    from dlt.common.data_types import TDataType
    from dlt.common.schema.typing import TColumnSchema

# read by dlt on import; the project's .dlt/config.toml says the same, but only where it is the working directory
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")

import dlt
from dlt.common.configuration.providers import SecretsTomlProvider
from dlt.common.storages.load_package import load_package_state

from ingestion.lake.filesystem_destination import LakeDestination

_DLT_TYPES: dict[str, TDataType] = {
    "varchar": "text",
    "bigint": "bigint",
    "double": "double",
    "boolean": "bool",
    "date": "date",
}

logger = logging.getLogger(__name__)

# dlt looks for secrets in Streamlit's as well, and imports all of it for that: half a second of every first load.
SecretsTomlProvider._read_streamlit_secrets = lambda *_: None  # type: ignore[method-assign, assignment]  # see above


class NothingGathered(Exception):
    """Every candidate had to wait: no package is made."""


def deliver(settings: Settings, channel: Channel, work: Workspace, gather: Callable[[], None]) -> None:
    """Load what `gather` puts into the workspace, as one package that counts wholly or not at all.

    Args:
        settings: of this installation.
        channel: whose dataset is loaded.
        work: the workspace.
        gather: called once, after the package's load id is known.

    Raises:
        NothingGathered: there was nothing to load after all.
        UserError: the lake cannot be written, the disk is full for example.
    """
    pipeline = _pipeline(settings, channel)
    problems: list[Exception] = []
    try:
        pipeline.extract(_source(channel, work, gather, problems)(), loader_file_format="parquet")
    except Exception:
        clear(settings, channel)
        if problems:
            # dlt wraps it in its own exceptions; the reader wants the first cause
            raise problems[0] from None
        raise
    try:
        pipeline.normalize()
        pipeline.load()
    except Exception as bad:
        disk = _cause(bad, OSError)
        if disk is None:
            raise
        raise UserError(
            f"Channel {channel.name}: the lake could not be written ({disk}). What this run gathered does not count "
            "yet; fix that and run again, it is then finished first."
        ) from bad
    pipeline.deactivate()
    clear(settings, channel)


def recover(settings: Settings, channel: Channel, work: Workspace) -> bool:
    """Carry a dead run's package to its end, or drop it; returns whether there was one.

    Must be called under the channel's lock, before anything new is gathered.
    """
    if not _folder(settings, channel).exists():
        return False
    pending: list[str] = []
    try:
        pipeline = _pipeline(settings, channel)
        pending = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
        if pending:
            logger.info("%s: finishing what an interrupted run had prepared", channel.name)
            pipeline.normalize()
            pipeline.load()
        pipeline.deactivate()
    except Exception as bad:  # whatever is wrong with it, dropping it is safe: its files are not in the ledger
        logger.warning("%s: an interrupted run cannot be continued (%s); its files are read again", channel.name, bad)
    clear(settings, channel)
    work.lake.sweep(pending)
    return bool(pending)


def drop(settings: Settings, channel: Channel, lake: Lake) -> None:
    """Drop a dead run's package where there is one; its files are read again. Under the channel's lock only.

    Args:
        settings: of this installation.
        channel: whose package it is.
        lake: the channel's part of the lake.
    """
    if not _folder(settings, channel).exists():
        return
    pending: list[str] = []
    try:
        pipeline = _pipeline(settings, channel)
        pending = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
        pipeline.deactivate()
    except Exception as bad:
        logger.warning("%s: what an interrupted run left cannot be read (%s); it is dropped", channel.name, bad)
    clear(settings, channel)
    lake.ensure_contract_files()
    lake.sweep(pending)


def clear(settings: Settings, channel: Channel) -> None:
    """Remove dlt's working folder of the channel: each run starts from the contract, not from remembered state."""
    shutil.rmtree(_folder(settings, channel), ignore_errors=True)


def _cause(problem: BaseException | None, kind: type[Exception]) -> Exception | None:
    """The first exception of that kind in the chain of causes."""
    while problem is not None and not isinstance(problem, kind):
        problem = problem.__cause__ or problem.__context__
    return problem


def _folder(settings: Settings, channel: Channel) -> Path:
    return settings.state / "dlt" / channel.name


def _pipeline(settings: Settings, channel: Channel) -> dlt.Pipeline:
    settings.lake.mkdir(parents=True, exist_ok=True)
    pipeline = dlt.pipeline(
        pipeline_name=channel.name,
        pipelines_dir=str(settings.state / "dlt"),
        destination=LakeDestination(bucket_url=settings.lake.as_uri()),
        dataset_name=channel.dataset,
    )
    # cursors and files come from the ledger in the lake, so dlt keeps no state of its own
    pipeline.config.restore_from_destination = False
    return pipeline


def _source(
    channel: Channel, work: Workspace, gather: Callable[[], None], problems: list[Exception]
) -> Callable[[], Any]:
    def begin() -> None:
        if work.load_id is None:
            work.load_id = load_package_state()["load_id"]
            try:
                gather()
                if not any(work.parts(table) for table in table_columns(channel)):
                    raise NothingGathered
                work.keep_sealed()
            except Exception as bad:
                problems.append(bad)
                raise

    def parts(table: str) -> Iterator[Any]:
        begin()
        for place, rows in work.parts(table):
            yield dlt.mark.with_file_import(str(place), "parquet", rows)

    @dlt.source(name=channel.name)
    def tables() -> Iterator[Any]:
        for table, columns in table_columns(channel).items():
            hints = {name: _hint(kind) for name, kind in {**columns, "_dlt_load_id": "varchar"}.items()}
            yield dlt.resource(parts(table), name=table, columns=hints, write_disposition="append")

    return tables


def _hint(kind: str) -> TColumnSchema:
    """Dlt's column hint for a DuckDB type."""
    if kind.startswith("decimal"):
        precision, scale = kind.removeprefix("decimal(").removesuffix(")").split(",")
        return {"data_type": "decimal", "precision": int(precision), "scale": int(scale), "nullable": True}
    if kind == "timestamp":
        return {"data_type": "timestamp", "timezone": False, "nullable": True}
    return {"data_type": _DLT_TYPES[kind], "nullable": True}
