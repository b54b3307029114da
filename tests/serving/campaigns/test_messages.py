"""What the publication knows of a message: its row of the plan, its place among the customer's, what lost to it."""

import duckdb

from serving.campaigns.messages import conversions, lost_to, place, plan_row
from serving.published_copy import current_copy
from stores.settings import Settings
from tests.testing import small_publication

KEY = ("campaign_id", "campaign_version", "occurrence", "customer_id", "channel", "step")


def test_a_message_has_its_place_among_those_of_its_customer_and_names_what_lost_to_it(settings: Settings) -> None:
    path = small_publication.publish_fixture(settings)
    with duckdb.connect(str(path)) as connection:
        plan = "campaigns.campaign_plan"
        connection.execute(f"""
            create temp table chosen as select * from {plan} where decision = 'send' and channel = 'sms' limit 1;
            delete from {plan} where customer_id = (select customer_id from chosen) and channel <> 'sms';
            update {plan} set is_approved = true, is_holdout = false, priority = 50, expected_value = 2
            where customer_id = (select customer_id from chosen);
            insert into {plan} select * replace ('urgent' as campaign_id, 90 as priority) from chosen;
            insert into {plan}
            select * replace ('draft' as campaign_id, 99 as priority, false as is_approved) from chosen;
            insert into {plan} select * replace (
                'spring' as campaign_id, 50 as priority, 1 as expected_value, 'hold' as decision,
                'frequency_cap' as reason, 'frequency_cap' as reasons, chosen.campaign_id as lost_to
            ) from chosen;
            update {plan} set is_approved = true where campaign_id in ('urgent', 'spring');
        """)
        message = dict(
            zip(KEY, connection.execute(f"select {', '.join(KEY)} from chosen").fetchone() or (), strict=True)
        )
    with current_copy(settings) as published:
        row = plan_row(published, message)
        assert row["decision"] == "send"
        assert place(published, row) == (2, 3), "a draft competes for nothing"
        (lost,) = lost_to(published, row)
        assert (lost["campaign_id"], lost["reason"]) == ("spring", "frequency_cap")
        assert plan_row(published, {**message, "occurrence": "another month"}) == {}
        assert conversions(published, "d_1") == [], "the publication of an older release"
