"""The stand-in shop and messaging tool, asked over real HTTP."""

import json
from datetime import UTC, date, datetime, timedelta

import duckdb
import httpx
import pytest
from standardwebhooks import Webhook

from demo_retailer import generate
from demo_retailer.clear_values import clear_values
from demo_retailer.servers.customer_responses import respond
from demo_retailer.servers.local_server import serve
from demo_retailer.servers.messaging_tool import received, secret_of
from stores.errors import UserError
from stores.settings import load_settings

TOKEN = {"Authorization": "Bearer demo"}


@pytest.fixture
def world(tmp_path):
    settings = load_settings(home=tmp_path / "home")
    generate(settings, customers=300, seed=5, until=date(2026, 6, 30))
    return settings


@pytest.fixture
def server(world):
    with serve(world, port=0) as running:
        yield running


@pytest.fixture
def client():
    with httpx.Client(trust_env=False, timeout=30) as opened:
        yield opened


def every_page(client, url, page_size=100, **query):
    rows, page = [], 1
    while page:
        answer = client.get(url, params={"page": page, "page_size": page_size, **query}, headers=TOKEN).json()
        assert answer["page"] == page
        rows += answer["data"]
        page = answer["next_page"]
    return rows


def deliver(client, server, settings, messages, webhook_id="batch-1", secret=None):
    body = json.dumps({"batch_id": webhook_id, "messages": messages}, ensure_ascii=False)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret or secret_of(settings)).sign(webhook_id, now, body),
    }
    return client.post(server.webhook_url, content=body.encode(), headers=headers)


def shop_phones(settings, count):
    rows = duckdb.sql(
        f"""
        select customer_id, mobile from read_parquet('{settings.landing}/shop/customers_*.parquet')
        where regexp_full_match(mobile, '1[0-9]{{10}}') limit {count}
        """
    ).fetchall()
    return dict(rows)


def test_the_shop_refuses_a_wrong_token(server, client):
    assert client.get(f"{server.shop_url}/customers").status_code == 401
    assert client.get(f"{server.shop_url}/customers", headers={"Authorization": "Bearer other"}).status_code == 401


def test_pages_cover_every_row_once(world, server, client):
    for resource, key in (("customers", "customer_id"), ("orders", "order_id")):
        files = f"{world.landing}/shop/{resource}_*.parquet"
        expected = {row[0] for row in duckdb.sql(f"select {key} from read_parquet('{files}')").fetchall()}
        ids = [row[key] for row in every_page(client, f"{server.shop_url}/{resource}")]
        assert len(ids) == len(set(ids))
        assert set(ids) == expected


def test_lines_are_nested_and_add_up_to_the_total(server, client):
    orders = every_page(client, f"{server.shop_url}/orders", page_size=5000)
    for order in orders[:200]:
        cents = sum(round(float(line["amount"]) * 100) for line in order["lines"])
        assert cents == round(float(order["total_amount"]) * 100)
        assert [line["line_no"] for line in order["lines"]] == list(range(1, len(order["lines"]) + 1))


def test_updated_since_is_inclusive_and_knows_offsets(server, client):
    orders = every_page(client, f"{server.shop_url}/orders", page_size=5000)
    moments = [order["updated_at"] for order in orders]
    assert moments == sorted(moments)
    middle = moments[len(moments) // 2]
    later = [moment for moment in moments if moment >= middle]
    assert len(every_page(client, f"{server.shop_url}/orders", updated_since=middle)) == len(later)
    in_utc = datetime.fromisoformat(middle).astimezone(UTC).isoformat()
    assert len(every_page(client, f"{server.shop_url}/orders", updated_since=in_utc)) == len(later)
    naive = middle.removesuffix("+08:00")
    assert len(every_page(client, f"{server.shop_url}/orders", updated_since=naive)) == len(later)
    after = (datetime.fromisoformat(moments[-1]) + timedelta(seconds=1)).isoformat()
    assert every_page(client, f"{server.shop_url}/orders", updated_since=after) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("customers?page=0", 400),
        ("customers?page=two", 400),
        ("customers?page_size=100000", 400),
        ("customers?updated_since=yesterday", 400),
        ("secrets", 404),
        ("../truth", 404),
    ],
)
def test_the_shop_says_what_is_wrong_with_a_request(server, client, path, status):
    answer = client.get(f"{server.shop_url}/{path}", headers=TOKEN)
    assert answer.status_code == status
    assert "error" in answer.json()


def test_the_messaging_tool_refuses_a_wrong_signature(world, server, client):
    other = "whsec_" + "A" * 32
    message = {"delivery_id": "d1", "to": "+8613800000000"}
    assert deliver(client, server, world, [message], secret=other).status_code == 401
    assert client.post(server.webhook_url, json={"messages": [message]}).status_code == 401
    assert list(received(world)) == []


