"""A variant may wait for a time of the day, so that hours can be compared like wordings."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import check_sending
from exports.delivery.deliver import deliver
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose campaign file may be changed."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    return settings.model_copy(update={"project_root": project})


@pytest.fixture
def evening(settings: Settings) -> Callable[[str], None]:
    """Let the messages of a second variant wait for a time."""

    def write(send_from: str) -> None:
        (file,) = (settings.project_root / "exports" / "campaigns").glob("*.yml")
        variants = f"variants: [{{name: a}}, {{name: b, send_from: {send_from}}}]\n"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("variants")) + variants, encoding="utf-8")

    return write


def test_messages_of_a_variant_wait_for_its_time_and_the_others_leave(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    evening: Callable[[str], None],
) -> None:  # fmt: skip
    evening('"19:00"')
    publish_plan([row(1, variant="a"), row(2, variant="b"), row(3, variant="b", channel="app_push")])
    morning = deliver(settings, now)
    assert (morning.sent, morning.held) == (1, {"send_time": 2})
    assert deliver(settings, now.replace(hour=18, minute=59)).sent == 0
    assert deliver(settings, now.replace(hour=19)).sent == 2
    assert deliver(settings, now.replace(hour=20)).sent == 0


def test_what_was_not_sent_at_its_time_waits_for_that_of_the_next_day(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    evening: Callable[[str], None],
) -> None:  # fmt: skip
    evening('"19:00"')
    publish_plan([row(2, variant="b")])
    assert deliver(settings, now).held == {"send_time": 1}
    later = now + timedelta(days=1)
    publish_plan([row(2, variant="b", as_of=later.date())], as_of=later.date())
    assert deliver(settings, later).held == {"send_time": 1}
    assert deliver(settings, later.replace(hour=19)).sent == 1


@pytest.mark.parametrize("send_from", ["19:00", "'25:00'", "'7pm'", "'19:00:30'", "19"])
def test_a_time_that_nobody_can_read_is_refused(
    settings: Settings, evening: Callable[[str], None], send_from: str
) -> None:
    evening(send_from)
    with pytest.raises(UserError, match=r'send_from: must be hours and minutes in quotes, such as "19:00"'):
        load_campaigns(campaign_folder(settings))


def test_a_time_at_which_no_text_message_may_leave_is_refused_before_a_run(
    settings: Settings, evening: Callable[[str], None]
) -> None:
    evening("'22:30'")
    campaigns = load_campaigns(campaign_folder(settings))
    with pytest.raises(UserError, match=r"variants\.b\.send_from: text messages leave from .* not at 22:30; choose"):
        check_sending(settings, campaigns)
