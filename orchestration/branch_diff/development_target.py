"""A development warehouse for an analyst's dbt: what a branch changes is built there, the rest is read from production.

Production's warehouse is written by runs only. `guanxi dbt` builds into `development/<branch>/` of the data folder,
with production's warehouse attached for reading; dbt's own `--defer` finds what was not built there in the state that
the last whole build kept (`keep_production`). A new build of production begins an empty development warehouse.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from orchestration.branch_diff.branch_name import branch_name
from orchestration.dbt import build_record, dbt_project
from orchestration.dbt.active_channels import channels_in_use
from orchestration.dbt.build_results import last_failure
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from orchestration.fitted_models.model_results import ensure_results
from orchestration.stewardship import identity_registers
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

log = logging.getLogger(__name__)

TARGET = "development"
DATABASE = "development"
_MANIFEST = "manifest.json"
_RECORD = "production.json"
# Commands that build what the branch changes when nothing is selected.
_BUILDING = {"build", "run", "seed", "snapshot", "test"}
# Commands that open no warehouse, and so keep no run waiting.
_OF_FILES = {"parse", "ls", "list", "deps", "clean", "init", "serve"}
_SELECTING = (
    "-s",
    "--select",
    "-m",
    "--models",
    "--model",
    "--selector",
    "--exclude",
    "--resource-type",
    "--help",
    "-h",
)


@dataclass(frozen=True)
class Production:
    """The last whole build of production.

    Attributes:
        run_id: the run that built it.
        as_of: the day that it was built for, YYYY-MM-DD.
        loads: digest of the completed loads of the lake that it was built from.
        fingerprints: of its models and seeds, see `NodeFingerprints.definition`.
    """

    run_id: str
    as_of: str
    loads: str
    fingerprints: dict[str, str]


def keep_production(settings: Settings, run_id: str, day: date, loads: str) -> None:
    """Call when every model was built: keeps what branches are compared with, and what their dbt defers to.

    Args:
        settings: the installation.
        run_id: the run that built.
        day: the day that was built for.
        loads: digest of the completed loads, see `fingerprint.loads`.
    """
    manifest = dbt_project.prepare_manifest(settings)
    folder = _state(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _RECORD).unlink(missing_ok=True)
    shutil.copyfile(manifest, folder / _MANIFEST)
    write_json(folder / _RECORD, asdict(Production(run_id, day.isoformat(), loads, _definitions(settings, manifest))))


def production(settings: Settings) -> Production:
    """The last whole build of production.

    Raises:
        UserError: there is none, or production's warehouse is half built, so that nothing can be read from it.
    """
    try:
        kept = Production(**json.loads((_state(settings) / _RECORD).read_text(encoding="utf-8")))
    except FileNotFoundError as missing:
        raise UserError(
            "Nothing is built here yet, and a branch is built on what production has. Run `guanxi run` first."
        ) from missing
    except (ValueError, TypeError) as damaged:
        raise UserError(f"{_state(settings) / _RECORD} is damaged. `guanxi run --full` writes it again.") from damaged
    if not settings.past_day and not build_record.is_complete(settings):
        raise UserError(
            f"The last build of production {last_failure(settings) or 'was stopped'}, so its warehouse is half built, "
            "and nothing can be built on it. Correct that, or take the change back, and run `guanxi run`."
        )
    return kept


@dataclass(frozen=True)
class Branch:
    """A branch of the project and its development warehouse.

    Attributes:
        settings: the installation.
        base: production's last whole build.
    """

    settings: Settings
    base: Production

    @property
    def name(self) -> str:
        """The git branch of the project, fit for a folder's name; `work` where it is none."""
        return branch_name(self.settings.project_root)

    @property
    def folder(self) -> Path:
        """Folder of this branch's warehouse and of dbt's files about it."""
        return self.settings.build_home / "development" / self.name

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that this branch is built into."""
        return self.folder / f"{DATABASE}.duckdb"

    @property
    def target(self) -> Path:
        """Dbt's target folder."""
        return self.folder / "target"

    def environment(self) -> dict[str, str]:
        """Variables of a dbt that builds this branch, as of production's day and on its tables."""
        return {
            **dbt_project.environment(self.settings, date.fromisoformat(self.base.as_of)),
            dbt_project.PARSED: str(self.manifest().with_name(dbt_project.PARTIAL_PARSE)),
            "GUANXI_DBT_TARGET": TARGET,
            "GUANXI_DEVELOPMENT": str(self.warehouse),
            "GUANXI_DBT_LOCK": str(self.folder / "dbt.lock"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_DEFER": "true",
            "DBT_STATE": str(_state(self.settings)),
            # What an earlier build of the branch left in a table may be of other SQL.
            "DBT_FULL_REFRESH": "true",
            # Whoever changes a model wants its rules tried too.
            "DBT_EXCLUDE_RESOURCE_TYPES": os.environ.get("DBT_EXCLUDE_RESOURCE_TYPES", ""),
        }

    def manifest(self) -> Path:
        """The parse of the branch for the development target, made once for each state of its files."""
        with _in_environment({"GUANXI_DBT_TARGET": TARGET, "GUANXI_DEVELOPMENT": f"{DATABASE}.duckdb"}):
            return dbt_project.prepare_manifest(self.settings)

    def marks(self) -> dict[str, str]:
        """Fingerprint of each model and seed of the branch, see `NodeFingerprints.definition`."""
        return _definitions(self.settings, self.manifest())

    def changed(self) -> list[str]:
        """Unique ids of the models and seeds that this branch adds or changes."""
        return sorted(one for one, mark in self.marks().items() if self.base.fingerprints.get(one) != mark)

    def removed(self) -> list[str]:
        """Unique ids of the models and seeds that this branch takes away."""
        return sorted(self.base.fingerprints.keys() - self.marks().keys())

    @property
    def is_begun(self) -> bool:
        """Whether there is a development warehouse that was begun on this build of production."""
        try:
            built_on = json.loads(self._built_on.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        return bool(self.warehouse.exists() and built_on == self._state_of_production)

    @property
    def _built_on(self) -> Path:
        return self.folder / "built_on.json"

    @property
    def _state_of_production(self) -> dict[str, str]:
        return {"run_id": self.base.run_id, "as_of": self.base.as_of}

    def begin(self, empty: bool = False) -> None:
        """Have a warehouse to build into, with the registers of production, which no rebuild makes again.

        Args:
            empty: begin an empty one, also where there is one on this state of production.
        """
        if self.is_begun and not empty:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in [self._built_on, *self.folder.glob(f"{self.warehouse.name}*")]:
            path.unlink(missing_ok=True)
        identity_registers.copy(self.settings, self.warehouse, _state(self.settings) / _MANIFEST)
        write_json(self._built_on, self._state_of_production)

    def dbt(self, arguments: Sequence[str], empty: bool = False, quiet: bool = False) -> int:
        """Run dbt on this branch; its exit code.

        Args:
            arguments: as on dbt's own command line.
            empty: begin an empty warehouse.
            quiet: say nothing on the screen.
        """
        with writer_lock(self.settings):
            self.begin(empty)
            return _start(self.settings, arguments, self.environment(), quiet)


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Run any dbt command: on the development warehouse what touches data, `docs` on what production has.

    Args:
        settings: the installation.
        arguments: as on dbt's own command line.

    Returns:
        Dbt's exit code.

    Raises:
        UserError: production was never built, or its last build is not whole; or the target is another engine.
    """
    words = [word for word in arguments if not word.startswith("-")]
    files = {"DBT_TARGET_PATH": str(settings.build_state / "dbt" / "docs"), **dbt_project.environment(settings)}
    if not words or _OF_FILES.intersection(words[:2]):
        return _start(settings, arguments, files)
    if os.environ.get("GUANXI_DBT_TARGET", "duckdb") not in ("duckdb", TARGET):
        raise UserError(
            "`guanxi dbt` builds a branch beside production on DuckDB only. On another engine use plain dbt, with a "
            "target of your own whose schemas are not production's."
        )
    branch = Branch(settings, production(settings))
    if words[0] == "docs":
        with writer_lock(settings):
            return _start(settings, arguments, {**files, **dbt_project.parsed(settings)})
    is_selected = any(word.split("=")[0] in _SELECTING for word in arguments)
    if words[:2] == ["source", "freshness"] and not is_selected:
        arguments = [*arguments, "--select", *(f"source:raw_{name}" for name in channels_in_use(settings))]
    if words[0] in _BUILDING and not is_selected:
        changed = branch.changed()
        if not changed:
            log.info("Branch %s changes no model or seed: there is nothing to %s.", branch.name, words[0])
            return 0
        arguments = [*arguments, "--select", *(f"{one.split('.')[2]}+" for one in changed)]
    where = branch.warehouse, branch.base.as_of
    log.info("Development: builds into %s, reads the rest from production as of %s", *where)
    return branch.dbt(arguments)


def _start(settings: Settings, arguments: Sequence[str], environment: dict[str, str], quiet: bool = False) -> int:
    project = str(dbt_project.project_dir(settings))
    where = ["--project-dir", project] if arguments and not arguments[0].startswith("-") else []
    command = [sys.executable, *dbt_project.CHILD, *(["--quiet"] if quiet else []), *arguments, *where]
    env = {**os.environ, "DBT_LOG_PATH": str(settings.home / "logs"), **environment}
    ensure_results(settings)
    done = subprocess.run(command, env=env, cwd=project, check=False, capture_output=quiet)  # noqa: S603  as it was typed
    return done.returncode


def _state(settings: Settings) -> Path:
    return settings.build_state / "dbt" / "production"


def _definitions(settings: Settings, manifest: Path) -> dict[str, str]:
    """Fingerprint of every model and seed of a parse, by its unique id."""
    around = Surroundings(dbt_project.project_dir(settings), settings.lake, {})
    prints = NodeFingerprints(json.loads(manifest.read_text(encoding="utf-8")), around)
    return {one: prints.definition(one) for one, node in prints.nodes.items() if node["resource_type"] != "test"}


@contextmanager
def _in_environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
