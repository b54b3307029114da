"""What the app shows when the publication is absent, damaged, old or empty, and that it follows a new one."""

import duckdb
import pytest

from dashboards.components.i18n import number
from dashboards.navigation import discover
from tests.testing import small_publication

# Two of the pages ask commands.
pytestmark = pytest.mark.heavy

# Of the data docs there is nothing to publish; the list of members is always that of another page.
PAGES = [page.path.stem for page in discover() if page.path.stem not in ("data_docs", "members")]


def html(app):
    return "\n".join(block.proto.body for block in app.get("html"))


def serving(settings):
    return next(settings.published.glob("serving-*.duckdb"))


@pytest.mark.parametrize("page", PAGES)
def test_before_the_first_publication_it_says_what_to_run(settings, open_app, monkeypatch, page):
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    app = open_app(page)
    assert not app.exception
    assert "还没有可以展示的数据" in html(app)
    assert "make demo" in app.code[0].value


def test_where_there_are_rows_of_ones_own_no_demo_is_advised(settings, open_app, monkeypatch):
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    (settings.landing / "pos").mkdir(parents=True)
    assert open_app("overview").code[0].value == ".venv/bin/guanxi run"
    (settings.home / "demo").mkdir()
    assert "make demo" in open_app("overview").code[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_publication_is_said_to_be_damaged(own, open_app, page):
    serving(own).write_bytes(b"not a database" * 1000)
    app = open_app(page, "en")
    assert not app.exception
    assert "cannot be read" in html(app)
    assert "guanxi publish" in html(app) + "".join(block.value for block in app.code)


def test_a_publication_that_vanished_is_said_to_be_missing(own, open_app):
    serving(own).unlink()
    app = open_app()
    assert not app.exception
    assert "无法读取" in html(app)
    assert "guanxi publish" in html(app) or app.code


def test_a_damaged_pointer_is_one_clear_sentence(own, open_app):
    (own.published / "current.json").write_text("{", encoding="utf-8")
    app = open_app()
    assert not app.exception
    assert "current.json 已损坏" in html(app)


def test_a_missing_table_costs_its_card_only(own, open_app):
    with duckdb.connect(str(serving(own))) as con:
        con.execute("drop table campaigns.campaign_plan")
    app = open_app()
    assert not app.exception
    assert "当前发布缺少这部分数据" in html(app)
    assert len(app.metric) == 6


@pytest.mark.parametrize("page", ["overview", "members"])
def test_a_publication_of_before_the_filters_says_that_it_lacks_them(own, open_app, page):
    with duckdb.connect(str(serving(own))) as con:
        con.execute("drop table marts.daily_channel_metrics")
    app = open_app(page, **({"of": "customers"} if page == "members" else {}))
    assert not app.exception
    assert "当前发布缺少这部分数据" in html(app)
    assert "daily_channel_metrics" in html(app)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", ["rfm", "lifecycle", "cohorts", "quadrants", "sizes", "named"])
def test_empty_tables_leave_every_view_standing(own, open_app, view, language):
    empty_all_tables(own)
    assert not open_app("segments", language, segments_view=view).exception


HISTORIES = (
    *("business_snapshots", "cohort_retention", "customer_quadrants", "customer_state_history", "state_sizes"),
    *("stage_dwell_times", "stage_transitions"),
)


@pytest.mark.parametrize(("page", "query"), [
    ("overview", {}),
    *(("segments", {"segments_view": view}) for view in ("lifecycle", "cohorts", "quadrants", "sizes")),
], ids=str)  # fmt: skip
def test_a_publication_of_before_the_histories_costs_their_cards_only(own, open_app, page, query):
    with duckdb.connect(str(serving(own))) as con:
        for table in HISTORIES:
            con.execute(f"drop table marts.{table}")
    app = open_app(page, **query)
    assert not app.exception
    assert "当前发布缺少这部分数据" in html(app)
    if page == "overview":
        assert len(app.metric) == 6


@pytest.mark.parametrize("page", PAGES)
def test_empty_tables_leave_every_page_standing(own, open_app, page):
    empty_all_tables(own)
    assert not open_app(page).exception


def test_a_customer_without_scores_or_history_is_still_shown(own, open_app):
    with duckdb.connect(str(serving(own))) as con:
        customer_id = con.execute("select min(customer_id) from marts.customers").fetchone()[0]
        for table in ("customer_rfm", "customer_value", "customer_lifecycle", "customer_timeline", "customer_links"):
            con.execute(f"delete from marts.{table}")
    app = open_app("customer", id=customer_id)
    assert not app.exception
    assert customer_id in html(app)


def test_a_new_publication_is_shown_without_a_restart(own, open_app):
    app = open_app()
    assert app.metric[0].value == number(small_publication.CUSTOMERS)
    newer = own.published / "serving-newer.duckdb"
    newer.write_bytes(serving(own).read_bytes())
    with duckdb.connect(str(newer)) as con:
        con.execute("delete from marts.customers where customer_id > 'c_0000000000000100'")
        left = con.execute("select count(*) from marts.customers").fetchone()[0]
    pointer = own.published / "current.json"
    pointer.write_text(
        pointer.read_text(encoding="utf-8").replace("serving-fixture", "serving-newer"), encoding="utf-8"
    )
    assert app.run().metric[0].value == number(left)


def empty_all_tables(settings):
    with duckdb.connect(str(serving(settings))) as con:
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'publication'"
        ).fetchall()
        for schema, table in tables:
            con.execute(f"delete from {schema}.{table}")
