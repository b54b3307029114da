"""What is wrong in the configuration is said before anything is read."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import register
from orchestration.cli import session
from orchestration.cli.campaign import list_campaigns
from orchestration.cli.main import app
from orchestration.runs.preflight import check_configuration
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project of its own whose campaign may be changed."""
    for part in (
        "dbt_project/dbt_project.yml", "dbt_project/seeds", "dbt_project/models/marts/segments",
        "dbt_project/models/intermediate/metrics", "exports/campaigns", "exports/templates",
    ):  # fmt: skip
        source, target = PROJECT_ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return load_settings(project_root=tmp_path, home=tmp_path / "home")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("destination: crm_webhook", "destination: crm", r"no destination 'crm'. There are app_push_files, crm_web"),
        (
            "destination: crm_webhook",
            "destination: app_push_files",
            r"app_push_files does not serve sms.*clear_addresses",
        ),
        (
            "cap_class: marketing",
            "cap_class: marketng",
            r"cap_class: must be one of marketing, onboarding, not 'marketng'",
        ),
    ],
)
def test_what_a_campaign_names_and_is_not_there_is_said_before_a_run_and_before_an_approval(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    old: str, new: str, message: str,
) -> None:  # fmt: skip
    assert check_configuration(settings) == {}
    campaign = campaign_folder(settings) / "dormant_recall.yml"
    campaign.write_text(campaign.read_text("utf-8").replace(old, new, 1), "utf-8")
    mistakes = check_configuration(settings)
    assert mistakes.keys() == {"dormant_recall"}
    assert re.search(message, mistakes["dormant_recall"])
    assert re.search(f"Nothing of dormant_recall is sent until its files are right: .*{message}", caplog.text)
    monkeypatch.setattr("orchestration.cli.campaign.open_session", lambda *_, **__: settings)
    approved = CliRunner().invoke(app, ["campaign", "approve", "dormant_recall", "--by", "lin"])
    assert isinstance(approved.exception, UserError)
    assert re.search(message, str(approved.exception))
    assert CliRunner().invoke(app, ["campaign", "pause", "dormant_recall", "--by", "lin"]).exit_code == 0


def test_a_segment_that_is_not_there_is_said_before_a_run_and_stops_its_approval_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = campaign_folder(settings) / "dormant_recall.yml"
    campaign.write_text(campaign.read_text("utf-8").replace("segment: dorm", "segment: drm", 1), "utf-8")
    message = r"segment: there is no segment 'drmant_recall'.*use one of .*dormant_recall"
    check_configuration(settings)
    assert re.search(f"Not planned: dormant_recall.yml: {message}", caplog.text)
    monkeypatch.setattr("orchestration.cli.campaign.open_session", lambda *_, **__: settings)
    approved = CliRunner().invoke(app, ["campaign", "approve", "dormant_recall", "--by", "lin"])
    assert isinstance(approved.exception, UserError)
    assert re.search(message, str(approved.exception))


@pytest.mark.parametrize("name", ["other.yaml", "other.YML", "other.Yaml"])
def test_a_campaign_file_of_another_ending_is_not_passed_over(settings: Settings, name: str) -> None:
    folder = campaign_folder(settings)
    shutil.copy(folder / "dormant_recall.yml", folder / name)
    with pytest.raises(UserError, match=f"{name}: campaign files end in .yml. Rename it"):
        check_configuration(settings)


@pytest.mark.parametrize(
    ("seed", "old", "new", "message"),
    [
        ("frequency_caps", "marketing,high,3,7", "marketing,high,3,0", r"frequency_caps\.csv:2: max_messages must be"),
        ("message_limits", "total_cap,,7,7", "total_cap,,7,0", r"message_limits\.csv:6: max_messages must be"),
        ("campaigns/sms_rules", ",09:00,", ",9h,", r"sms_rules\.csv:2: a rule needs country"),
        ("campaigns/text_rules", "unsubscribe_link,", "unsubscribe_link,a", r"text_rules\.csv:9: a rule needs country"),
        ("campaigns/template_fields", ",12800,12800,", ",many,12800,", r"template_fields\.csv:9: a field needs"),
        ("receipts/receipt_limits", "minutes_ahead,60", "minutes_ahead,-1", r"receipt_limits\.csv:2: rule must be one"),
        (
            "receipts/bounce_classes",
            "word,bounce_class\n",
            "word,bounce_class\n-,hard\n",
            r"bounce_classes\.csv:2: a word",
        ),
    ],
)
def test_a_rule_that_those_who_send_could_not_read_is_said_before_it_is_published(
    settings: Settings, seed: str, old: str, new: str, message: str
) -> None:
    (path,) = (settings.project_root / "dbt_project" / "seeds").rglob(f"{seed}.csv")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(UserError, match=message):
        check_configuration(settings)


def test_a_file_with_a_mistake_keeps_nobody_from_deciding_about_the_other_campaigns(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (campaign_folder(settings) / "new_customer_welcome.yml").write_text("campaign_id: [", encoding="utf-8")
    monkeypatch.setattr("orchestration.cli.campaign.open_session", lambda *_, **__: settings)
    for decision in (["approve"], ["pause"], ["approve"], ["stop", "--reason", "wrong offer"]):
        said = CliRunner().invoke(app, ["campaign", decision[0], "dormant_recall", "--by", "lin", *decision[1:]])
        assert said.exit_code == 0, said.output
    shown = io.StringIO()
    monkeypatch.setattr(session.console, "file", shown)
    list_campaigns(as_json=True)
    right, wrong = json.loads(shown.getvalue())
    assert (right["campaign_id"], right["state"]) == ("dormant_recall", "paused")
    assert (wrong["campaign_id"], wrong["state"]) == ("new_customer_welcome", "wrong_file")
    assert re.search(r"new_customer_welcome\.yml:\d+: not YAML", wrong["mistake"])
    refused = CliRunner().invoke(app, ["campaign", "approve", "new_customer_welcome", "--by", "lin"])
    assert isinstance(refused.exception, UserError)
    assert re.search(r"new_customer_welcome\.yml:\d+: not YAML", str(refused.exception))


def test_a_campaign_whose_file_is_wrong_is_halted_all_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(settings, load_campaigns(campaign_folder(settings)))
    (campaign_folder(settings) / "new_customer_welcome.yml").write_text("campaign_id: [", encoding="utf-8")
    monkeypatch.setattr("orchestration.cli.campaign.open_session", lambda *_, **__: settings)
    shown = io.StringIO()
    monkeypatch.setattr(session.console, "file", shown)
    for command, first in ((["pause"], "paused (nothing"), (["stop", "--reason", "wrong offer"], "is stopped: 0 mess")):
        words = ["campaign", command[0], "new_customer_welcome", "--by", "lin", *command[1:]]
        assert CliRunner().invoke(app, words).exit_code == 0
        assert f"new_customer_welcome {first}".replace(" paused", ": paused") in shown.getvalue()
        assert re.search(r"stays paused once they can: new_customer_welcome\.yml:\d+: not YAML", shown.getvalue())
        shown.truncate(0)
