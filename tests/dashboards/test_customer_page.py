"""The page of a customer in both languages: figures, classes, reasons and timeline are the publication's."""

from decimal import Decimal

import duckdb
import pytest

from dashboards.components.customer_timeline import order_lines
from dashboards.components.i18n import day, number
from dashboards.queries import customers, overview
from tests.testing.app_pages import BUSY, html, metrics


def test_customer_page_shows_the_customers_figures(published, open_app, ask):
    customer_id = ask(BUSY)[0][0]
    phone, orders, contacts = ask(
        "select phone_mask, orders_count, interactions_count from marts.customers where customer_id = ?", customer_id
    )[0]
    app = open_app("customer", id=customer_id)
    assert not app.exception
    assert metrics(app)["订单"] == number(orders)
    assert metrics(app)["互动"] == number(contacts)
    assert phone in html(app)


def test_the_latest_stages_of_a_customer_say_since_when_and_for_how_long(published, open_app, ask, monkeypatch):
    monkeypatch.setattr("dashboards.components.reasons._STAGES_SHOWN", 2)
    customer_id, stages = ask(
        "select customer_id, count(*) from marts.customer_lifecycle_history group by 1 having count(*) > 3 order by 1"
    )[0]
    rows = ask(
        """select valid_from, coalesce(valid_to, as_of) - valid_from
        from marts.customer_lifecycle_history cross join (select max(as_of) as as_of from marts.customer_lifecycle)
        where customer_id = ? order by valid_from desc""",
        customer_id,
    )
    app = open_app("customer", id=customer_id)
    table = next(part for part in html(app).split("<table")[1:] if "持续" in part).partition("</table>")[0]
    for since, days in rows[:2]:
        assert day(since) in table
        assert f">{days} 天<" in table
    assert day(rows[2][0]) not in table
    assert f"更早的 {stages - 2} 次变化未列出" in [caption.value for caption in app.caption]


def test_a_retired_id_leads_to_the_customer_it_was_merged_into(published, open_app, ask):
    retired, present = ask("select retired_customer_id, customer_id from marts.customer_id_redirects limit 1")[0]
    app = open_app("customer", id=retired)
    assert retired in app.info[0].value
    assert present in html(app)


def test_an_id_that_was_never_issued_is_said_to_be_unknown(published, open_app):
    app = open_app("customer", id="c_nobody")
    assert not app.exception
    assert "找不到编号 c_nobody" in html(app)


def test_every_merge_is_explained_in_words(published, open_app, ask):
    customer_id, reason = ask("select customer_id, reason_en from marts.customer_links limit 1")[0]
    shown = html(open_app("customer", "en", id=customer_id))
    assert reason in shown
    assert "Earlier ids" in shown or not ask(
        "select 1 from marts.customer_id_redirects where customer_id = ?", customer_id
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", "概率匹配：手机号、名相符；性别不符"),
        ("en", "probable match: phone number, given name agree, against it: gender"),
    ],
)
def test_a_probable_match_is_told_in_words_and_a_record_without_identifiers_is_shown(
    published, open_app, ask, language, words
):
    customer_id, record = ask(
        "select customer_id, source_profile_id from marts.customer_links where field_weights is not null limit 1"
    )[0]
    shown = html(open_app("customer", language, id=customer_id))
    assert words in shown
    assert "given_name" not in shown
    assert f"<span>{record}</span>" in shown


def test_a_message_in_the_timeline_carries_the_campaigns_name(published, open_app, ask):
    customer_id = ask(
        "select customer_id from marts.customer_timeline where detail = 'dormant_recall' and position < 20 limit 1"
    )[0][0]
    for language, name in (("zh_CN", "沉睡客户召回"), ("en", "Dormant customer recall")):
        events = [
            part for part in html(open_app("customer", language, id=customer_id)).split("gx-event") if name in part
        ]
        assert events
        assert "dormant_recall" not in html(open_app("customer", language, id=customer_id))


def test_a_kind_of_ones_own_is_called_in_both_languages_what_the_seed_calls_it(own, open_app):
    with duckdb.connect(str(own.published / "serving-fixture.duckdb")) as con:
        con.execute(
            "insert into rules.interaction_titles values ('visit_confirmed', '确认就诊', 'Confirmed a visit', 'true')"
        )
        con.execute("update marts.customer_timeline set kind = 'visit_confirmed', title = '确认就诊'")
        ((customer_id,),) = con.execute("select min(customer_id) from marts.customer_timeline").fetchall()
    shown = {language: html(open_app("customer", language, id=customer_id)) for language in ("zh_CN", "en")}
    assert "确认就诊" in shown["zh_CN"]
    assert "确认就诊" not in shown["en"]
    assert "Confirmed a visit" in shown["en"]


