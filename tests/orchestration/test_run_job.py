"""The loop end to end, through the command line, on a small demo."""

import json
import socket
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from subprocess import run

import duckdb
import pytest

from demo_retailer.servers.local_server import serve
from orchestration.runs.past_day import past_days
from orchestration.stewardship.message_chain import with_sources
from stores.warehouse import current_publication, read_gate_state, writer_lock
from tests.testing.published_rows import open_rows

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


REGISTERS = ("int_identity__profile_registry", "int_identity__membership_log", "int_identity__id_events")


def warehouse_rows(demo, tables):
    with duckdb.connect(str(demo.settings.warehouse_path), read_only=True) as db:
        return {table: db.execute(f"select * from identity.{table} order by all").fetchall() for table in tables}


def published(demo, query, *values):
    with open_rows(current_publication(demo.settings).path) as db:
        return db.execute(query, list(values)).fetchall()


def test_channels_become_customers_segments_and_a_delivered_campaign(demo):
    output = (demo.folder / "first_output.txt").read_text(encoding="utf-8")
    for said in ("Rows in", "Customers", "Segments", "Gates", "Message ledger", "guanxi up --home"):
        assert said in output
    ((customers, profiles),) = published(demo, "select count(*), sum(source_profiles) from marts.customers")
    assert 450 < customers < profiles
    assert read_gate_state(demo.settings)["outcome"] in ("passed", "warned")
    assert len(demo.messages()) == len(set(demo.messages())) > 0


def test_receipts_come_back_to_the_timeline_and_the_campaign(demo):
    ((sent, delivered),) = published(demo, "select sum(sent), sum(delivered) from campaigns.campaign_performance")
    assert sent >= delivered > 0
    ((messages,),) = published(demo, "select count(*) from marts.customer_timeline where channel = 'operations'")
    assert messages > 0


def test_a_second_demo_publishes_nothing_new_and_sends_nothing_twice(demo):
    before, sent = demo.publication_id(), demo.messages()
    played = demo.guanxi("demo", "--customers", "450")
    assert "Nothing new since the last publication" in played.stdout
    assert demo.publication_id() == before
    assert demo.messages() == sent


def test_a_run_in_a_demos_folder_finds_the_made_up_shop_though_nothing_serves_it(demo):
    before = demo.publication_id()
    done = demo.guanxi("run")
    assert "Nothing new: the last publication stands" in done.stdout
    assert "could not be read" not in done.stdout
    assert "not configured" not in done.stdout
    assert demo.publication_id() == before


def test_a_channel_that_is_down_fails_only_itself(demo):
    before = demo.publication_id()
    demo.configure("[channels.shop]", f'base_url = "http://127.0.0.1:{free_port()}/shop/api"', "retry_seconds = 0")
    done = demo.guanxi("run")
    demo.configure()
    assert "Channel shop could not be read" in done.stdout
    assert "raw_shop/customers: source_answers" in done.stdout
    assert demo.publication_id() == before


def test_no_clear_value_of_a_person_is_in_any_file_but_the_landing_files(demo, tmp_path):
    from demo_retailer.clear_values import clear_values

    values = clear_values(demo.settings)
    assert len(values) > 500
    patterns = tmp_path / "patterns.txt"
    patterns.write_text("\n".join(sorted(values)), encoding="utf-8")
    kept_out = (demo.home / "landing", demo.home / "operations", demo.home / "demo" / "truth.parquet")
    files = [
        path
        for path in demo.home.rglob("*")
        if path.is_file() and not any(path.is_relative_to(folder) for folder in kept_out)
    ]
    assert len(files) > 100
    found = run(["grep", "-laF", "-f", patterns, "--", *files], capture_output=True, text=True, check=False)
    guilty = found.stdout.splitlines()
    assert found.returncode in (0, 1), found.stderr
    assert not guilty


