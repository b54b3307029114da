"""The warehouse has one writer, and a dead writer stands in nobody's way."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import connect, read_gate_state, refuse_damaged, write_gate_state, writer_lock

HOLD_THE_LOCK = """
from pathlib import Path
from stores.settings import load_settings
from stores.warehouse import writer_lock
with writer_lock(load_settings(home=Path(home))):
    print("held", flush=True)
    input()
"""
HOLD_THE_FILE = """
from pathlib import Path
from stores.settings import load_settings
from stores.warehouse import connect
connection = connect(load_settings(home=Path(home)), read_only=False)
print("held", flush=True)
input()
"""


class _Said(logging.Handler):
    """Lets a test wait for a log line instead of sleeping."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.event, self.message = words, threading.Event(), ""

    def emit(self, record: logging.LogRecord) -> None:
        if self.words in record.getMessage():
            self.message = record.getMessage()
            self.event.set()


@pytest.fixture
def said_waiting() -> Iterator[_Said]:
    handler, logger = _Said("Waiting for the warehouse"), logging.getLogger("stores")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_second_writer_waits_says_for_whom_and_goes_on_when_the_first_is_killed(
    settings: Settings, python: Callable, said_waiting: _Said
) -> None:
    holder = python(HOLD_THE_LOCK)
    assert holder.stdout.readline() == "held\n"
    got_it = threading.Event()

    def second() -> None:
        with writer_lock(settings):
            got_it.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert said_waiting.event.wait(20)
    assert f"process {holder.pid}" in said_waiting.message
    assert not got_it.is_set()
    holder.kill()
    thread.join(20)
    assert got_it.is_set()
    holder.communicate()


def test_the_same_thread_may_take_the_lock_again(settings: Settings) -> None:
    with writer_lock(settings), writer_lock(settings):
        pass
    with writer_lock(settings):
        pass


def test_a_child_process_does_not_keep_its_parents_lock(settings: Settings, python: Callable) -> None:
    forks_and_dies = HOLD_THE_LOCK.replace(
        '    print("held", flush=True)\n    input()',
        "    import os, signal\n"
        "    reader, writer = os.pipe()\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os.write(writer, b'x')\n"
        "        signal.pause()\n"
        "    os.read(reader, 1)\n"
        "    print(child, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)",
    )
    parent = python(forks_and_dies)
    child = int(parent.stdout.readline())
    parent.wait(20)
    try:
        with writer_lock(settings):
            pass
    finally:
        os.kill(child, 9)
        parent.communicate()


def test_reading_before_the_first_build_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(UserError, match="guanxi run"):
        connect(settings)


def test_a_warehouse_in_use_is_one_clear_error_after_the_wait(
    settings: Settings, build: Callable[[int], None], python: Callable
) -> None:
    build(1)
    holder = python(HOLD_THE_FILE)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="in use by another process"):
        connect(settings, wait_seconds=0.0)
    holder.communicate("\n")
    with connect(settings) as warehouse:
        assert warehouse.execute("select max(marker) from marts.customers").fetchone() == (1,)


def test_gate_state_is_kept_and_absent_before_the_first_run(settings: Settings) -> None:
    assert read_gate_state(settings) is None
    write_gate_state(settings, {"run_id": "r1", "outcome": "failed", "results": [{"description_zh": "缺少同意"}]})
    assert read_gate_state(settings)["results"][0]["description_zh"] == "缺少同意"
    (settings.published / "gate_state.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="damaged"):
        read_gate_state(settings)
    assert not list(Path(settings.published).glob(".*"))


@pytest.mark.parametrize("kept", [0, 4096, 10_000])
def test_a_damaged_warehouse_names_its_file_and_the_command_that_rebuilds_it(settings: Settings, kept: int) -> None:
    refuse_damaged(settings, [])
    with connect(settings, read_only=False) as connection:
        connection.execute("create table numbers as select range as number, hash(range) as mixed from range(100000)")
    refuse_damaged(settings, [])
    settings.warehouse_path.write_bytes(settings.warehouse_path.read_bytes()[:kept] or b"no database")
    with pytest.raises(UserError, match=r"warehouse\.duckdb is damaged.*guanxi run --full"):
        refuse_damaged(settings, [])


def test_a_model_that_meets_a_damaged_block_is_told_from_one_that_is_wrong(settings: Settings) -> None:
    refuse_damaged(settings, ["Binder Error: column x does not exist"])
    with pytest.raises(UserError, match="is damaged"):
        refuse_damaged(settings, ["Runtime Error: IO Error: Could not read enough bytes from file"])
