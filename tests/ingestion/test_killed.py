import shutil
import signal
import subprocess
import sys

import pytest

from stores.errors import UserError
from stores.lake.vault import find_sealed
from stores.settings import PROJECT_ROOT
from tests.testing.runs import killed_ingestion

ROWS = "order_id,phone,amount\n" + "".join(f"A{n},1381234{n:04d},{n}\n" for n in range(1000)) + "bad,,much\n"


def kill(trade, point):
    run = subprocess.run(
        [sys.executable, "-m", killed_ingestion.__name__, str(trade.settings.home), point],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr


def without_sealed_value(trade):
    """Phones of the lake that the vault lacks; such a one could never be written to, and nobody would know why."""
    tokens = {token for (token,) in trade.rows("orders", "phone_token")}
    return tokens - find_sealed(trade.settings, tokens).keys()


def state(trade):
    return (
        trade.rows("orders", "count(*), count(distinct order_id), sum(amount)::int"),
        trade.rows("quarantine", "line, reason"),
        trade.rows("file_ledger", "source_file, physical_rows, loaded_rows, quarantined_rows", "1"),
    )


UNDISTURBED = (
    [(1000, 1000, 499_500)],
    [(1002, "amount: text of 4 characters is not a decimal number")],
    [("orders_1.csv", 1001, 1000, 1)],
)


@pytest.mark.parametrize("point", killed_ingestion.POINTS)
def test_a_run_killed_anywhere_and_run_again_ends_as_if_undisturbed(desk, point):
    trade = desk(*killed_ingestion.TABLES)
    trade.drop("orders_1.csv", ROWS)
    kill(trade, point)
    assert without_sealed_value(trade) == set()
    trade.ingest()
    assert without_sealed_value(trade) == set()
    assert state(trade) == UNDISTURBED
    assert not list(trade.settings.lake.rglob("*.part"))
    # nothing of it disturbs what comes later
    trade.drop("orders_2.csv", "order_id,phone,amount\nB1,13812345678,1\n")
    assert trade.ingest().loaded == {"orders": 1}
    assert trade.rows("orders", "count(*)") == [(1001,)]


def test_readers_see_no_half_load_after_a_kill_and_before_the_next_run(desk):
    trade = desk(*killed_ingestion.TABLES)
    trade.drop("orders_1.csv", ROWS)
    kill(trade, "between two files of a load")
    assert trade.rows("orders") == []
    assert trade.rows("file_ledger") == []


def test_a_package_that_can_no_longer_be_read_is_dropped_and_its_files_are_read_again(desk):
    trade = desk(*killed_ingestion.TABLES)
    trade.drop("orders_1.csv", ROWS)
    kill(trade, "between two files of a load")
    for file in (trade.settings.state / "dlt" / "trade").rglob("*.json"):
        file.write_text("{", encoding="utf-8")
    trade.ingest()
    assert state(trade) == UNDISTURBED


def test_the_working_state_may_be_deleted_at_any_time(desk):
    trade = desk(*killed_ingestion.TABLES)
    trade.drop("orders_1.csv", ROWS)
    kill(trade, "when all files are there but the load is not recorded")
    shutil.rmtree(trade.settings.state)
    trade.ingest()
    assert state(trade) == UNDISTURBED
    shutil.rmtree(trade.settings.state)
    assert trade.ingest().skipped_files == 1


def test_a_load_that_fails_leaves_nothing_and_the_next_run_loads_all(desk, monkeypatch):
    trade = desk(*killed_ingestion.TABLES)
    trade.drop("orders_1.csv", ROWS)

    def full(source, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ingestion.lake.filesystem_destination.put_whole", full)
        with pytest.raises(UserError, match="No space left"):
            trade.ingest()
    assert trade.rows("orders") == []
    trade.drop("orders_2.csv", "order_id,phone,amount\nB1,13812345678,1\n")
    assert trade.ingest().loaded == {"orders": 1}
    assert trade.rows("orders", "count(*)") == [(1001,)]