def test_a_repeated_webhook_is_noted_once_even_by_a_restarted_tool(world, client):
    message = {"delivery_id": "d1", "to": "+8613800000000"}
    with serve(world, port=0) as server:
        first = deliver(client, server, world, [message]).json()
        assert first["results"] == [{"delivery_id": "d1", "status": "accepted", "reason": None}]
    with serve(world, port=0) as server:
        assert deliver(client, server, world, [message]).json() == first
    assert [note["delivery_id"] for note in received(world)] == ["d1"]


def test_a_number_that_is_none_is_rejected_and_the_others_are_taken(world, server, client):
    messages = [{"delivery_id": "good", "to": "+8613800000000"}, {"delivery_id": "bad", "to": "12"}]
    results = deliver(client, server, world, messages).json()["results"]
    assert {result["delivery_id"]: result["status"] for result in results} == {"good": "accepted", "bad": "rejected"}
    assert [note["delivery_id"] for note in received(world)] == ["good"]


def test_nothing_clear_is_kept_outside_the_landing_folder(world, server, client):
    phones = shop_phones(world, 50)
    messages = [{"delivery_id": f"d{number}", "to": f"+86{phone}"} for number, phone in enumerate(phones.values())]
    assert deliver(client, server, world, messages).status_code == 200
    respond(world)
    values = [value.encode() for value in clear_values(world)]
    assert len(values) > 500
    for path in (path for path in world.home.rglob("*") if path.is_file() and world.landing not in path.parents):
        content = path.read_bytes()
        assert not [value for value in values if value in content], path
    for path in (world.landing / "receipts").iterdir():
        assert not [value for value in values if value in path.read_bytes()]


def test_customers_answer_what_they_received_once(world, server, client):
    phones = shop_phones(world, 150)
    by_delivery = {f"delivery-{number}": account for number, account in enumerate(phones)}
    messages = [{"delivery_id": delivery, "to": f"+86{phones[account]}"} for delivery, account in by_delivery.items()]
    deliver(client, server, world, messages)
    before = len(every_page(client, f"{server.shop_url}/orders", page_size=5000))

    answered = respond(world)
    assert answered.deliveries == 150
    events = [json.loads(line) for line in answered.file.read_text().splitlines()]
    assert {event["delivery_id"] for event in events} == set(by_delivery)
    delivered = {event["delivery_id"] for event in events if event["event"] == "delivered"}
    assert len(delivered) > 135
    assert len(events) > len({event["event_id"] for event in events}), "some receipts come twice"

    orders = every_page(client, f"{server.shop_url}/orders", page_size=5000)
    assert len(orders) == before + answered.orders
    assert 2 <= answered.orders <= 30
    assert {order["customer_id"] for order in orders[before:]} <= set(phones.values()) | set(phones)
    assert {order["status"] for order in orders[before:]} == {"paid"}
    ordered = [datetime.fromisoformat(order["created_at"]) for order in orders[before:]]
    assert min(ordered) > max(datetime.fromisoformat(event["occurred_at"]) for event in events), "or no conversion"

    again = respond(world)
    assert (again.deliveries, again.file) == (0, None)


def test_the_push_tool_waits_for_the_manifest(world):
    users = duckdb.sql(
        f"select app_user_id from read_parquet('{world.landing}/app/app_users_*.parquet') limit 60"
    ).fetchall()
    folder = world.outbox / "app_push"
    folder.mkdir(parents=True)
    rows = "".join(f"push-{number},{user}\n" for number, (user,) in enumerate(users))
    (folder / "2026-06-30-a.csv").write_text("delivery_id,app_user_id\n" + rows)
    assert respond(world).deliveries == 0
    (folder / "2026-06-30-a.manifest.json").write_text("{}")
    answered = respond(world)
    assert answered.deliveries == 60
    assert answered.events > 120


def test_responses_depend_on_delivery_and_seed_only(tmp_path, client):
    written = []
    for name in ("first", "second"):
        settings = load_settings(home=tmp_path / name)
        generate(settings, customers=100, seed=5, until=date(2026, 6, 30))
        folder = settings.outbox / "app_push"
        folder.mkdir(parents=True)
        (folder / "x.csv").write_text("delivery_id,app_user_id\n" + "".join(f"p{n},u\n" for n in range(40)))
        (folder / "x.manifest.json").write_text("{}")
        events = [json.loads(line) for line in respond(settings).file.read_text().splitlines()]
        written.append([(event["event_id"], event["event"]) for event in events])
    assert written[0] == written[1]


def test_a_taken_port_is_said_in_one_line(world, server):
    with pytest.raises(UserError, match=f"Port {server.port} is in use"), serve(world, port=server.port):
        pass


def test_the_shop_has_loaded_its_rows_before_it_answers(world, client):
    with serve(world, port=0) as running:
        for file in (world.landing / "shop").glob("orders_*.parquet"):
            file.write_bytes(b"no longer to be read")
        answer = client.get(f"{running.shop_url}/orders", params={"page": 1, "page_size": 5}, headers=TOKEN)
    assert len(answer.json()["data"]) == 5
