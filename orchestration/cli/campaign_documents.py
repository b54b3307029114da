"""Campaigns and their previews as documents for scripts; the app's page is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from orchestration.cli.campaign_approval import second_approval_document

if TYPE_CHECKING:
    from pathlib import Path

    from exports.definitions.approval import Approval
    from exports.definitions.campaign import Campaign
    from exports.policy.second_approval import SecondApproval
    from exports.preview.campaign_preview import CampaignPreview, StepTexts
    from serving.published_copy import Row
    from stores.publication import Publication
    from stores.reason_texts import Reasons
    from stores.settings import Settings


# Decisions, and of what is held the rows that only an approval is missing for.
PLANNED = ("send", "hold", "refuse", "unapproved")


def published_figures(settings: Settings) -> tuple[dict[str, dict[str, int]], dict[str, Row]]:
    """Rows of the plan by campaign and decision, and results by campaign; none where nothing of that is published.

    Raises:
        PublicationDamaged: the publication cannot be read.
    """
    from serving.campaign_results import campaign_results, plan_counts
    from serving.overview import reporting_currency
    from serving.published_copy import NoPublication, TableMissing, current_copy

    try:
        with current_copy(settings) as published:
            currency = {"currency": reporting_currency(published)}
            results = {str(row["campaign_id"]): {**row, **currency} for row in campaign_results(published)}
            return plan_counts(published), results
    except (NoPublication, TableMissing):
        return {}, {}


def channels_of(campaign: Campaign) -> list[str]:
    """Message channels of all steps, each once."""
    from exports.definitions.campaign_steps import steps_of

    return list(dict.fromkeys(choice.channel for step in steps_of(campaign) for choice in step.channels))


def campaign_document(
    campaign: Campaign,
    approval: Approval,
    planned: Mapping[str, int] | None,
    results: Row | None,
    second: SecondApproval | None,
) -> dict[str, Any]:
    """A campaign, where it stands, and what the publication has of it.

    Args:
        campaign: the campaign.
        approval: where it stands.
        planned: rows of the plan, see `plan_counts`; None where the plan has none.
        results: what it brought so far; None where nothing is published of it.
        second: where its plan stands; None where nothing is planned of it.
    """
    return {
        "campaign_id": campaign.campaign_id,
        "name": {"zh": campaign.name.in_chinese, "en": campaign.name.in_english},
        "version": campaign.version,
        "segment": campaign.segment or None,
        "audience": [{"side": side, "kind": kind, "name": name} for side, kind, name in campaign.audience_names()],
        "owner": campaign.owner,
        "channels": channels_of(campaign),
        "occurrence": campaign.occurrence,
        "goal": campaign.goal,
        "goal_window_days": campaign.goal_window_days,
        "holdout_percent": campaign.holdout_percent,
        "is_active": campaign.is_active,
        "state": approval.state,
        "decided_by": approval.decided_by or None,
        "decided_at": approval.decided_at and approval.decided_at.replace(tzinfo=UTC).isoformat(),
        "reason": approval.reason or None,
        "digest": approval.digest,
        "changed_files": list(approval.changed_files),
        "planned": None if planned is None else {name: planned.get(name, 0) for name in PLANNED},
        "second_approval": second_approval_document(second),
        "results": results and {name: value for name, value in results.items() if name != "campaign_id"},
    }


def campaign_list(
    settings: Settings,
    campaigns: Iterable[Campaign],
    standing: Mapping[str, Approval],
    plans: Mapping[str, SecondApproval],
) -> list[dict[str, Any]]:
    """Campaigns with what the publication has of each.

    Args:
        settings: the installation.
        campaigns: the campaigns.
        standing: where each stands, by its id.
        plans: where the plan of each stands that is planned.
    """
    planned, results = published_figures(settings)
    return [
        campaign_document(one, standing[name], planned.get(name), results.get(name), plans.get(name))
        for name, one in ((one.campaign_id, one) for one in campaigns)
    ]


def wrong_file_documents(
    mistakes: Mapping[str, str], folder: Path, id_field: str = "campaign_id"
) -> list[dict[str, Any]]:
    """The files of a folder that have mistakes: nothing of them is sent.

    Args:
        mistakes: by campaign or journey.
        folder: of campaign files, or of journey files.
        id_field: what their id is called in the list.
    """
    return [
        {id_field: name, "state": "wrong_file", "mistake": mistake}
        for name, mistake in mistakes.items()
        if (folder / f"{name}.yml").exists()
    ]


def text_documents(settings: Settings, campaign: Campaign) -> list[dict[str, Any]]:
    """The texts of a campaign or journey with sample values.

    Raises:
        UserError: a template is missing or wrong.
    """
    from exports.definitions.campaign_files import campaign_folder, templates

    return [
        {"step": step, "channel": channel, "variant": variant, "file": template.path, "text": text}
        for (step, channel), template in templates(campaign, campaign_folder(settings)).items()
        for variant, text in template.samples().items()
    ]


def preview_document(previews: list[CampaignPreview], publication: Publication, reasons: Reasons) -> dict[str, Any]:
    """What the plan of a publication would send.

    Args:
        previews: of each campaign that was asked for.
        publication: whose plan it is.
        reasons: what reasons are called.
    """
    return {
        "publication_id": publication.publication_id,
        "as_of": publication.as_of,
        "campaigns": [_one(preview, reasons) for preview in previews],
    }


def _one(preview: CampaignPreview, reasons: Reasons) -> dict[str, Any]:
    counts = {"send": 0, "hold": 0, "refuse": 0}
    for row in preview.decisions:
        counts[row["decision"]] += row["messages"]
    return {
        **campaign_document(
            preview.campaign,
            preview.approval,
            None if preview.absence else counts,
            None,
            None if preview.absence else preview.second,
        ),
        "absence": preview.absence or None,
        "entrants": preview.entrants,
        "is_planned_as_it_is": preview.is_planned_as_it_is,
        "differences": [asdict(one) for one in preview.differences],
        "customers": dict(preview.customers),
        "messages": preview.messages,
        "to_send": preview.to_send,
        "waiting": preview.waiting,
        "not_allowed": preview.not_allowed,
        "sms_parts": preview.sms_parts,
        "decisions": [_decision(row, reasons) for row in preview.decisions],
        "texts": [_texts(one, reasons) for one in preview.texts],
        "withheld": list(preview.withheld),
        "value": asdict(preview.value) if preview.value else None,
        "employees": list(preview.employees),
    }


def _decision(row: Row, reasons: Reasons) -> dict[str, Any]:
    zh, en = reasons.find(row["reason"] or "") or (row["reason"], row["reason"])
    return {**row, "reason_zh": zh, "reason_en": en}


def _texts(one: StepTexts, reasons: Reasons) -> dict[str, Any]:
    return {
        "step": one.step.number,
        "step_name": one.step.name,
        "wait_days": one.step.wait_days,
        "channel": one.channel,
        "messages": one.texts.messages,
        "sms_parts": one.texts.parts,
        "not_allowed": [
            {"reason": reason, **_in_words("reason", reason, reasons), "messages": messages}
            for reason, messages in one.texts.not_allowed.items()
        ],
        "samples": [
            {**asdict(sample), **_in_words("problem", sample.problem, reasons)} for sample in one.texts.samples
        ],
    }


def _in_words(name: str, reason: str, reasons: Reasons) -> dict[str, str]:
    return {f"{name}_zh": reasons.in_words(reason, "zh_CN"), f"{name}_en": reasons.in_words(reason, "en")}