def test_no_table_of_the_lake_and_no_published_table_holds_a_ciphertext(demo):
    key = json.loads(demo.settings.keyring_path.read_text(encoding="utf-8"))["active"]
    vault, published = demo.home / "lake" / "raw_vault", current_publication(demo.settings)
    with duckdb.connect() as lake, open_rows(published.path) as serving:
        parts = [path for path in (demo.home / "lake").glob("raw_*/[!_]*/*.parquet") if not path.is_relative_to(vault)]
        tables = [(lake, f"read_parquet('{path}', hive_partitioning = false)") for path in parts]
        listed = serving.execute("select table_schema, table_name from information_schema.tables").fetchall()
        tables += [(serving, f'"{schema}"."{name}"') for schema, name in listed]
        assert len(tables) > 100
        for connection, table in tables:
            names = [row[0] for row in connection.execute(f"describe select * from {table}").fetchall()]
            values = [name for name in names if name != "row_cipher"]  # of a row in quarantine, whole
            assert not [name for name in values if "cipher" in name], table
            found = " or ".join(f"contains(\"{name}\"::text, '{key}.')" for name in values)
            assert connection.execute(f"select count(*) from {table} where {found}").fetchone() == (0,), table


def test_explain_walks_from_an_id_to_its_reasons(demo):
    ((customer,),) = published(demo, "select customer_id from marts.customer_links order by customer_id limit 1")
    told = demo.guanxi("explain", "customer", customer).stdout
    assert "Why they are one person" in told
    assert "Stage " in told
    delivery = demo.messages()[0]
    told = " ".join(demo.guanxi("explain", "delivery", delivery).stdout.split())
    for part in ("send, all checks passed", "Allocation: priority", "Consent to marketing by", "Attempts", "Receipts"):
        assert part in told
    assert "What came of it Counted as sent" in told
    assert demo.guanxi("explain", "customer", "c_nobody", check=False).returncode == 2


def test_what_was_achieved_after_a_message_leads_to_the_line_of_the_file_that_told_it(demo):
    sold, done = (
        published(demo, f"select max({column}) from marts.{table} where {column} like '{channel}:%'")[0][0]
        for column, table, channel in (
            ("order_id", "customer_order_lines", "pos"), ("interaction_id", "customer_timeline", "app"),
        )
    )  # fmt: skip
    about = {"net_amount": 10, "occurred_at": datetime(2026, 6, 29)}
    events = [{"event_id": sold, "goal": "purchase", **about}, {"event_id": done, "goal": "interaction", **about}]
    for event, one in zip(events, with_sources(demo.settings, events), strict=True):
        channel, _, key = event["event_id"].partition(":")
        rows = f"read_parquet('{demo.home}/lake/raw_{channel}/*/*.parquet', union_by_name = true)"
        with duckdb.connect() as lake:
            found = lake.execute(
                f"select * from {rows} where _source_file = ? and _line = ?", [one.source_file, one.line]
            ).fetchall()
        assert any(key in map(str, row) for row in found)
    assert [one.source_file for one in with_sources(demo.settings, [{**events[0], "event_id": "pos:nothing"}])] == [""]


def test_status_lists_the_runs_that_the_user_interface_shows(demo):
    told = demo.guanxi("status", "--tables").stdout
    assert "refresh" in told
    assert "success" in told
    assert "order_lines" in told


def test_a_second_run_waits_for_the_first(demo):
    with serve(demo.settings, demo.port):
        with writer_lock(demo.settings):
            second = demo.start("run", "--no-send")
            said = []
            for line in second.stdout:
                said.append(line)
                if "Waiting for the warehouse" in line:
                    break
            assert second.poll() is None, "".join(said)
        rest, _ = second.communicate(timeout=120)
    assert second.returncode == 0, rest


