"""`guanxi campaign preview` on the screen: counts, reasons in words, samples, text messages to be paid."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from rich.markup import escape

from orchestration.cli.campaign_approval import second_person_lines
from orchestration.cli.names import in_both
from orchestration.cli.quarantine import WITHHELD_UNKNOWN, withheld_in_words
from orchestration.cli.session import Listing, console, print_json
from stores.counted import counted

if TYPE_CHECKING:
    from exports.policy.sms_size import SmsSize
    from exports.preview.campaign_preview import CampaignPreview, StepTexts
    from exports.preview.rendered import Sample
    from stores.publication import Publication
    from stores.reason_texts import Reasons
    from stores.settings import Settings

MEANS = {
    "approved": "is sent",
    "draft": "nobody approved it yet; nothing of it is sent",
    "paused": "nothing of it is sent until it is approved again",
    "changed": "its files are not the approved ones; nothing of it is sent until it is approved again",
}
WAITS_FOR_SECOND = "waits for a second person to approve its plan"
_ABSENT = {
    "not_active": "The plan has nothing of it: its file says is_active: false.",
    "not_planned_yet": "The plan was made before the campaign was there; the next build plans it.",
    "nobody_in_segment": "The plan has nothing of it: nobody is in its audience.",
    "journey_not_approved": "The plan has nothing of it: nobody enters a journey before it is approved.",
    "nobody_at_a_message": "The plan has nothing of it: nobody stands at a step that sends. `guanxi journey show` says "
    "who stands where.",
}
_LETTERS_NAMED = 12
_EMPLOYEES_SHOWN = 10


def show_preview(settings: Settings, campaign: str | None, as_json: bool) -> None:
    """Tell what the plan of the current publication would send for one campaign, or for all.

    Args:
        settings: the installation.
        campaign: its id; None for all.
        as_json: as a document for a script.

    Raises:
        UserError: no such campaign, nothing published, no plan in it, or a file that is not right.
    """
    from exports.definitions.approval import approvals, find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from exports.definitions.registration import check_audiences
    from exports.policy.second_approval import second_approvals
    from exports.preview.campaign_preview import preview
    from orchestration.cli.campaign_documents import preview_document
    from orchestration.sending.withheld_answers import withheld_answers_or_why_not
    from orchestration.stewardship.message_worth import worth_in_words
    from serving import overview, withheld
    from serving.published_copy import NoPublication, PublishedCopy
    from serving.rules import names
    from stores.warehouse import current_publication

    campaigns = load_campaigns(campaign_folder(settings), campaign)
    chosen = campaigns if campaign is None else [find_campaign(campaigns, campaign)]
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    check_audiences(settings, chosen)
    standing = approvals(settings, chosen)
    with PublishedCopy(publication.path) as published:
        reasons = names(published).reasons
        answers = withheld_answers_or_why_not(settings)
        answers.bring(published)
        plans = second_approvals(settings, published, publication, chosen, standing)
        found = [
            preview(settings, published, one, standing[name], plans[name], withheld.planned(published, name))
            for name, one in ((one.campaign_id, one) for one in chosen)
        ]
        everybody = int(published.values("select count(*) from marts.customers")[0][0])
        currency = overview.reporting_currency(published)
    if as_json:
        print_json({**preview_document(found, publication, reasons), "withheld_unknown": answers.unknown or None})
        return
    if not found:
        console.print("There is no campaign file in exports/campaigns/ yet.")
    if answers.unknown:
        console.print(WITHHELD_UNKNOWN + answers.unknown, style="yellow", markup=False, soft_wrap=True)
    for one in found:
        _tell(one, publication, reasons)
        _share(one, everybody, settings.gates.send_share)
        if one.value:
            _say(f"{worth_in_words(one.value, currency)}.")
        console.print()


def _tell(found: CampaignPreview, publication: Publication, reasons: Reasons) -> None:
    campaign, approval = found.campaign, found.approval
    name = in_both(campaign.name.in_english, campaign.name.in_chinese)
    console.print(f"[bold]{escape(campaign.campaign_id)}[/bold] {escape(name)}, version {campaign.version}")
    _say(f"{approval.state}: {MEANS[approval.state]}")
    for path in approval.changed_files:
        _say(f"changed since it was {'paused' if approval.state == 'paused' else 'approved'}: {path}")
    _say(f"Plan of publication {publication.publication_id}, as of {publication.as_of}")
    if found.absence:
        _say(_ABSENT[found.absence])
    if found.entrants is not None:
        share = found.campaign.holdout_percent
        _say(f"{counted(found.entrants, 'customer')} would enter now; {share:g} % of them are held out for comparison")
        if found.kept_out_by:
            _say(f"Not counted: who is inside {' or '.join(found.kept_out_by)} does not enter (entry.unless_in).")
    if found.differences:
        _say("Since the plan was made this has changed; the next build plans the campaign as it is now:")
        for one in found.differences:
            _say(f"  {one.field}: then {one.plan or 'none'}, now {one.file or 'none'}")
    if not found.absence:
        for line in second_person_lines(campaign, found.second, publication):
            console.print(f"  {line}", style="yellow", markup=False, soft_wrap=True)
        _totals(found, reasons)
        _counts(found)
        _reasons(found, reasons)
        _employees(found)
    for text in found.texts:
        _texts(text, len(found.campaign.steps or ()) > 1, len(campaign.variants) > 1, reasons)


def _share(found: CampaignPreview, everybody: int, limit: float) -> None:
    """Say ahead of the build that its gate will stop it."""
    from expectations.suites.campaign_audience import MIN_AUDIENCE

    reached = found.customers["meant"]
    if reached >= MIN_AUDIENCE and reached > limit * everybody:
        _say(
            f"It would reach {reached / everybody:.0%} of all customers, and a gate stops every build in which a "
            f"campaign reaches more than {limit:.0%} of them: raise `send_share` in [guanxi.gates] if that is meant"
        )


def _totals(found: CampaignPreview, reasons: Reasons) -> None:
    people, to_send = found.customers, f"{counted(found.to_send, 'message')} to send"
    if found.campaign.kind == "journey":
        _say(f"{counted(people['audience'], 'customer')} at a step that sends, {to_send}; who is held out never enters")
    else:
        held_out = f"{counted(people['holdout'], 'customer')} held out for comparison"
        _say(f"{counted(people['audience'], 'customer')} in the audience, {to_send}, {held_out}")
    if found.waiting:
        _say(f"{counted(found.waiting, 'message')} more would be sent once the campaign is approved and planned again")
    _not_allowed(found.texts, reasons)
    if found.sms_parts is not None:
        _say(f"{counted(found.sms_parts, 'text message')} to be paid (parts of all SMS)")
    for row in found.withheld:
        _say(f"{row['messages']:,} of these messages by {row['channel']} {withheld_in_words(row)}")


def _counts(found: CampaignPreview) -> None:
    sums: dict[tuple[int, str, str], dict[str, int]] = {}
    for row in found.decisions:
        figures = sums.setdefault((row["step"], row["channel"], row["variant"]), {})
        figures[row["decision"]] = figures.get(row["decision"], 0) + row["messages"]
        if row["reason"] == "holdout":
            figures["holdout"] = figures.get("holdout", 0) + row["messages"]
    columns = ("send", "hold", "refuse", "holdout")
    table = Listing("Step", "Channel", "Variant", "Send", "Hold", "Refuse", "of them held out")
    for (step, channel, variant), figures in sums.items():
        table.add_row(str(step), channel, variant, *(f"{figures.get(name, 0):,}" for name in columns))
    console.print(table)


def _reasons(found: CampaignPreview, reasons: Reasons) -> None:
    sums: dict[tuple[str, str | None], int] = {}
    for row in found.decisions:
        key = (row["decision"], row["reason"])
        sums[key] = sums.get(key, 0) + row["messages"]
    table = Listing("Decision", "Messages", "First reason", "原因")
    for (decision, reason), messages in sorted(sums.items(), key=lambda one: (one[0][0] != "send", one[0][0], -one[1])):
        zh, en = reasons.find(reason or "") or (reason or "", reason or "")
        table.add_row(decision, f"{messages:,}", f"{en} ({reason})" if reason else "", zh)
    console.print(table)


def _employees(found: CampaignPreview) -> None:
    """Who passes on how many messages, the busiest first."""
    if not found.employees:
        return
    table = Listing("Channel", "Employee", "Messages", "of all campaigns", "at most a day")
    for row in found.employees[:_EMPLOYEES_SHOWN]:
        most = "" if row["most_per_day"] is None else f"{row['most_per_day']:,}"
        table.add_row(row["channel"], row["employee"], f"{row['messages']:,}", f"{row['of_all_campaigns']:,}", most)
    console.print(table)
    if (more := len(found.employees) - _EMPLOYEES_SHOWN) > 0:
        _say(f"and {counted(more, 'employee')} with fewer; --json has all")


def _texts(one: StepTexts, has_steps: bool, has_variants: bool, reasons: Reasons) -> None:
    for sample in one.texts.samples:
        place = [f"step {one.step.number} {one.step.name}"] if has_steps else []
        place += [one.channel, *([f"variant {sample.variant}"] if has_variants else [])]
        console.print(f"  [bold]{escape(', '.join(place))}[/bold] {escape(_whom(sample))}", soft_wrap=True)
        for name, part in sample.content.items():
            # of an e-mail its plain text; the HTML is in --json
            if name == "blocks":
                _say(f"  blocks: {part}")
            elif name != "html":
                _say(indent(part, "  "))
        if sample.problem:
            _say(f"  not sent: {reasons.in_words(sample.problem, 'en')}")
        if sample.sms:
            _say(f"  {_size(sample.sms)}")


def _not_allowed(texts: list[StepTexts], reasons: Reasons) -> None:
    """Say how many planned messages the last look before sending will not let go for their text, and why."""
    for one in texts:
        for problem, messages in one.texts.not_allowed.items():
            whole = "all " if messages == one.texts.messages else ""
            said = f"{whole}{counted(messages, 'planned message')} by {one.channel} would not be sent"
            console.print(f"  {said}: {reasons.in_words(problem, 'en')}", style="yellow", markup=False, soft_wrap=True)


def warn_of_texts(settings: Settings, name: str) -> None:
    """Say of a campaign which of its planned messages cannot be sent for their text; nothing where nothing is planned.

    Args:
        settings: the installation.
        name: the campaign.

    Raises:
        UserError: a file is not right.
    """
    from exports.definitions.approval import find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from exports.preview.campaign_preview import planned_texts
    from serving.published_copy import NoPublication, PublicationDamaged, TableMissing, current_copy
    from serving.rules import names

    try:
        with current_copy(settings) as published:
            found = planned_texts(
                settings, published, find_campaign(load_campaigns(campaign_folder(settings), name), name)
            )
            _not_allowed(found, names(published).reasons)
    except (NoPublication, PublicationDamaged, TableMissing):
        # an approval needs no plan
        return


def _whom(sample: Sample) -> str:
    if not sample.messages:
        return "example for a made-up customer"
    others = f" and {counted(sample.messages - 1, 'other')}" if sample.messages > 1 else ""
    return f"to {sample.name_mask or 'name unknown'} {sample.identifier_mask or ''}".rstrip() + others


def _size(size: SmsSize) -> str:
    # a text in Chinese consists of such letters: there is nothing to leave out
    because = f", forced by {size.forced_by}" if 0 < len(size.forced_by) <= _LETTERS_NAMED else ""
    return f"{counted(size.characters, 'character')} ({size.encoding}{because}): {counted(size.parts, 'part')}"


def _say(text: str) -> None:
    console.print(indent(text, "  "), markup=False, soft_wrap=True)
