"""A plan of many messages to a webhook on this machine: how many a second, each taken exactly once."""

from __future__ import annotations

import base64
import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa
from standardwebhooks import Webhook

from benchmarks.claim import Bench, Line, Score
from benchmarks.measure import Stopwatch, measured
from benchmarks.shared_retailer import AS_OF, settings_of

ORDER = 12
AT_LEAST = 5_000
_SECRET = "whsec_" + base64.b64encode(b"a secret of the benchmark").decode()
_CAMPAIGN = "dormant_recall"


def run(bench: Bench) -> list[Line | Score]:
    """Publish a plan, deliver it, and ask the webhook what it took."""
    home, messages = bench.folder / "delivery", bench.sizes.messages
    with _webhook() as (port, taken):
        _configure(home, port)
        measured(publish_plan, home=home, messages=messages)
        ours = measured(deliver_plan, home=home)
        times_taken = taken()
    once = sum(1 for times in times_taken.values() if times == 1)
    if ours.found != messages or once != messages or len(times_taken) != messages:
        raise RuntimeError(f"{messages:,} planned, {ours.found:,} told as sent, {once:,} taken exactly once")
    return [
        Score(
            f"delivery: messages a second to a local webhook, {messages:,} in the plan, each signed batch verified",
            messages / ours.seconds,
            at_least=AT_LEAST,
            note=f"{ours.seconds:.1f} s, {ours.peak_mb:,.0f} MB; each taken exactly once",
        )
    ]


def publish_plan(_: Stopwatch, home: Path, messages: int) -> None:
    """A publication with a plan of one SMS a customer, whose phones are in the vault, by an approved campaign."""
    from exports.definitions.approval import decide
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from ingestion.personal_data.sealed_values import SealedValues
    from orchestration.cli.campaign_approval import approve_of
    from stores.key_record import open_keyring
    from stores.operations import engine
    from stores.warehouse import connect, publish, write_gate_state, writer_lock

    settings = settings_of(home)
    engine(settings)
    keyring = open_keyring(settings)
    phones = [f"+86138{number:08d}" for number in range(messages)]
    tokens = [keyring.token("phone", phone) for phone in phones]
    sealed = SealedValues()
    sealed.add("phone", tokens, [keyring.seal("phone", phone) for phone in phones])
    sealed.keep(settings, "benchmark", settings.state / "sealed_by_a_benchmark")
    for campaign in load_campaigns(campaign_folder(settings)):
        decide(settings, campaign, "approved", "a benchmark")
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema seeds; create schema campaigns; create schema marts")
        for path in sorted((settings.project_root / "dbt_project" / "seeds").rglob("*.csv")):
            warehouse.execute(f"create table seeds.{path.stem} as from read_csv('{path}', all_varchar = true)")
        warehouse.register("people", pa.table({"number": range(messages), "token": tokens}))
        warehouse.execute(f"create table campaigns.campaign_plan as {_PLAN}", [_CAMPAIGN, json.dumps(_FIELDS), AS_OF])
        warehouse.execute(
            "create table marts.customer_identifiers as select customer_id, 'pos:' || customer_id as source_profile_id,"
            " identifier_type, identifier_token as identifier_value from campaigns.campaign_plan"
        )
        warehouse.execute("create table marts.customers as select distinct customer_id from campaigns.campaign_plan")
    write_gate_state(settings, {"run_id": "benchmark", "outcome": "passed"})
    publish(settings, "benchmark", AS_OF, None, may_deliver=True)
    (planned,) = (one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == _CAMPAIGN)
    approve_of(settings, planned, "a second person")


def deliver_plan(stopwatch: Stopwatch, home: Path) -> int:
    """Carry the plan out; how many messages it says were sent."""
    from exports.delivery.deliver import deliver

    settings = settings_of(home)
    with stopwatch.phase("deliver"):
        report = deliver(settings)
    if report.obstacle or report.sent != report.rows:
        raise RuntimeError(f"not everything was sent: {report}")
    return report.sent


_FIELDS = {
    "city": "上海", "days_since_purchase": 120, "stage": "dormant", "rfm_segment": "重要挽留客户",
    "value_tier": "ordinary",
}  # fmt: skip

_PLAN = """
    select
        cast(? as varchar) as campaign_id, 'c_' || number as customer_id, 'sms' as channel, 1 as step,
        1 as campaign_version, '2026-06' as occurrence, 'dormant_recall' as segment, 'crm_webhook' as destination,
        'dormant_recall' as template, cast(null as varchar) as variant, 'send' as decision,
        cast(null as varchar) as reason, '' as reasons, 'phone' as identifier_type, token as identifier_token,
        '138****' || number % 10000 as identifier_mask, cast(? as varchar) as fields, 'marketing' as consent_purpose,
        'marketing' as cap_class, 50 as priority, cast(number as double) as value_score, false as is_holdout,
        cast(? as date) as as_of
    from people
"""


def _configure(home: Path, port: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "benchmark.toml").write_text(
        f'[destinations.crm_webhook]\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/hook"\nsecret = "{_SECRET}"\n',
        encoding="utf-8",
    )


@contextmanager
def _webhook() -> Iterator[tuple[int, Any]]:
    """A messaging tool in a process of its own: its port, and a way to ask how often it took each message."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_webhook, args=(theirs,), daemon=True)
    process.start()
    port = ours.recv()

    def taken() -> dict[str, int]:
        ours.send("taken")
        return dict(ours.recv())

    try:
        yield port, taken
    finally:
        process.terminate()
        process.join()


def serve_webhook(asked: Connection) -> None:
    """Take signed batches, each `webhook-id` once, until the process ends."""
    import threading

    times: dict[str, int] = {}
    seen: set[str] = set()
    guard = threading.Lock()
    hook = Webhook(_SECRET)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            document = hook.verify(body, {name.lower(): value for name, value in self.headers.items()})
            with guard:
                if self.headers["webhook-id"] not in seen:
                    seen.add(self.headers["webhook-id"])
                    for message in document["messages"]:
                        times[message["delivery_id"]] = times.get(message["delivery_id"], 0) + 1
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked.send(server.server_address[1])
    while asked.recv():
        asked.send(times)
