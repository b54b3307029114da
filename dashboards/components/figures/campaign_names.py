"""What a figure of a campaign is called in the reader's language: the campaign, what is counted, and of which part."""

from __future__ import annotations

from datetime import date

from dashboards.components.i18n import day, is_chinese, number, t, term
from dashboards.components.reasons import message_channel
from dashboards.queries import overview
from serving.figures.campaign_members import parts


def planned(which: str) -> str:
    """Rows of the plan; see `campaign_members.planned_of_campaign`."""
    campaign, what, reason, step, channel, variant = parts(which, 6)
    said = t("engage.figure.waiting") if what == "waiting" else term("reason", reason or what)
    return _named(
        campaign,
        said,
        *([t("engage.step", number=number(int(step)), name="").strip()] if step else []),
        *_place(channel, variant),
    )


def audience(which: str) -> str:
    """Customers of the plan; see `campaign_members.audience_of_campaign`."""
    campaign, what = parts(which, 2)
    return _named(campaign, t("engage.figure.holdout" if what else "engage.figure.audience"))


def messages(which: str) -> str:
    """Messages of the ledger; see `campaign_members.messages`."""
    campaign, what, channel, version, variant, sent_on = parts(which, 6)
    left = [t("figure.sent_on", day=day(date.fromisoformat(sent_on)))] if sent_on else []
    return _named(campaign, term("message_figure", what), *left, *_version(version), *_place(channel, variant))


def holdouts(which: str) -> str:
    """Who is held out; see `campaign_members.holdouts`."""
    campaign, what, version, channel = parts(which, 4)
    return _named(campaign, term("holdout_figure", what), *_version(version), *_place(channel, ""))


def _version(version: str) -> list[str]:
    return [t("figure.version.of", number=version)] if version else []


def _place(channel: str, variant: str) -> list[str]:
    found = [message_channel(channel)] if channel else []
    return [*found, t("engage.variant", name=variant)] if variant else found


def _named(campaign: str, *said: str) -> str:
    if not campaign:
        return " · ".join((t("figure.campaigns.all"), *said))
    found = overview.campaigns()
    names = dict(zip(found["campaign_id"], found["name_zh" if is_chinese() else "name_en"], strict=True))
    return " · ".join((str(names.get(campaign, campaign)), *said))
