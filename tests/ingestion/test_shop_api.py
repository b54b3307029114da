import json

import pytest
from werkzeug import Response

from ingestion import pipeline
from ingestion.channels import discover
from ingestion.channels.shop.rest_api import ShopApi
from ingestion.pipeline import SourceUnavailable, ingest

CUSTOMERS = [
    {"customer_id": f"C{n}", "name": "王小明", "mobile": f"1381234000{n}", "updated_at": f"2026-01-0{n}T10:00:00+08:00"}
    for n in range(1, 4)
]
ORDERS = [
    {
        "order_id": "O1",
        "customer_id": "C1",
        "status": "paid",
        "total_amount": "30.00",
        "created_at": "2026-01-05T01:00:00Z",
        "updated_at": "2026-01-05T02:00:00Z",
        "lines": [
            {"line_no": 1, "sku": "S1", "quantity": 2, "unit_price": 10, "amount": 20},
            {"line_no": 2, "sku": "S2", "quantity": 1, "unit_price": 10, "amount": "10.00"},
        ],
    },
    {
        "order_id": "O2",
        "customer_id": "C2",
        "status": "pending",
        "total_amount": 0,
        "created_at": "2026-01-05T09:00:00",
        "updated_at": "2026-01-05T10:00:00",
        "lines": [],
    },
]


@pytest.fixture
def shop(httpserver, settings):
    """The shop channel, reading a local server with pages of two and a list of answers to give first."""
    failures = []
    seen = []

    def answer(request, rows):
        seen.append(dict(request.args))
        if failures:
            return failures.pop(0)
        page, size = int(request.args["page"]), int(request.args["page_size"])
        since = request.args.get("updated_since", "")
        found = [row for row in rows if row["updated_at"] >= since[:10]]
        following = page + 1 if len(found) > page * size else None
        data = found[(page - 1) * size : page * size]
        return Response(json.dumps({"data": data, "page": page, "next_page": following}), mimetype="application/json")

    for resource, rows in (("customers", CUSTOMERS), ("orders", ORDERS)):
        httpserver.expect_request(
            f"/shop/api/{resource}", headers={"Authorization": "Bearer demo"}
        ).respond_with_handler(lambda request, rows=rows: answer(request, rows))
    section = {"base_url": httpserver.url_for("/shop/api"), "page_size": 2, "attempts": 3, "retry_seconds": 0}
    return settings.model_copy(update={"channels": {"shop": section}}), failures, seen


def test_all_pages_arrive_and_the_next_run_asks_for_what_is_new(shop):
    settings, _, seen = shop
    assert ingest(settings, "shop").loaded == {"customers": 3, "orders": 2, "order_lines": 2}
    assert ingest(settings, "shop").loaded == {"customers": 0, "orders": 0, "order_lines": 0}
    assert [query.get("updated_since") for query in seen] == [
        None,
        None,
        None,
        "2025-12-27T10:00:00+08:00",
        "2025-12-27T10:00:00+08:00",
        "2025-12-29T10:00:00+08:00",
    ]


def test_a_row_without_a_time_or_committed_weeks_late_arrives_once_with_the_next_full_reading(shop, monkeypatch):
    settings, _, seen = shop
    monkeypatch.setenv("GUANXI_NOW", "2026-02-01T10:00:00")
    ingest(settings, "shop")
    late = [
        {"customer_id": "C8", "name": "李雷", "updated_at": ""},
        {"customer_id": "C9", "name": "韩梅梅", "updated_at": "2025-11-01T00:00:00"},
    ]
    CUSTOMERS.extend(late)
    try:
        assert ingest(settings, "shop").loaded["customers"] == 0
        monkeypatch.setenv("GUANXI_NOW", "2026-02-08T10:00:01")
        assert ingest(settings, "shop").loaded == {"customers": 2, "orders": 0, "order_lines": 0}
        assert "updated_since" not in seen[-1]
        assert ingest(settings, "shop").loaded["customers"] == 0
        assert "updated_since" in seen[-1]
    finally:
        del CUSTOMERS[-2:]


def test_a_document_whose_one_line_changed_arrives_with_all_its_lines(shop):
    settings, _, _ = shop
    ingest(settings, "shop")
    line = ORDERS[0]["lines"][1]
    line["quantity"] = 3
    try:
        assert ingest(settings, "shop").loaded == {"customers": 0, "orders": 0, "order_lines": 2}
        assert ingest(settings, "shop").loaded["order_lines"] == 0
    finally:
        line["quantity"] = 1


@pytest.mark.parametrize("answer", [Response(status=503), Response(status=429), Response(status=500)])
def test_a_passing_trouble_is_waited_out(shop, answer):
    settings, failures, _ = shop
    failures += [answer, answer]
    assert ingest(settings, "shop").loaded["customers"] == 3


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([Response(status=503)] * 3, "answered 503 while reading page 1 of customers"),
        ([Response(status=401)], "answered 401"),
        ([Response("<html>welcome</html>")], "not the JSON that was expected"),
        ([Response('{"data": [], "next_page": 1}')], "names page 1 after page 1"),
    ],
)
def test_a_lasting_trouble_is_named_and_nothing_is_loaded(shop, answers, message):
    settings, failures, _ = shop
    failures += answers
    with pytest.raises(SourceUnavailable, match=message):
        ingest(settings, "shop")
    assert ingest(settings, "shop").loaded["customers"] == 3


def test_a_shop_that_nobody_set_up_is_no_failure_but_one_that_worked_before_is(shop):
    settings, _, _ = shop
    assert ingest(settings.model_copy(update={"channels": {}}), "shop").files == 0
    ingest(settings, "shop")
    down = settings.model_copy(
        update={"channels": {"shop": {"base_url": "http://127.0.0.1:9", "attempts": 1, "retry_seconds": 0}}}
    )
    with pytest.raises(SourceUnavailable, match="does not answer"):
        ingest(down, "shop")
    assert isinstance(discover()["shop"].source, ShopApi)
    assert pipeline.SourceUnavailable is SourceUnavailable


def test_only_a_demos_folder_reads_the_shop_at_the_demos_port(shop, httpserver):
    settings, _, _ = shop
    ports = settings.ports.model_copy(update={"demo": httpserver.port})
    nowhere = settings.model_copy(update={"channels": {}, "ports": ports})
    assert ingest(nowhere, "shop").loaded == {"customers": 0, "orders": 0, "order_lines": 0}
    (settings.home / "demo").mkdir()
    assert ingest(nowhere, "shop").loaded["customers"] == 3


def test_a_sample_asks_for_the_first_pages_only(shop):
    settings, _, seen = shop
    batches = list(ShopApi().sample(settings, discover()["shop"], 2))
    assert [(batch.table.name, len(batch.rows)) for batch in batches] == [
        ("customers", 2), ("order_lines", 2), ("orders", 2),
    ]  # fmt: skip
    assert [query["page"] for query in seen] == ["1", "1"]