@pytest.mark.parametrize(("language", "field"), [("zh_CN", "手机号"), ("en", "Phone number")])
def test_every_value_says_which_record_it_comes_from_and_why(published, open_app, ask, language, field):
    customer_id = ask(BUSY)[0][0]
    reason = "why_zh" if language == "zh_CN" else "why_en"
    told = ask(
        f"select shown_value, source_profile_id, {reason} from marts.customer_field_sources where customer_id = ?",
        customer_id,
    )
    app = open_app("customer", language, id=customer_id)
    shown = html(app)
    assert not app.exception
    assert field in shown
    for value, record, because in told:
        assert record in shown
        assert because in shown
        assert value in shown or value in ("female", "male")


def test_texts_from_data_are_never_taken_as_html(published, open_app, ask):
    customer_id = ask("select customer_id from marts.customer_timeline where channel = 'service' and position < 20")[0][
        0
    ]
    shown = html(open_app("customer", id=customer_id))
    assert "<b>催单</b>" not in shown
    assert "&lt;b&gt;催单&lt;/b&gt;" in shown


@pytest.mark.parametrize(
    ("language", "first", "further"),
    [("zh_CN", "（R{} F{} M{}）", "ABC 分类：{} 类"), ("en", " (R{} F{} M{})", "ABC class {}")],
)
def test_stage_and_rfm_segment_stand_first_and_every_other_class_says_what_it_is_about(
    published, open_app, ask, language, first, further
):
    customer_id = ask(BUSY)[0][0]
    scores = ask("select r_score, f_score, m_score from marts.customer_rfm where customer_id = ?", customer_id)[0]
    (abc,) = ask("select abc_class from marts.customer_value where customer_id = ?", customer_id)[0]
    stand_first, then = html(open_app("customer", language, id=customer_id)).split('class="gx-badges"')[1:3]
    assert stand_first.count("gx-badge") == 2
    assert first.format(*scores) in stand_first
    assert further.format(abc) in then


@pytest.mark.parametrize("knows_limits", [True, False])
def test_the_rfm_segment_is_explained_with_its_limits_where_the_publication_has_them(own, open_app, knows_limits):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        con.execute("update rules.rule_thresholds set value = 33 where rule = 'rfm_recent_days'")
        if not knows_limits:
            con.execute("delete from rules.rule_thresholds where rule like 'rfm%'")
        customer_id = con.execute(BUSY).fetchall()[0][0]
    app = open_app("customer", "en", id=customer_id)
    assert not app.exception
    assert ("Recency is high within 33 days whatever the score" in html(app)) == knows_limits


def test_the_timeline_says_whether_it_is_all_that_happened(published, open_app, ask, monkeypatch):
    customer_id = ask(BUSY)[0][0]
    (shown,) = ask("select count(*) from marts.customer_timeline where customer_id = ?", customer_id)[0]
    known = customers.profile(customer_id)
    for more, said in ((0, "All channels, {} entries"), (1, "All channels, the newest {} only")):
        counts = {"orders_count": 0, "interactions_count": shown + more}
        monkeypatch.setattr(customers, "profile", lambda _, counts=counts: known | counts)
        assert said.format(number(shown)) in html(open_app("customer", "en", id=customer_id))


@pytest.mark.parametrize(
    ("currency", "language", "sign"),
    [("CNY", "zh_CN", "¥"), ("CNY", "en", "CN¥"), ("BRL", "en", "R$"), ("PLN", "zh_CN", "PLN "), ("", "en", "")],
)
def test_amounts_carry_the_currency_of_the_publication(published, open_app, ask, monkeypatch, currency, language, sign):
    monkeypatch.setattr(overview, "reporting_currency", lambda: currency)
    customer_id = ask(BUSY)[0][0]
    app = open_app("customer", language, id=customer_id)
    shown = next(iter(app.metric)).value
    assert shown.startswith(sign + shown.removeprefix(sign)[0])
    assert shown.removeprefix(sign)[0].isdigit()
    unit = sign.strip()
    header = {"zh_CN": f"净收入（{unit}）", "en": f"Net revenue ({unit})" if unit else ">Net revenue<"}[language]
    assert header in html(app)
    assert not open_app("overview", language).exception


