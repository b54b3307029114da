"""Rules are read from the publication whose rows they made, never from the project's files."""

import duckdb
import pytest

from serving import rules
from serving.published_copy import TableMissing, current_copy
from stores.settings import Settings
from tests.testing import small_publication


@pytest.fixture
def published(settings: Settings) -> Settings:
    small_publication.publish_fixture(settings)
    return settings


def change(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.published / f"serving-{small_publication.RUN_ID}.duckdb")) as connection:
        connection.execute(statement)


def test_thresholds_and_names_are_those_that_were_published(published: Settings) -> None:
    change(published, "update rules.rule_thresholds set value = 120 where rule = 'dormant_days'")
    change(published, "update rules.message_channels set name_en = 'Text message' where channel = 'sms'")
    change(published, "update rules.plan_reasons set name_en = 'Not asked' where reason = 'no_consent'")
    with current_copy(published) as copy:
        assert rules.thresholds(copy)["dormant_days"] == 120.0
        assert rules.message_channel_names(copy)["sms"] == ("短信", "Text message")
        assert rules.names(copy).reasons.in_words("no_consent", "en") == "Not asked"
        assert rules.names(copy).suppressions.in_words("bounced", "zh_CN") == "地址退信"


def test_rows_come_as_the_seed_has_them(published: Settings) -> None:
    change(published, "create table rules.typed as select true as flag, 3 as number, null as nothing, '9:00' as at")
    with current_copy(published) as copy:
        assert rules.rule_rows(copy, "typed") == [{"flag": "true", "number": "3", "nothing": "", "at": "9:00"}]


def test_without_rules_no_threshold_is_told_and_codes_stand_for_themselves(published: Settings) -> None:
    change(published, "drop schema rules cascade")
    with current_copy(published) as copy, pytest.raises(TableMissing, match="rule_thresholds"):
        rules.thresholds(copy)
    assert rules.current_names(published).reasons.in_words("no_consent", "en") == "no_consent"


def test_before_the_first_publication_codes_stand_for_themselves(settings: Settings) -> None:
    assert rules.current_names(settings).suppressions.in_words("bounced", "en") == "bounced"
