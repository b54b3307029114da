"""Fixtures that every test may use, and the lanes that tests run in."""

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from orchestration.garbage_collection import look_rarely
from stores.settings import Settings, load_settings
from tests.testing.lanes import longest_first, mark_heavy, watch_processes
from tests.testing.measured import Measurement
from tests.testing.temporary_files import keep_temporary_files_in_memory

processes_started = watch_processes()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--measure", action="store_true", help="write down what light tests cost: tests/testing/light_seconds.csv"
    )


def pytest_configure(config: pytest.Config) -> None:
    keep_temporary_files_in_memory()
    look_rarely()
    # How long one example takes says what else the machine does.
    hypothesis.settings.register_profile("ours", deadline=None)
    hypothesis.settings.load_profile("ours")
    if config.getoption("measure"):
        config.pluginmanager.register(Measurement())


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_heavy(items)
    longest_first(items)


@pytest.fixture(autouse=True)
def _the_fast_lane_starts_no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    processes_started()
    yield
    started = processes_started()
    if request.config.option.markexpr == "not heavy":
        assert not started, f"mark it as heavy, it starts {started}"


@pytest.fixture(autouse=True)
def _environment_as_it_was() -> Iterator[None]:
    """A command run in this process tells its children where home is; the next test must not hear of it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _a_screen_of_one_width(_environment_as_it_was: None) -> None:
    """Commands fold nothing, whatever the terminal is that the tests run in, and its COLUMNS."""
    os.environ["COLUMNS"] = "240"


@pytest.fixture(autouse=True)
def _loggers_as_python_makes_them() -> None:
    """A command run in this process takes the packages' loggers for itself; the next test listens to them again."""
    session = sys.modules.get("orchestration.cli.session")
    for name in session.PACKAGES if session else ():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation in a temporary folder."""
    return load_settings(home=tmp_path / "home")