def test_the_timeline_can_be_narrowed_to_a_channel(published, open_app, ask):
    customer_id = ask(
        "select customer_id from marts.customer_timeline group by customer_id having count(distinct channel) > 2"
        " order by customer_id limit 1"
    )[0][0]
    app = open_app("customer", id=customer_id)
    channel = ask("select channel from marts.customer_timeline where customer_id = ? limit 1", customer_id)[0][0]
    app.button_group(key=f"timeline_channels_{customer_id}").set_value([channel]).run()
    count = ask(
        "select count(*) from marts.customer_timeline where customer_id = ? and channel = ?", customer_id, channel
    )[0][0]
    assert html(app).count('class="gx-event"') == min(count, 25)


@pytest.mark.parametrize(
    ("language", "granted", "asked_nobody"),
    [
        ("zh_CN", "<dd>已授权：已同意 · ", "<dd>未授权：从未询问</dd>"),
        ("en", "<dd>Granted: agreed · ", "<dd>Not granted: nobody asked</dd>"),
    ],
)
def test_each_message_channel_says_whether_it_is_allowed_and_by_which_answer(
    published, open_app, ask, language, granted, asked_nobody
):
    customer_id, mask = ask(
        "select customer_id, max(identifier_mask) from marts.customer_consents"
        " group by customer_id having bool_or(is_granted) and not bool_and(is_granted) order by 1 limit 1"
    )[0]
    shown = html(open_app("customer", language, id=customer_id))
    assert granted in shown
    assert asked_nobody in shown
    assert mask in shown


@pytest.mark.parametrize(
    ("language", "summary", "discount", "charges"),
    [
        ("zh_CN", "商品明细（2 行）", "已优惠 ¥3.00", "运费等其他费用"),
        ("en", "2 order lines", "CN¥3.00 off", "Postage and other charges"),
    ],
)
def test_a_purchase_opens_to_its_lines(published, open_app, ask, language, summary, discount, charges):
    customer_id, order_id = ask(
        "select customer_id, interaction_id from marts.customer_timeline where kind = 'order' and position < 20 limit 1"
    )[0]
    (name, price, amount, total), _ = ask(
        "select product_name, unit_price, amount, order_amount from marts.customer_order_lines where order_id = ?"
        " order by line_no",
        order_id,
    )
    shown = html(open_app("customer", language, id=customer_id))
    opened = next(part for part in shown.split("<details")[1:] if order_id.partition(":")[2] in part)
    assert f"<summary>{summary}</summary>" in opened
    assert name.replace("<b>", "&lt;b&gt;") in opened
    assert f"{amount:,.2f}</b>" in opened
    assert f"{total:,.2f}</b>" in opened
    assert f"A1 · 2 × {'¥' if language == 'zh_CN' else 'CN¥'}{price:,.4f}".rstrip("0") in opened
    assert discount in opened
    assert charges in opened
    assert ">B2<" in opened


def test_a_purchase_says_what_was_refunded_of_it(published, open_app, ask):
    customer_id, order_id, refunded = ask(
        "select customer_id, replace(interaction_id, ':refund', ''), -amount from marts.customer_timeline"
        " where kind = 'refund' and position < 20 limit 1"
    )[0]
    shown = html(open_app("customer", "en", id=customer_id))
    opened = next(part for part in shown.split("<details")[1:] if order_id.partition(":")[2] in part)
    assert f"<span>Refunded</span><b>-CN¥{refunded:,.2f}</b>" in opened.partition("</details>")[0]


def test_an_order_in_another_currency_shows_what_was_paid_in_it():
    line = dict.fromkeys(("sku", "product_name", "quantity", "unit_price", "discount_amount"))
    line |= {"order_id": "shop:O1", "line_no": 1, "amount": Decimal(12), "currency": "EUR", "order_amount": Decimal(10)}
    drawn = order_lines.details([line], None)
    assert "<summary>商品明细（1 行）" in drawn
    assert "第 1 行<small></small></span><b>€12.00" in drawn
    assert "整单优惠</span><b>-€2.00" in drawn
    assert "订单金额</span><b>€10.00" in drawn
