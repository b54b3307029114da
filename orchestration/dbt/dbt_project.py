"""The one way dbt is started: environment, target folders and the parsed project."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import signal
from collections.abc import Mapping, Sequence, Set
from datetime import date
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from orchestration.dbt import dbt_process
from orchestration.dbt.dbt_child import CHOSEN, CHOSEN_TAG, LAKE_OF_PARSES, PARSED, PARSED_VARS, RESULTS_OF_PARSES
from orchestration.dbt.shortcuts.template_code import FILE as CODE
from orchestration.fitted_models.model_results import ensure_results, results_folder
from orchestration.runs.business_day import home_day
from stores.atomic_files import put_in_place, write_json
from stores.duckdb_connection import threads_within
from stores.errors import UserError
from stores.file_locks import exclusive
from stores.settings import Settings

log = logging.getLogger(__name__)

CHILD = ("-m", "orchestration.dbt.dbt_child")
_SOURCES = ("models", "macros", "seeds", "tests", "snapshots", "analyses")
_ERROR_LINES = 12
PARTIAL_PARSE = "partial_parse.msgpack"
_PARSE_FILES, _CHECKSUMS = ("manifest.json", PARTIAL_PARSE), "checksums.json"
_whole: set[Path] = set()


def project_dir(settings: Settings) -> Path:
    """Absolute path of the dbt project: relative ones break seeds under a shared partial parse."""
    return settings.project_root / "dbt_project"


def build_dir(settings: Settings) -> Path:
    """Dbt's target folder for builds, kept between runs for its partial parse."""
    return settings.build_state / "dbt" / "build"


