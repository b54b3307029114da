"""The home of a trial: a file read in by its contract and the pipeline's own models built on it, then thrown away."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingestion.contract.channel import Channel
from ingestion.pipeline import ingest
from orchestration.dbt import dbt_project
from orchestration.trial.column_detection import TriedFile, ending
from stores.atomic_files import replacing, write_json
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.lake.reader import all_rows
from stores.settings import Settings

_AN_HOUR = 3600
_ADVICE = "Correct the file or the mapping."


@dataclass(frozen=True)
class Rejected:
    """A row that was not read."""

    line: int
    reason: str


def read_in(settings: Settings, file: TriedFile, header: bytes = b"", advice: str = _ADVICE) -> list[Rejected]:
    """Read a file into the lake of an empty home.

    Args:
        settings: of the home.
        file: the file and what its columns mean.
        header: a first line to put before the file, which has none.
        advice: what to do where no row can be read.

    Returns:
        The rows that were not read.

    Raises:
        UserError: no row could be read.
    """
    _same_tokens_each_time(settings, file.path)
    landed = settings.landing / file.channel.name / f"{file.channel.name}{ending(file.path)}"
    landed.parent.mkdir(parents=True, exist_ok=True)
    with landed.open("wb") as copy, file.path.open("rb") as original:
        # members of a gzip file follow one another, so that the header of a compressed file is one
        copy.write(_compressed(header) if header and landed.suffix == ".gz" else header)
        shutil.copyfileobj(original, copy)
    # The file is complete: nobody is still writing the copy.
    os.utime(landed, (_AN_HOUR, _AN_HOUR))
    return _ingested(settings, file.channel, 1 if header else 0, advice)


def prepare_builds(settings: Settings, variables: dict[str, object]) -> None:
    """Let dbt make ready for builds with these vars, while the file is read."""
    dbt_project.prepare(settings, json.dumps(variables))


def build(
    settings: Settings, variables: dict[str, object], selection: Sequence[str], as_of: date | None = None
) -> None:
    """Build models, without their tests.

    Args:
        settings: of the home.
        variables: of the dbt project, for this build.
        selection: `--select`, `--exclude` and what they name.
        as_of: the day that is built; today by default.
    """
    kinds = ["--resource-type", "model", "--resource-type", "seed"]
    dbt_project.run_quietly(settings, ["build", *kinds, *selection], json.dumps(variables), as_of)


def write_csv(
    connection: duckdb.DuckDBPyConnection, query: str, place: Path, parameters: Sequence[object] = ()
) -> None:
    """Write what a query finds, whole or not at all.

    Raises:
        UserError: the file cannot be written.
    """
    # a pipe or a terminal cannot be replaced
    whole = nullcontext(place) if place.exists() and not place.is_file() else replacing(place)
    try:
        with whole as draft:
            connection.execute(f"copy ({query}) to {literal(draft)} (header, delimiter ',')", list(parameters))
    except (duckdb.IOException, OSError) as refused:
        raise UserError(f"{place} cannot be written: {' '.join(str(refused).split())}") from refused


def _compressed(header: bytes) -> bytes:
    import gzip

    return gzip.compress(header)


def _same_tokens_each_time(settings: Settings, path: Path) -> None:
    """A keyring made from the file itself: the same file gives the same answer, and the keys protect nothing here."""
    with path.open("rb") as file:
        seed = hashlib.file_digest(file, "sha256").hexdigest()
    text = b64encode(hashlib.sha256(f"trial {seed}".encode()).digest()).decode()
    settings.keyring_path.parent.mkdir(parents=True, exist_ok=True)
    write_json(settings.keyring_path, {"token_key": text, "cipher_keys": {"trial": text}, "active": "trial"})


@contextmanager
def _without_advice() -> Iterator[None]:
    """What a contract could say better is no advice for a file that is tried once: its columns were told already."""
    logger = logging.getLogger("ingestion.contract.validation")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _ingested(settings: Settings, channel: Channel, lines_before: int, advice: str) -> list[Rejected]:
    with _without_advice():
        report = ingest(settings, channel)
    ingest(settings, "operations")
    quarantine = all_rows(settings.lake / channel.dataset, "quarantine")
    with open_duckdb(settings) as connection:
        # A note, such as one on a column that nobody uses, is about no row and was told already.
        rows = connection.execute(
            f"select line, reason from {quarantine} "
            "where line > 0 or json_extract_string(row, '$.scope') = 'file' order by line, reason",
        ).fetchall()
    rejected = [Rejected(max(int(line) - lines_before, 0), str(reason)) for line, reason in rows]
    if not sum(report.loaded.values()):
        first = rejected[0] if rejected else Rejected(0, "it has no rows")
        where = f"line {first.line}: " if first.line else ""
        raise UserError(f"Nothing could be read from the file: {where}{first.reason.rstrip('.')}. {advice}")
    return rejected
