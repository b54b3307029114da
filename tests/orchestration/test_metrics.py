"""Monitoring gets counts, ages and states; what cannot be read is said, and nothing is about one person."""

import re
import shutil
import socket
import time

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.types import DaemonHeartbeat
from dagster._utils.error import SerializableErrorInfo

from orchestration.dagster_host.instance import open_instance
from orchestration.health import checks
from orchestration.health.checks import health
from orchestration.health.metric import Metric, as_text
from orchestration.health.metrics import metrics
from stores import operations
from stores.publication_files.pointer import POINTER
from stores.settings import PROJECT_ROOT, Settings
from stores.warehouse import connect, publish, write_gate_state, writer_lock

SOURCES = ("publication", "gates", "lake", "quarantine", "operations", "runs")


def found(settings: Settings) -> dict[str, float]:
    """Samples as a scraper stores them."""
    lines = [line for line in as_text(metrics(settings)).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def published(settings: Settings) -> Settings:
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.customers as select 1 as customer_id union all select 2")
    publish(settings, "run", settings.today(), None)
    return settings


def test_the_format_is_that_of_prometheus() -> None:
    metric = Metric("guanxi_rows", "How many.")
    metric.add(2, table="a")
    metric.add(0.5, table='b"\\\n')
    assert as_text([metric, Metric("guanxi_none", "Has no sample.")]) == (
        "# HELP guanxi_rows How many.\n# TYPE guanxi_rows gauge\n"
        'guanxi_rows{table="a"} 2.0\nguanxi_rows{table="b\\"\\\\\\n"} 0.5\n'
    )


def test_an_empty_home_has_metrics_and_gets_no_operations_store(settings: Settings) -> None:
    settings.home.mkdir()
    seen = found(settings)
    assert all(value == 1 for name, value in seen.items() if name.startswith("guanxi_readable"))
    assert not any(name.startswith(("guanxi_publication", "guanxi_messages", "guanxi_runs")) for name in seen)
    assert not (settings.home / "operations").exists()


def test_publication_gates_loads_and_runs_are_told(published: Settings) -> None:
    loads = published.lake / "raw_pos" / "_dlt_loads"
    loads.mkdir(parents=True)
    for load in ("1000.5", "2000.5"):
        (loads / f"pos__{load}.jsonl").write_text("{}\n", encoding="utf-8")
    bad = {"success": False, "severity": "critical"}
    write_gate_state(published, {"outcome": "failed", "results": [bad, {"success": True, "severity": "warning"}]})

    @dg.job
    def refresh() -> None: ...

    with open_instance(published) as instance:
        instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.FAILURE)
    seen = found(published)
    assert seen['guanxi_published_rows{schema="marts",table="customers"}'] == 2
    assert 0 <= seen["guanxi_publication_age_seconds"] < 3600
    assert seen["guanxi_publication_may_deliver"] == 0
    assert seen["guanxi_gates_passed"] == 0
    assert seen['guanxi_gate_checks_failed{severity="critical"}'] == 1
    assert seen['guanxi_channel_load_age_seconds{channel="pos"}'] > 1_000_000
    assert seen['guanxi_quarantine_waiting_rows{channel="pos"}'] == 0
    assert seen['guanxi_runs{job="refresh",state="failure"}'] == 1


def test_a_damaged_pointer_is_said_and_hides_nothing_else(published: Settings) -> None:
    (published.published / POINTER).write_text("{", encoding="utf-8")
    seen = found(published)
    assert seen['guanxi_readable{source="publication"}'] == 0
    assert seen['guanxi_readable{source="lake"}'] == 1
    assert "guanxi_publication_age_seconds" not in seen


def test_where_the_data_folder_is_away_nothing_can_be_read(published: Settings) -> None:
    published.home.rename(published.home.with_name("away"))
    seen = found(published)
    assert set(seen) == {f'guanxi_readable{{source="{name}"}}' for name in SOURCES}
    assert set(seen.values()) == {0}


def test_an_app_that_hangs_is_not_healthy(published: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_APP_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        ports = published.ports.model_copy(update={"app": hangs.getsockname()[1]})
        assert not checks._app_answers(published.model_copy(update={"ports": ports}))


def test_health_names_the_part_that_fails(published: Settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    published = published.model_copy(update={"ports": published.ports.model_copy(update={"app": port})})
    with open_instance(published) as instance, WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as workspace:
        parts = health(published, workspace)
        # neither app nor daemons run here
        assert parts == {
            "app": "failing", "daemons": "failing", "data_folder": "ok", "definitions": "ok",
            "operations_store": "ok", "publication": "ok",
        }  # fmt: skip
        (published.published / POINTER).write_text("{", encoding="utf-8")
        assert health(published, workspace)["publication"] == "failing"
        with operations.writing(operations.engine(published)):
            pass
        shutil.rmtree(published.home / "operations")
        assert health(published, workspace)["operations_store"] == "failing"


def test_a_daemon_that_keeps_failing_is_not_healthy_one_that_failed_once_is(published: Settings) -> None:
    error = SerializableErrorInfo("the file is damaged", [], "DatabaseError")
    with open_instance(published) as instance:

        def beat(errors: int) -> bool:
            for daemon in instance.get_required_daemon_types():
                instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), daemon, "d", [error] * errors))
            return checks._daemons_work(instance)

        assert beat(0)
        assert beat(1)
        assert not beat(5)


def test_every_metric_is_told_in_the_guide() -> None:
    code = (PROJECT_ROOT / "orchestration" / "health" / "metrics.py").read_text(encoding="utf-8")
    page = (PROJECT_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert re.findall(r'Metric\("(\w+)"', code) == re.findall(r"^\| `(guanxi_\w+)` \|", page, re.M)
