"""Each message of a shipped programme has texts for every channel in both languages, and none breaks a rule."""

import shutil
from pathlib import Path

import pytest

from exports.definitions.campaign_files import load_campaigns, templates
from stores.settings import PROJECT_ROOT

EXPORTS = PROJECT_ROOT / "exports"
CHANNELS = ("sms", "email", "wecom", "app_push")
PROGRAMMES = {
    "newcomer_nurture", "onboarding_camp", "active_growth", "dormant_follow_up", "win_back_30_days", "birthday",
    "lunar_birthday", "festival", "member_day", "review_for_points", "referral_invitation", "loyalty_rescue",
    "after_sales_care", "membership_renewal",
}  # fmt: skip
MESSAGES = sorted(one.name for one in (EXPORTS / "templates").iterdir() if not one.name.startswith("_"))


@pytest.mark.parametrize("message", MESSAGES)
def test_a_shipped_message_has_texts_for_every_channel_in_both_languages(message: str) -> None:
    missing = [
        f"{channel}/{language}"
        for channel in CHANNELS
        for language in ("zh_CN", "en")
        if not (EXPORTS / "templates" / message / channel / f"{language}.liquid").is_file()
    ]
    assert missing == []


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped programmes over every channel."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(EXPORTS, project / "exports", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT_ROOT / "dbt_project", project / "dbt_project", ignore=shutil.ignore_patterns("target"))
    all_channels = "channels:\n" + "".join(f"  - {{channel: {one}, destination: crm_webhook}}\n" for one in CHANNELS)
    for path in (project / "exports" / "journeys").glob("*.yml"):
        before, _, rest = path.read_text(encoding="utf-8").partition("channels:\n")
        lines = rest.splitlines(keepends=True)
        after = next(number for number, line in enumerate(lines) if not line.startswith(" "))
        path.write_text(before + all_channels + "".join(lines[after:]), encoding="utf-8")
    return project / "exports" / "campaigns"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_programme_is_right_over_every_channel(everywhere: Path, language: str) -> None:
    found = {one.campaign_id: one.model_copy(update={"language": language}) for one in load_campaigns(everywhere)}
    assert set(found) >= PROGRAMMES
    for name in sorted(PROGRAMMES):
        assert {channel for _, channel in templates(found[name], everywhere)} == set(CHANNELS)
