"""The one way dbt is started: environment, target folders and the parsed project."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path

from dagster_dbt import DbtCliResource
from packaging.version import Version

from linkage.links import ensure_links
from orchestration.business_day import home_day
from orchestration.dbt_child import LAKE_OF_PARSES
from stores.engine import threads_within
from stores.errors import UserError
from stores.settings import Settings

log = logging.getLogger(__name__)

CHILD = ("-m", "orchestration.dbt_child")
_SOURCES = ("models", "macros", "seeds", "tests", "snapshots", "analyses")
_ERROR_LINES = 12
PARTIAL_PARSE = "partial_parse.msgpack"
# Environment variable with the path of a parse that fits the project's files.
PARSED = "GUANXI_DBT_PARSED"


class LeanDbtResource(DbtCliResource):
    """dbt as a Dagster resource that starts five seconds sooner.

    The stock resource runs `dbt --version` and opens an adapter for each invocation. The version is that of the
    installed package, and nothing here uses the adapter (it would also compete for the warehouse file). Both overridden
    methods are private to dagster-dbt, so a test guards that they exist and are called.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]  # no adapter on purpose
        return None


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
        "GUANXI_WAREHOUSE": str(settings.warehouse_path),
        "GUANXI_AS_OF": (as_of or settings.past_day or home_day(settings)).isoformat(),
        "GUANXI_THREADS": str(threads_within(settings)),
        "GUANXI_MEMORY_LIMIT": settings.memory_limit,
        "GUANXI_MODELS": ",".join(_model_names(project_dir(settings))),
        "GUANXI_DBT_LOCK": str(settings.build_state / "dbt.lock"),
        "DBT_PROFILES_DIR": str(project_dir(settings)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Unit tests prove the models' code, not the data; `make test` runs them.
        "DBT_EXCLUDE_RESOURCE_TYPES": os.environ.get("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test"),
        # dbt's debug log costs a tenth of a build; DBT_LOG_LEVEL_FILE=debug brings it back.
        "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "info"),
    }


def resource(settings: Settings) -> LeanDbtResource:
    """Dbt for Dagster's assets. Put `environment()` into `os.environ` around each call: `LeanDbtResource` copies it."""
    return LeanDbtResource(
        project_dir=str(project_dir(settings)),
        profiles_dir=str(project_dir(settings)),
        dbt_executable=sys.executable,
        global_config_flags=list(CHILD),
    )


@contextmanager
def exported(settings: Settings, as_of: date | None = None) -> Iterator[None]:
    """`environment()` and `parsed()` in `os.environ` while the block runs."""
    wanted = environment(settings, as_of) | parsed(settings)
    ensure_links(settings.lake)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def prepare_manifest(settings: Settings) -> Path:
    """Path of the project's `manifest.json`, parsed once for each state of the project's files.

    The parse depends on those files alone, so that every home and every day of a checkout shares it. Dagster's code
    location reads the manifest; builds start from the parse beside it (`PARTIAL_PARSE`).

    Raises:
        UserError: the project does not parse; the message carries dbt's own words.
    """
    folder = _parses(settings) / _fingerprint(settings)
    manifest = folder / "manifest.json"
    if manifest.exists():
        return manifest
    with (folder.parent / "parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if manifest.exists():
            return manifest
        log.info("Reading the dbt project")
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _start_from_last_parse(unfinished)
        _run_parse(settings, unfinished)
        unfinished.rename(folder)
        _forget_old_parses(folder)
    return manifest


def parsed(settings: Settings) -> dict[str, str]:
    """The variable that lets a build start from the parse of `prepare_manifest`."""
    return {PARSED: str(prepare_manifest(settings).with_name(PARTIAL_PARSE))}


def run_quietly(settings: Settings, arguments: Sequence[str]) -> None:
    """Run a dbt command on this installation without a word.

    Raises:
        RuntimeError: it failed; the message carries dbt's last words.
    """
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    ensure_links(settings.lake)
    env = {**os.environ, **environment(settings), **parsed(settings), "DBT_TARGET_PATH": str(build_dir(settings))}
    env["DBT_LOG_PATH"] = str(settings.home / "logs")
    command = [sys.executable, *CHILD, "--quiet", *arguments, "--project-dir", str(project_dir(settings))]
    # Only dbt is started, with arguments made here.
    done = subprocess.run(  # noqa: S603
        command, env=env, cwd=project_dir(settings), capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join((done.stdout + done.stderr).split("\n")[-_ERROR_LINES:]).split()
        raise RuntimeError(f"dbt failed: {' '.join(words)}")


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
    folders = (root / "models" / "staging", root / "models" / "marts" / "segments")
    return sorted(path.stem for folder in folders for path in folder.rglob("*.sql"))


def _run_parse(settings: Settings, folder: Path) -> None:
    # Nothing of this home goes into the parse: dbt would read every file again for the next home.
    of_no_home = {"GUANXI_LAKE": LAKE_OF_PARSES, "GUANXI_WAREHOUSE": settings.warehouse_path.name, "GUANXI_AS_OF": ""}
    env = {**os.environ, **environment(settings), **of_no_home}
    env |= {"DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
    command = [sys.executable, *CHILD, "--quiet", "parse", "--project-dir", str(project_dir(settings))]
    # A fixed command.
    done = subprocess.run(  # noqa: S603
        command, env=env, cwd=project_dir(settings), capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join((done.stdout + done.stderr).split("\n")[-_ERROR_LINES:]).split()
        raise UserError(f"The dbt project does not parse: {' '.join(words)}")


def _start_from_last_parse(folder: Path) -> None:
    """Let dbt read again only the files that changed since the last parse."""
    parses = [path for path in folder.parent.glob(f"*/{PARTIAL_PARSE}") if path.parent != folder]
    if parses:
        newest = max(parses, key=lambda path: path.stat().st_mtime)
        (folder / PARTIAL_PARSE).write_bytes(newest.read_bytes())


def _forget_old_parses(current: Path) -> None:
    """Keep this parse and the two before, which a running Dagster may still be reading."""
    others = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-2]:
        shutil.rmtree(old, ignore_errors=True)