def test_a_past_day_is_built_apart_with_the_ids_of_today_and_replaces_and_sends_nothing(published_world, tmp_path):
    other = published_world.copy(tmp_path / "other")
    before, sent, registered = other.publication_id(), other.messages(), warehouse_rows(other, REGISTERS)
    said = other.guanxi("run", "--as-of", "2026-05-31").stdout
    assert "GUANXI_PAST_DAY=2026-05-31 guanxi status" in said
    assert (other.publication_id(), other.messages()) == (before, sent)
    assert warehouse_rows(other, REGISTERS) == registered
    (past,) = past_days(other.settings)
    assert str(past.as_of) == "2026-05-31"
    with open_rows(past.path) as db:
        then = {row[0] for row in db.execute("select customer_id from marts.customers").fetchall()}
    now = {row[0] for row in published(other, "select customer_id from marts.customers")}
    assert then
    assert then <= now
    looked = replace(other, variables={"GUANXI_PAST_DAY": "2026-05-31"})
    assert "as of 2026-05-31" in looked.guanxi("status").stdout
    refused = looked.guanxi("run", check=False)
    assert refused.returncode == 2
    assert "Unset it" in refused.stderr


def test_a_failing_gate_publishes_nothing_says_so_and_the_next_run_leads_out_of_it(published_world, tmp_path):
    other = published_world.copy(tmp_path / "other")
    sent, before = other.messages(), other.publication_id()
    with serve(other.settings, other.port):
        # Three quiet months later hardly anybody is active: a large audience, under a limit that lets it reach nobody.
        other.configure("[guanxi.gates]", "send_share = 0.0")
        done = replace(other, variables={"GUANXI_NOW": "2026-09-30T10:00:00"}).guanxi("run", check=False)
    assert done.returncode == 1
    assert "nothing was published" in done.stdout
    assert other.publication_id() == before
    assert other.messages() == sent
    state = read_gate_state(other.settings)
    assert state["outcome"] == "failed"
    assert any(not one["success"] and Path(one["failing_rows_path"]).exists() for one in state["results"])
    refused = other.guanxi("publish", check=False)
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1
    other.configure()
    with serve(other.settings, other.port):
        # What went in is again what the publication was made from, but the warehouse and the gates say otherwise.
        assert "Published" in other.guanxi("run", "--no-send").stdout
    assert read_gate_state(other.settings)["outcome"] in ("passed", "warned")
    pointer = other.settings.published / "current.json"
    pointer.write_text("{", encoding="utf-8")
    refused = other.guanxi("run", check=False)
    assert refused.returncode == 2
    assert "Delete it and run `guanxi publish`" in refused.stderr
    pointer.unlink()
    assert "Published" in other.guanxi("publish").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--as-of", "tomorrow"],
        ["run", "--as-of", "2999-01-01"],
        ["run", "--bogus"],
        ["run", "-c", "fax"],
        ["fly"],
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_two(demo, arguments):
    done = demo.guanxi(*arguments, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "lines",
    [
        ["[guanxi.alerts]", "smtp_port = 0"],
        ["[guanxi.alerts", ""],
        ["[channels.shop]", "base_url = 5"],
        ["[channels.shp]"],
    ],
)
def test_a_wrong_configuration_is_one_line_that_names_the_place(make_installation, tmp_path, lines):
    wrong = make_installation(tmp_path)
    wrong.configure(*lines)
    done = wrong.guanxi("run", check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr


def test_the_code_location_loads_without_a_warning_of_dagsters(demo):
    source = """
import json, sys, warnings
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    from orchestration.definitions import defs
    loaded = defs()
    for name in ("refresh", "ingest", "build", "deliver"):
        loaded.resolve_job_def(name)
kinds = ("Beta", "Preview", "Deprecat", "Supersession", "Supersed", "Experimental")
ours = [str(w.message)[:300] for w in seen
        if "/orchestration/" in w.filename or w.category.__name__.startswith(kinds)]
sys.stdout.write(json.dumps(ours))
"""
    done = run([sys.executable, "-c", source], cwd=ROOT, env=demo.env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
