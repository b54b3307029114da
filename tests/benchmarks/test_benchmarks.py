"""The benchmarks run, and their hand-written peer agrees with the platform."""

import os
import re
from pathlib import Path

import duckdb
import pytest

import benchmarks
from benchmarks.__main__ import discover, main
from benchmarks.claim import QUICK, Bench, Line
from benchmarks.full_refresh import MARTS, by_hand, differences, models_of_the_same_marts
from benchmarks.measure import Measurement, Stopwatch, measured
from benchmarks.sent_messages import record_messages
from benchmarks.shared_retailer import world
from orchestration.dbt import dbt_process
from stores.settings import PROJECT_ROOT


def fail(_: Stopwatch) -> None:
    raise ValueError("this worker fails on purpose")


def test_every_benchmark_is_found_by_looking_and_stands_in_its_order() -> None:
    folder = Path(benchmarks.__file__).parent
    written = {path.stem for path in folder.glob("*.py") if re.search(r"^ORDER = ", path.read_text("utf-8"), re.M)}
    found = discover()
    assert set(found) == written
    assert "full_refresh" in found
    orders = [module.ORDER for module in found.values()]
    assert orders == sorted(orders)


@pytest.mark.heavy
def test_a_quick_run_prints_each_claim_with_its_ratio_and_memory(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "ingest", "publication", "delivery"]) == 0
    shown = capfd.readouterr().out
    for word in (
        "ingest csv, 20,000 rows",
        "ingest parquet",
        "tokenised",
        "publish 10,000 customers",
        "500 in the plan",
        "peak MB",
        " x",
    ):
        assert word in shown


def test_an_unknown_name_is_one_clear_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["speed"])
    assert stopped.value.code == 2
    assert "no benchmark is called speed" in capfd.readouterr().err


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        measured(fail)


def read_the_version_of_dbt(stopwatch: Stopwatch) -> float:
    """Run a dbt command; the processor seconds of this process without it."""
    with stopwatch.phase("dbt"):
        process = dbt_process.start(["--version"], os.environ, PROJECT_ROOT)
        assert process.stdout
        process.stdout.read()
        process.wait()
    return stopwatch.cpu_seconds


@pytest.mark.heavy
def test_the_processor_time_of_dbt_counts() -> None:
    taken = measured(read_the_version_of_dbt)
    assert taken.cpu_seconds > taken.found


def took(seconds: float) -> Measurement:
    return Measurement({"all": seconds}, seconds, 100.0, None)


def test_a_limit_is_on_the_ratio_or_without_a_peer_on_the_seconds() -> None:
    assert Line("x", took(3.0), against="y", peer=took(2.0), limit=1.5).is_met is True
    assert Line("x", took(3.1), against="y", peer=took(2.0), limit=1.5).is_met is False
    assert Line("x", took(19.0), limit=20).is_met is True
    assert Line("x", took(19.0)).is_met is None


def test_a_script_written_by_hand_finds_the_same_rows_of_every_mart_that_it_makes(tmp_path: Path) -> None:
    home, _ = world(Bench(QUICK, tmp_path))
    assert measured(record_messages, home=home).found > 500
    measured(models_of_the_same_marts, home=home)
    measured(by_hand, home=home, threads=2, memory_limit="2GB")
    assert measured(differences, home=home).found == dict.fromkeys(MARTS, 0)
    with duckdb.connect(str(home / "by_hand.duckdb"), read_only=True) as connection:
        empty = {name for name in MARTS if not connection.table(name).limit(1).fetchall()}
        assert empty == {"held_rows"}, "the made-up retailer writes no row that cannot be counted"
        decisions = connection.table("campaign_plan").project("decision").distinct().fetchall()
        assert {decision for (decision,) in decisions} == {"send", "hold", "refuse"}
        assert connection.table("campaign_messages").filter("is_converted").limit(1).fetchall()
        assert connection.table("campaign_holdout_customers").filter("is_converted").limit(1).fetchall()
