"""A published plan to carry out, and a messaging tool to send it to."""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import stamina
from standardwebhooks import Webhook, WebhookVerificationError

from exports.definitions.approval import decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.policy.send_policy import RULES as RULES_OF_SENDING
from exports.receipts.status_words import RULES as RULES_OF_RECEIPTS
from stores.key_record import open_keyring
from stores.operations import engine
from stores.reason_texts import SEEDS as REASONS
from stores.settings import Settings
from stores.warehouse import Publication, connect, publish, write_gate_state, writer_lock
from tests.testing import postgres
from tests.testing.customers_table import make_customers
from tests.testing.seeds import load_seeds
from tests.testing.vault_values import seal_values

AS_OF = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
# Publishing all of them takes longer than a delivery of a few rows.
RULES_READ = {*RULES_OF_SENDING, *RULES_OF_RECEIPTS, *REASONS}
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, 24+").decode()

Answer = tuple[int, dict[str, str], Any]
Fault = Callable[[list[str]], Answer | None]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL."""
    with postgres.cluster() as server:
        yield server


@pytest.fixture
def new_postgres_database(postgres_server: str) -> str:
    """The URL of an empty database."""
    return postgres.new_database(postgres_server)


@dataclass
class MessagingTool:
    """A stand-in that takes signed webhooks as a real tool does: once per `webhook-id`.

    Attributes:
        url: where it listens.
        faults: what goes wrong with the next requests, in order; None is an answer as usual. A fault gets the
            delivery ids and answers (status, headers, body), or None to drop the connection.
        rule: a fault for every request that no entry of `faults` is left for.
        requests: delivery ids of every request with a valid signature, also of repeated and refused ones.
        taken: how often each delivery was really taken.
        bodies: bodies by webhook id.
    """

    url: str
    faults: list[Fault | None] = field(default_factory=list)
    rule: Fault | None = None
    requests: list[list[str]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    after_taking: set[int] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)
    received: threading.Condition = field(default_factory=threading.Condition)

    def take(self, webhook_id: str, ids: list[str]) -> None:
        """Take a batch, unless it was taken before."""
        if webhook_id not in self.known:
            self.known.add(webhook_id)
            self.taken.update(ids)

    def answer(self, headers: dict[str, str], body: bytes) -> Answer | None:
        """Answer one request."""
        try:
            document = Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            return 401, {}, {"error": "wrong signature"}
        webhook_id = headers["webhook-id"]
        ids = [message["delivery_id"] for message in document["messages"]]
        with self.guard:
            self.requests.append(ids)
            self.bodies.setdefault(webhook_id, []).append(body)
            fault = self.faults.pop(0) if self.faults else self.rule
            if getattr(fault, "takes_first", False):
                self.take(webhook_id, ids)
            answer = fault(ids) if fault else (200, {}, None)
            if answer and answer[0] < 300:
                if answer[2] is None:
                    self.take(webhook_id, ids)
                else:
                    accepted = [row["delivery_id"] for row in answer[2]["results"] if row["status"] == "accepted"]
                    self.take(webhook_id, accepted)
        with self.received:
            self.received.notify_all()
        return answer


def answering(status: int, headers: dict[str, str] | None = None, takes_first: bool = False) -> Fault:
    """A fault: answer with a status; `takes_first` takes the messages nevertheless."""

    def fault(ids: list[str]) -> Answer:
        return status, headers or {}, {"error": status}

    fault.takes_first = takes_first  # type: ignore[attr-defined]  # a mark that the tool reads
    return fault


def dropping(takes_first: bool) -> Fault:
    """A fault: the connection breaks before an answer; `takes_first` takes the messages nevertheless."""

    def fault(ids: list[str]) -> None:
        return None

    fault.takes_first = takes_first  # type: ignore[attr-defined]  # a mark that the tool reads
    return fault


@pytest.fixture
def faults() -> Any:
    """Ways for the messaging tool to fail."""

    class Faults:
        answering = staticmethod(answering)
        dropping = staticmethod(dropping)

    return Faults


@pytest.fixture
def tool() -> Iterator[MessagingTool]:
    """A running messaging tool."""
    holder: list[MessagingTool] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = holder[0].answer({k.lower(): v for k, v in self.headers.items()}, body)
            if answer is None:
                self.close_connection = True
                self.connection.close()
                return
            status, headers, document = answer
            data = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                """The other side, or a fault, closed the connection."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    holder.append(MessagingTool(f"http://127.0.0.1:{server.server_address[1]}/hook"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield holder[0]
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: Settings, tool: MessagingTool) -> Settings:
    """An installation whose webhook is the messaging tool of the tests, five messages a batch."""
    webhook = {"kind": "webhook", "url": tool.url, "secret": SECRET, "batch_size": 5, "timeout_seconds": 5}
    engine(settings)
    open_keyring(settings)  # the first thing in a data folder, before any message or opt-out
    return settings.model_copy(update={"destinations": {"crm_webhook": webhook}})


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Back-off without the waiting."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def now() -> datetime:
    """A moment at which everything may be sent."""
    return NOW


