"""`guanxi demo --days`: a new retailer lives up to today, with every programme approved, and people answer."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from demo_retailer.further_days import lived_days
from exports.definitions.approval import APPROVED, approvals
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from orchestration.cli import demo
from orchestration.cli.demo_days import demo_clock, first_of
from orchestration.dbt.dbt_project import build_dir
from serving.published_copy import current_copy
from stores.errors import UserError
from stores.operations import deliveries, delivery_events, engine, reading
from stores.settings import load_settings
from stores.warehouse import current_publication


def test_a_new_retailer_begins_so_many_days_ago(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home")
    assert first_of(settings, 60, date(2026, 6, 30)) == date(2026, 5, 1)
    assert demo_clock(date(2026, 5, 1)) == "2026-05-01T10:00:00"


def test_one_day_and_several_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--day is one day and --days are several"):
        demo.demo(home=tmp_path / "home", day=True, days=2)


def test_two_days_are_lived_sent_and_answered_up_to_today(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [Path(sys.executable).with_name("guanxi"), "demo", "--home", home, "--customers", "300", "--days", "2"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    settings = load_settings(home=home)
    today = settings.today()
    assert [one.day for one in lived_days(settings)] == [str(today - timedelta(days=1)), str(today)]
    assert current_publication(settings).as_of == today
    campaigns = load_campaigns(campaign_folder(settings))
    assert {one.state for one in approvals(settings, campaigns).values()} == {APPROVED}
    with reading(engine(settings)) as connection:
        days = connection.execute(select(deliveries.c.planned_at)).scalars().all()
        assert len({one.date() for one in days}) > 1, "each day sends its own plan"
        assert connection.execute(select(func.count()).select_from(delivery_events)).scalar_one() > 0
    built = json.loads((settings.build_state / "built_nodes.json").read_text(encoding="utf-8"))["nodes"]
    manifest = json.loads((build_dir(settings) / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    assert {one for one in manifest if one.startswith("test.")} <= set(built), "the last run has run every test"
    with current_copy(settings) as published:
        journeys = published.rows("select distinct journey_id from campaigns.journey_runs")
        assert len(journeys) > 3