def environment(settings: Settings, as_of: date | None = None) -> dict[str, str]:
    """The variables that the dbt project reads, for a build as of a day (default: the day that the home is at)."""
    return {
        "GUANXI_LAKE": str(settings.lake),
        "GUANXI_RESULTS": str(results_folder(settings)),
        "GUANXI_WAREHOUSE": str(settings.warehouse_path),
        "GUANXI_AS_OF": (as_of or settings.past_day or home_day(settings)).isoformat(),
        "GUANXI_TIMEZONE": settings.timezone,
        "GUANXI_THREADS": str(threads_within(settings)),
        "GUANXI_MEMORY_LIMIT": settings.memory_limit,
        "GUANXI_MODELS": ",".join(_model_names(project_dir(settings))),
        "GUANXI_DBT_LOCK": str(settings.build_state / "dbt.lock"),
        "DBT_PROFILES_DIR": str(project_dir(settings)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Unit tests prove the models' code, not the data; `make test` runs them.
        "DBT_EXCLUDE_RESOURCE_TYPES": os.environ.get("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test"),
        # What dbt does it also prints; a second log costs a tenth of a build. DBT_LOG_LEVEL_FILE=debug brings it back.
        "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "error"),
        "DBT_WRITE_JSON": "true",  # manifest and results are read, whatever somebody set for a dbt of his own
    }


def prepare(settings: Settings, variables: str = "") -> None:
    """Let dbt be imported and the project's parse be loaded in the background: a run that will build calls it early.

    Args:
        settings: the installation.
        variables: dbt vars of the builds to come that differ from the project's, as JSON.

    Raises:
        UserError: the project does not parse; the message carries dbt's own words.
    """
    env = {**os.environ, **environment(settings), **parsed(settings, variables)}
    dbt_process.prepare(env, project_dir(settings))


def prepare_manifest(settings: Settings, variables: str = "") -> Path:
    """Path of the project's `manifest.json`, parsed once for each state of the project's files.

    The parse depends on those files alone, so that every home and every day of a checkout shares it. Dagster's code
    location reads the manifest; builds start from the parse beside it (`PARTIAL_PARSE`).

    Args:
        settings: the installation.
        variables: dbt vars that differ from the project's, as JSON.

    Raises:
        UserError: the project does not parse; the message carries dbt's own words.
    """
    state = _fingerprint(settings)
    folder = _parses(settings) / (f"{state}-{digest([], variables)}" if variables else state)
    manifest = folder / "manifest.json"
    if _is_whole(folder):
        return manifest
    with exclusive(folder.parent / "parse.lock", "Waiting: another process reads the dbt project"):
        if _is_whole(folder):
            return manifest
        if folder.exists():
            log.warning("%s is damaged, or of an older version; it is made again", folder)
            shutil.rmtree(folder)
        log.info("Reading the dbt project")
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _start_from_last_parse(unfinished)
        _run_parse(settings, unfinished, variables)
        write_json(unfinished / _CHECKSUMS, {name: _checksum(unfinished / name) for name in _PARSE_FILES})
        put_in_place(unfinished, folder)
        _forget_old_parses(folder.parent, state)
    return manifest


def _is_whole(folder: Path) -> bool:
    """Whether a parse is there as it was written; looked at once in a process."""
    if folder in _whole and (folder / _CHECKSUMS).exists():
        return True
    try:
        known = json.loads((folder / _CHECKSUMS).read_text(encoding="utf-8"))
        if all(_checksum(folder / name) == known[name] for name in _PARSE_FILES):
            _whole.add(folder)
            return True
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return False


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_manifest(manifest: Path) -> Mapping[str, Any]:
    """A manifest that `prepare_manifest` named, read once in a process: it never changes, and nobody may change it."""
    # here, because Dagster takes seconds to import, and commands without assets only build
    from dagster_dbt.dbt_manifest import validate_manifest

    return validate_manifest(manifest)


def parsed(settings: Settings, variables: str = "") -> dict[str, str]:
    """The variables that let a build start from the parse of `prepare_manifest`."""
    return {PARSED: str(prepare_manifest(settings, variables).with_name(PARTIAL_PARSE)), PARSED_VARS: variables}


def run_quietly(
    settings: Settings,
    arguments: Sequence[str],
    variables: str = "",
    as_of: date | None = None,
    chosen: Set[str] | None = None,
) -> None:
    """Run a dbt command on this installation without a word.

    Args:
        settings: the installation.
        arguments: dbt's own.
        variables: dbt vars that differ from the project's, as JSON.
        as_of: the day that is built; the one that the home is at by default.
        chosen: ids of the only nodes to run; None: the arguments say which.

    Raises:
        RuntimeError: it failed; the message carries dbt's last words.
    """
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    ensure_results(settings)
    env = {**os.environ, **environment(settings, as_of), **parsed(settings, variables)}
    env |= {"DBT_TARGET_PATH": str(build_dir(settings)), "DBT_LOG_PATH": str(settings.home / "logs")}
    if chosen is not None:
        # no manifest is written: that takes as long as building many models
        write_json(build_dir(settings) / "chosen.json", {"nodes": sorted(chosen), "is_trial": True})
        env[CHOSEN] = str(build_dir(settings) / "chosen.json")
        arguments = [*arguments, "--select", f"tag:{CHOSEN_TAG}", "--indirect-selection", "empty"]
    failure = _failure(settings, ["--quiet", *arguments, *_vars(variables)], env)
    if failure:
        raise RuntimeError(f"dbt failed: {failure}")


def _failure(settings: Settings, arguments: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a command to its end; its last words if it failed, else nothing."""
    plain = {**env, "DBT_USE_COLORS": "false"}  # its words become part of a message
    process = dbt_process.start(command(settings, arguments), plain, project_dir(settings))
    assert process.stdout
    try:
        with process.stdout:
            said = process.stdout.read().decode(errors="replace")
        code = process.wait()
    except BaseException:
        # Whoever stopped us means dbt too, which would go on and hold what we print to.
        process.send_signal(signal.SIGKILL)
        raise
    return " ".join(" ".join(said.split("\n")[-_ERROR_LINES:]).split()) or f"exit code {code}" if code else ""


def _vars(variables: str) -> list[str]:
    return ["--vars", variables] if variables else []


def command(settings: Settings, arguments: Sequence[str]) -> list[str]:
    """A dbt command on this project."""
    return [*arguments, "--project-dir", str(project_dir(settings))]


def project_files(root: Path) -> list[Path]:
    """Every file that decides what dbt builds, sorted."""
    found = [path for name in _SOURCES for path in (root / name).rglob("*") if path.is_file()]
    return sorted([*found, *root.glob("*.yml")])


def digest(files: Sequence[Path], *extra: str) -> str:
    """16 hex digits over names and contents of files, and further texts."""
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for text in extra:
        total.update(f"{text}\0".encode())
    return total.hexdigest()[:16]


def _parses(settings: Settings) -> Path:
    """Folder of the parses: beside the project, or in the home where the project may not be written."""
    beside = project_dir(settings) / "target" / "parsed"
    try:
        beside.mkdir(parents=True, exist_ok=True)
        if os.access(beside, os.W_OK):
            return beside
    except OSError:  # a project that is installed read-only
        pass
    own = settings.build_state / "dbt" / "parsed"
    own.mkdir(parents=True, exist_ok=True)
    return own


def _fingerprint(settings: Settings) -> str:
    versions = [installed_version(name) for name in ("dbt-core", "dbt-duckdb")]
    target = os.environ.get("GUANXI_DBT_TARGET", "")
    return digest(project_files(project_dir(settings)), settings.warehouse_path.name, target, *versions)


def _model_names(root: Path) -> list[str]:
    folders = ("staging", "intermediate/metrics", "marts/segments", "marts/tags/custom")
    return sorted(path.stem for folder in folders for path in (root / "models" / folder).rglob("*.sql"))


def _run_parse(settings: Settings, folder: Path, variables: str) -> None:
    # Nothing of this home goes into the parse: dbt would read every file again for the next home.
    of_no_home = {"GUANXI_LAKE": LAKE_OF_PARSES, "GUANXI_RESULTS": RESULTS_OF_PARSES, "GUANXI_AS_OF": ""}
    of_no_home["GUANXI_WAREHOUSE"] = settings.warehouse_path.name
    env = {**os.environ, **environment(settings), **of_no_home}
    env |= {"DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
    failure = _failure(settings, ["--quiet", "parse", *_vars(variables)], env)
    if failure:
        raise UserError(f"The dbt project does not parse: {failure}")


def _start_from_last_parse(folder: Path) -> None:
    """Let dbt read again only the files that changed since the last parse, and compile only their templates.

    With other vars it would read them all.
    """
    has_vars = "-" in folder.stem
    alike = f"*-{folder.stem.partition('-')[2]}" if has_vars else "*"
    parses = [path for path in folder.parent.glob(f"{alike}/{PARTIAL_PARSE}") if ("-" in path.parent.name) == has_vars]
    parses = [path for path in parses if path.parent != folder]
    if parses:
        newest = max(parses, key=lambda path: path.stat().st_mtime)
        (folder / PARTIAL_PARSE).write_bytes(newest.read_bytes())
    codes = list(folder.parent.glob(f"*/{CODE}"))
    if codes:
        newest = max(codes, key=lambda path: path.stat().st_mtime)
        (folder / CODE).write_bytes(newest.read_bytes())


def _forget_old_parses(parses: Path, current: str) -> None:
    """Keep the parses of this state of the project and of the two before, which a running Dagster may still read."""
    newest: dict[str, float] = {}
    for path in parses.iterdir():
        state = path.name.partition("-")[0]
        if path.is_dir() and state != current:
            newest[state] = max(newest.get(state, 0), path.stat().st_mtime)
    for state in sorted(newest, key=newest.__getitem__)[:-2]:
        for path in parses.glob(f"{state}*"):
            shutil.rmtree(path, ignore_errors=True)
