"""Whole installations in temporary folders, run through the real command line."""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from demo_retailer.servers.local_server import serve
from demo_retailer.servers.messaging_tool import received
from stores.settings import Settings, load_settings
from stores.warehouse import current_publication
from tests.testing.command_line import SCREEN, run_guanxi
from tests.testing.published_rows import open_rows
from tests.testing.shared_build import built_once

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 450
TODAY = "2026-06-30"
# What names a run, not a fact about customers.
RUN_COLUMNS = {"publication_id", "run_id"}
# What the runs saw one after the other: their own history too.
RUN_TABLES = {"identity_events", "id_stability"}
# Numbers are given in the order in which tags are first seen; customer_tags shows the same under their names.
NUMBERED_TABLES = {"customer_tag_periods", "tag_numbers"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Installation:
    """A data folder with a configuration and ports of its own."""

    folder: Path
    port: int
    is_quick: bool = False  # without dbt's data tests, where the test is about something else
    variables: dict[str, str] = field(default_factory=dict)  # further variables of the environment

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DAGSTER_"))}
        return {
            **kept,
            "GUANXI_HOME": str(self.home),
            "GUANXI_CONFIG": str(self.folder / "config.toml"),
            "GUANXI_NOW": f"{TODAY}T10:00:00",
            **({"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test"} if self.is_quick else {}),
            **self.variables,
        }

    @property
    def settings(self) -> Settings:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("GUANXI_HOME", "GUANXI_CONFIG", "GUANXI_NOW"):
                patch.setenv(name, self.env[name])
            return load_settings()

    def configure(self, *lines: str) -> None:
        shop = (
            [] if "[channels.shop]" in lines else ["[channels.shop]", "retry_seconds = 0"]
        )  # where it is down: at once
        guanxi = ["[guanxi]", 'memory_limit = "2GB"', "[guanxi.ports]", f"demo = {self.port}"]
        text = "\n".join([*guanxi, *lines, *shop])
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def guanxi(self, *arguments: str, check: bool = True, before: str = "") -> subprocess.CompletedProcess[str]:
        done = run_guanxi(arguments, self.env, before)
        if check:
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=ROOT, env=self.env | SCREEN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def killed(self, sabotage: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process that `sabotage` (Python source) arranges to be killed with SIGKILL."""
        die = "import os, signal, sys\ndef die(*_, **__):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        return self.guanxi(*arguments, check=False, before=die + sabotage)

    def copy(self, folder: Path, is_quick: bool | None = None) -> "Installation":
        quick = self.is_quick if is_quick is None else is_quick
        twin = replace(self, folder=folder, port=free_port(), is_quick=quick)
        folder.mkdir(parents=True)
        shutil.copytree(self.home, twin.home)
        twin.configure()
        return twin

    def facts(self) -> dict[str, list[tuple]]:
        """Every published row without what names the run, for comparing two installations."""
        publication = current_publication(self.settings)
        with open_rows(publication.path) as db:
            tables = db.execute(
                # views of tables too, but no name of the release before
                "select schema_name, table_name from publication.models"
                " where schema_name in ('marts', 'segments', 'campaigns') order by all"
            ).fetchall()
            found = {}
            for schema, table in tables:
                if table in RUN_TABLES | NUMBERED_TABLES:
                    continue
                columns = [
                    name
                    for (name,) in db.execute(
                        "select column_name from information_schema.columns where table_schema = ? and table_name = ?"
                        " order by column_name",
                        [schema, table],
                    ).fetchall()
                    if name not in RUN_COLUMNS
                ]
                listed = ", ".join(f'"{name}"' for name in columns)
                found[f"{schema}.{table}"] = db.execute(
                    f'select {listed} from {schema}."{table}" order by all'
                ).fetchall()
        return found

    def publication_id(self) -> str | None:
        publication = current_publication(self.settings)
        return publication.publication_id if publication else None

    def messages(self) -> list[str]:
        """Ids of the messages that the retailer's messaging tool received, in order."""
        return [str(note["delivery_id"]) for note in received(self.settings)]


@pytest.fixture(name="make_installation", scope="session")
def make_installation_fixture():
    """Makes an empty installation in a folder."""
    return make_installation


def make_installation(folder: Path, is_quick: bool = False) -> Installation:
    folder.mkdir(parents=True, exist_ok=True)
    made = Installation(folder, free_port(), is_quick)
    made.configure()
    return made


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Installation:
    """A demo that has been played once; tests may read it and run on it, not break it."""
    played = built_once(tmp_path_factory, "demo", _play)
    made = Installation(played, 0).copy(tmp_path_factory.mktemp("demo") / "installation")
    shutil.copy(played / "first_output.txt", made.folder)
    return made


def _play(folder: Path) -> None:
    made = make_installation(folder)
    played = made.start("demo", "--customers", str(CUSTOMERS))
    said, _ = played.communicate(timeout=900)
    assert played.returncode == 0, said
    (folder / "first_output.txt").write_text(said, encoding="utf-8")


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Installation:
    """Channel files and keys of a retailer, nothing run yet; copy it."""
    return Installation(built_once(tmp_path_factory, "world", _make_world), 0, is_quick=True)


@pytest.fixture(scope="session")
def published_world(world, tmp_path_factory) -> Installation:
    """The same after its first run: published, nothing sent; copy it."""

    def run(folder: Path) -> None:
        made = world.copy(folder / "installation")
        with serve(made.settings, made.port):
            made.guanxi("run", "--no-send")

    return Installation(built_once(tmp_path_factory, "published-world", run) / "installation", 0, is_quick=True)


def _make_world(folder: Path) -> None:
    made = make_installation(folder, is_quick=True)
    source = (
        "from stores.settings import load_settings; from stores.key_record import open_keyring;"
        "from demo_retailer.world import generate; from orchestration.cli.demo import approve_demo_campaigns;"
        "s = load_settings(); generate(s, customers=120, seed=11); open_keyring(s); approve_demo_campaigns(s)"
    )
    subprocess.run([sys.executable, "-c", source], cwd=ROOT, env=made.env, check=True)
