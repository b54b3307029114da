"""`guanxi explain why-not` says which fields of a text are not known of the customer, and what an employee can do."""

import shutil

import duckdb
import pytest

from orchestration.stewardship.why_not import why_not
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing import small_publication


@pytest.fixture
def own(tmp_path):
    """A publication whose text messages of the recall write the city and a name, with a customer of unknown city."""
    settings = load_settings(home=tmp_path / "home")
    small_publication.publish_fixture(settings)
    left_out = shutil.ignore_patterns("target", "logs", "__pycache__")
    for part in ("exports", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / part, tmp_path / part, ignore=left_out)
    text = tmp_path / "exports/templates/dormant_recall/sms/zh_CN.liquid"
    text.write_text("【关系商城】{{ name | default: '您好' }}，{{ city }}门店有礼。拒收请回复R", encoding="utf-8")
    return settings.model_copy(update={"project_root": tmp_path})


def test_a_field_that_a_text_needs_is_named(own):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        row = con.execute("select min(customer_id) from campaigns.campaign_plan where channel = 'sms'").fetchone()
        assert row
        (customer,) = row
        con.execute("update campaigns.campaign_plan set decision = 'hold', reason = 'missing_field',"
                    f" reasons = 'missing_field', variant = 'a' where customer_id = '{customer}'")  # fmt: skip
        con.execute(f"update marts.customers set city = null, name_ref = null where customer_id = '{customer}'")
    told = " ".join(one.said for one in why_not(own, customer, "dormant_recall").answers)
    assert (
        "By sms: held, A field that the text needs is not known 缺少文案所需的客户信息 (missing_field); its text needs "
        "city." in told
    )
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        con.execute(f"update marts.customers set city = '杭州' where customer_id = '{customer}'")
    told = " ".join(one.said for one in why_not(own, customer, "dormant_recall").answers)
    assert "(missing_field); its text or what is known has changed since." in told


def test_who_passes_messages_on_and_how_many_a_day_is_said(own):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        row = con.execute("select min(customer_id) from campaigns.campaign_plan where channel = 'sms'").fetchone()
        assert row
        (customer,) = row
        con.execute("update campaigns.campaign_plan set decision = 'hold', reason = 'employee_capacity',"
                    " reasons = 'employee_capacity', channel = 'wecom', employee = 'staff_7', lost_to = 'spring'"
                    f" where channel = 'sms' and customer_id = '{customer}'")  # fmt: skip
    told = " ".join(one.said for one in why_not(own, customer, "dormant_recall").answers)
    assert "staff_7 passes on at most 200 messages a day, lost to spring, which is planned now" in told
