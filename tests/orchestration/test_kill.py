"""kill -9 anywhere, then a plain re-run: the same state as if nothing had happened."""

import sqlalchemy as sa

from demo_retailer.servers.local_server import serve
from stores import operations

# Each dies at the worst moment of its step; the names patched are the libraries' or the step's own last action.
DURING_INGEST = """
from dlt.load.load import Load
complete, calls = Load.complete_package, []
def third_time(self, *a, **k):
    calls.append(1)
    return die() if len(calls) == 3 else complete(self, *a, **k)
Load.complete_package = third_time
"""
DURING_DBT = """
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation
events = DbtCliInvocation.stream_raw_events
def some(self):
    for number, event in enumerate(events(self)):
        if number == 60:
            die()
        yield event
DbtCliInvocation.stream_raw_events = some
"""
INTERRUPTED_IN_DBT = DURING_DBT.replace("die()", "os.kill(os.getpid(), signal.SIGINT)")
DURING_PUBLISH = """
import stores.publication
stores.publication.point_to = die
"""
DURING_SENDING = """
import httpx
send = httpx.Client.send
def heard_but_not_noted(self, request, **k):
    answer = send(self, request, **k)
    return die() if "/messaging/" in str(request.url) else answer
httpx.Client.send = heard_but_not_noted
"""


def ledger(installation):
    table = operations.deliveries
    chosen = sa.select(table.c.dedupe_key, table.c.state, table.c.destination).order_by(table.c.dedupe_key)
    with operations.reading(operations.engine(installation.settings)) as connection:
        return [tuple(row) for row in connection.execute(chosen)]


def assert_same(one, other, besides=()):
    left, right = one.facts(), other.facts()
    assert set(left) == set(right)
    assert [name for name in left if left[name] != right[name] and name not in besides] == []
    assert ledger(one) == ledger(other)
    assert sorted(set(one.messages())) == sorted(set(other.messages()))


def test_runs_killed_or_stopped_by_hand_are_finished_by_a_plain_run(world, published_world, tmp_path):
    struck = world.copy(tmp_path / "struck")
    with serve(struck.settings, struck.port):
        for sabotage in (DURING_INGEST, DURING_DBT):
            died = struck.killed(sabotage, "run", "--no-send")
            assert died.returncode == -9, died.stdout + died.stderr
        stopped = struck.killed(INTERRUPTED_IN_DBT, "run", "--no-send")
        assert stopped.returncode == 130, stopped.stdout + stopped.stderr
        assert stopped.stderr.startswith("Stopped.")
        assert len(stopped.stderr.splitlines()) == 1
        assert "marked as failed" in stopped.stdout
        # Last, for what it has built stays built, and the next run need not start dbt again.
        died = struck.killed(DURING_PUBLISH, "run", "--no-send")
        assert died.returncode == -9, died.stdout + died.stderr
        assert struck.publication_id() is None
        again = struck.guanxi("run", "--no-send")
    assert "Published" in again.stdout
    assert_same(struck, published_world)


def test_a_run_killed_while_sending_loses_no_message_and_doubles_none(published_world, tmp_path):
    quiet, struck = published_world.copy(tmp_path / "quiet"), published_world.copy(tmp_path / "struck")
    with serve(quiet.settings, quiet.port):
        quiet.guanxi("run")
        quiet.guanxi("run", "--no-send")
    with serve(struck.settings, struck.port):
        died = struck.killed(DURING_SENDING, "run")
        assert died.returncode == -9, died.stdout + died.stderr
        struck.guanxi("run")
        struck.guanxi("run", "--no-send")
    assert len(struck.messages()) == len(set(struck.messages())) > 0
    # How often the operations store was read, and so how many versions of its rows, is the runs' own history.
    assert_same(struck, quiet, besides={"marts.data_quality"})