@pytest.fixture
def row(settings: Settings) -> Callable[..., dict[str, Any]]:
    """Make one row of the campaign plan; its phone is in the vault."""
    keyring = open_keyring(settings)
    seal_values(settings, keyring, "phone", [f"+86138{number:08d}" for number in range(1_000)])

    def make(number: int, phone: str = "", **changes: Any) -> dict[str, Any]:
        if phone:
            seal_values(settings, keyring, "phone", [phone])
        phone = phone or f"+86138{number:08d}"
        values = {
            "campaign_id": "dormant_recall",
            "customer_id": f"c_{number:05d}",
            "channel": "sms",
            "step": 1,
            "campaign_version": 1,
            "occurrence": "2026-06",
            "segment": "dormant_recall",
            "destination": "crm_webhook",
            "template": "dormant_recall",
            "variant": None,
            "decision": "send",
            "reason": None,
            "reasons": "",
            "identifier_type": "phone",
            "identifier_token": keyring.token("phone", phone),
            "identifier_mask": f"138****{number % 10000:04d}",
            "fields": json.dumps({
                "city": "上海", "days_since_purchase": 120, "stage": "dormant", "rfm_segment": "重要挽留客户",
                "value_tier": "ordinary",
            }),
            "consent_purpose": "marketing",
            "cap_class": "marketing",
            "priority": 50,
            "value_score": float(number),
            "is_holdout": False,
            "as_of": AS_OF,
        }  # fmt: skip
        if changes.get("channel") == "app_push":
            app_user = f"u_{number}"
            values |= {"destination": "app_push_files", "identifier_type": "app_user_id"}
            values |= {"identifier_token": app_user, "identifier_mask": app_user}
        return values | changes

    return make


@pytest.fixture
def publish_plan(settings: Settings) -> Callable[..., Publication]:
    """Publish a plan that may be delivered.

    `others` are more identifiers of its customers, `everybody` says how many customers there are in all (ten times
    as many as the plan has), `names` what some are called, masked.
    """
    text = {"variant", "reason", "cap_class"}

    def publish_rows(
        rows: list[dict[str, Any]],
        as_of: date = AS_OF,
        run_id: str = "run",
        may_deliver: bool = True,
        is_approved: bool = True,
        others: Sequence[dict[str, Any]] = (),
        everybody: int = 0,
        names: Mapping[str, str] | None = None,
    ) -> Publication:
        table = pa.Table.from_pylist(rows)
        for index, column in enumerate(table.schema):
            if column.name in text:
                table = table.set_column(index, column.name, table[column.name].cast(pa.string()))
        with writer_lock(settings), connect(settings, read_only=False) as warehouse:
            load_seeds(warehouse, "seeds", settings.project_root, RULES_READ)
            warehouse.execute("create schema if not exists campaigns")
            warehouse.register("plan", table)
            warehouse.execute("create or replace table campaigns.campaign_plan as from plan")
            warehouse.execute("create schema if not exists marts")
            warehouse.execute(
                "create or replace table marts.customer_identifiers as select distinct customer_id,"
                " 'pos:' || customer_id as source_profile_id, identifier_type, identifier_token as identifier_value"
                " from plan where identifier_token is not null"
            )
            known = {row["customer_id"]: (names or {}).get(row["customer_id"]) for row in rows}
            make_customers(warehouse, known, everybody or 10 * len(known))
            if others:
                warehouse.register("others", pa.Table.from_pylist(others))
                warehouse.execute("insert into marts.customer_identifiers by name from others")
        for campaign in load_campaigns(campaign_folder(settings)) if is_approved else ():
            decide(settings, campaign, "approved", "a test")
        write_gate_state(settings, {"run_id": run_id, "outcome": "passed"})
        return publish(settings, run_id, as_of, None, may_deliver)

    return publish_rows
