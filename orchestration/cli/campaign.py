"""`guanxi campaign`: which campaigns may go out, in which form, and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.campaign_approval import SENDS_PLAN, By, Plan, approve_of, plan_standings, warn_of_second_person
from orchestration.cli.campaign_diff import show_diff
from orchestration.cli.campaign_halt import tell_halted, warn_of_wrong_files
from orchestration.cli.campaign_preview import MEANS, WAITS_FOR_SECOND, show_preview, warn_of_texts
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted
from stores.errors import UserError
from stores.settings import Settings

if TYPE_CHECKING:
    from exports.definitions.campaign import Campaign

app = typer.Typer(
    no_args_is_help=True,
    help="Campaigns: list, show, preview, diff, test, approve, pause, stop; release a publication.",
)
Name = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign, as its file is named.")]


@app.command("list")
def list_campaigns(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show every campaign and where it stands; of one whose file is wrong what is wrong with it."""
    settings = open_session(home, for_script=as_json)
    from exports.definitions.approval import approvals
    from exports.definitions.campaign_files import campaign_folder, read_campaigns
    from orchestration.cli.campaign_documents import campaign_list, channels_of, wrong_file_documents
    from orchestration.cli.summary import print_mistakes

    files = read_campaigns(campaign_folder(settings))
    wrong = wrong_file_documents(files.mistakes, campaign_folder(settings))
    campaigns = [one for one in files.campaigns if one.kind == "campaign"]
    standing = approvals(settings, campaigns)
    _, plans = plan_standings(settings, campaigns, standing)
    say_past_day(settings)
    if as_json:
        print_json(campaign_list(settings, campaigns, standing, plans) + wrong)
        return
    table = Listing("Campaign", "Version", "Audience", "Channels", "State", "By", "Means")
    for campaign in campaigns:
        approval = standing[campaign.campaign_id]
        table.add_row(
            campaign.campaign_id,
            str(campaign.version),
            campaign.audience_in_words,
            ", ".join(channels_of(campaign)),
            approval.state if campaign.is_active else f"{approval.state}, is_active: false",
            approval.decided_by,
            WAITS_FOR_SECOND
            if campaign.campaign_id in plans and plans[campaign.campaign_id].is_missing and not approval.held_as
            else MEANS[approval.state],
        )
    console.print(table if campaigns or wrong else "There is no campaign file in exports/campaigns/ yet.")
    print_mistakes({one["campaign_id"]: one["mistake"] for one in wrong})


@app.command("show")
def show(campaign: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one campaign: where it stands, what changed since it was approved, what would be sent.

    Exit code 2: it names a segment, destination or class of caps that is not there, so that it cannot be approved.
    """
    settings = open_session(home, for_script=as_json)
    say_past_day(settings)
    from exports.definitions.registration import check_campaigns

    if as_json:
        found, document = _document(settings, campaign)
        print_json(document)
    else:
        found = _tell(settings, campaign)
        warn_of_second_person(settings, found)
    check_campaigns(settings, [found])


@app.command("preview")
def preview(
    campaign: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="One campaign; without it all.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the plan of the current publication would send: how many, who not and why, which texts, SMS parts."""
    show_preview(open_session(home, for_script=as_json), campaign, as_json)


@app.command("diff")
def diff(
    campaign: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="One campaign; without it all.")] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="PUBLICATION|BRANCH", help="Default: the publication before."),
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a pull request.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is different in the plan: who joined and left and why, overlaps, collisions, positions, cost, samples.

    Against a branch, what `guanxi diff` built in it is compared with the publication.
    """
    show_diff(open_session(home, for_script=as_json), campaign, against, as_json, as_markdown)


@app.command("approve")
def approve(campaign: Name, by: By, plan: Plan = "", home: HomeOption = None) -> None:
    """Let a campaign go out as its file, its templates and its segment's SQL are now; a later change stops it.

    Of an approved campaign whose plan is above a row of the seed approval_limits: approve this plan as a second person.
    """
    settings = open_session(home, changes=True)
    from exports.definitions.approval import find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns

    approved = find_campaign(load_campaigns(campaign_folder(settings), campaign), campaign)
    is_plan = approve_of(settings, approved, by, plan)
    found = _tell(settings, campaign)
    warn_of_texts(settings, campaign)
    warn_of_second_person(settings, found)
    console.print(
        SENDS_PLAN
        if is_plan
        else "The next `guanxi run` plans it; `guanxi run --no-send` shows the plan without sending."
    )


@app.command("pause")
def pause(
    campaign: Name,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who find it paused.")] = "",
    home: HomeOption = None,
) -> None:
    """Stop a campaign at once, also one whose file is wrong; what is planned waits until it is approved again."""
    settings = open_session(home, changes=True)
    from exports.delivery.halt_campaign import pause as pause_campaign

    mistake = pause_campaign(settings, campaign, by, reason)
    if mistake:
        tell_halted(campaign, by, reason, mistake)
    else:
        _tell(settings, campaign)


@app.command("stop")
def stop(
    campaign: Name,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision and in the audit log.")],
    home: HomeOption = None,
) -> None:
    """Stop a campaign or journey at once, also one whose file is wrong, and cancel what waits; say what is leaving."""
    settings = open_session(home, changes=True)
    from exports.delivery.halt_campaign import stop_campaign

    stopped = stop_campaign(settings, campaign, by, reason)
    console.print(
        f"{campaign} is stopped: {counted(stopped.cancelled, 'message')} cancelled that waited, "
        f"{stopped.under_way} under way at this moment, {stopped.left} had left before.",
        markup=False,
        soft_wrap=True,
    )
    if stopped.mistake:
        warn_of_wrong_files(stopped.mistake)
    console.print(f"`guanxi campaign approve {campaign} --by NAME` lets it go on.", markup=False, soft_wrap=True)


@app.command("test")
def send_test(
    campaign: Name,
    to: Annotated[str, typer.Option("--to", metavar="LIST", help="A list of people: a section guanxi.test_lists.")],
    by: By,
    home: HomeOption = None,
) -> None:
    """Send sample messages of a campaign or journey to people of the company; they count nowhere.

    Exit code 1: some of them were not accepted.
    """
    from orchestration.cli.campaign_test import send_to_list

    if not send_to_list(open_session(home, changes=True), campaign, to, by):
        raise typer.Exit(1)


@app.command("release")
def release(by: By, home: HomeOption = None) -> None:
    """Let the plan of the current publication be delivered: after a preview, or a publication made by hand."""
    settings = open_session(home, changes=True)
    from stores.key_record import open_keyring
    from stores.warehouse import current_publication, release_publication, writer_lock

    who = " ".join(by.split())
    if not who:
        raise UserError("Say who decides: --by NAME.")
    with writer_lock(settings):
        found = current_publication(settings)
        if found:
            open_keyring(settings)  # a plan that nothing may be sent by now is not released
            # First of all, so that there is no release that nobody signed.
            _audit(settings, who, found.publication_id)
        publication = release_publication(settings)
    console.print(f"Released [bold]{publication.publication_id}[/bold] (as of {publication.as_of}).")
    if publication.as_of == settings.today():
        console.print("The next delivery carries its plan out: by itself under `guanxi up`, or with `guanxi run`.")
    else:
        from orchestration.cli.summary import permission

        console.print(f"It is still {permission(settings, publication)}.", markup=False, soft_wrap=True)


def _document(settings: Settings, name: str) -> tuple[Campaign, dict[str, Any]]:
    """A campaign with what `campaign list --json` says of it, and its texts with sample values."""
    from exports.definitions.approval import approvals, find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from orchestration.cli.campaign_documents import campaign_document, published_figures, text_documents

    found = find_campaign(load_campaigns(campaign_folder(settings), name), name)
    planned, results = published_figures(settings)
    standing = approvals(settings, [found])
    _, plans = plan_standings(settings, [found], standing)
    document = campaign_document(found, standing[name], planned.get(name), results.get(name), plans.get(name))
    return found, {**document, "texts": text_documents(settings, found)}


def say_past_day(settings: Settings) -> None:
    """While a past day is looked at: that approvals are none of that day's. On standard error, for scripts."""
    if settings.past_day:
        typer.echo(
            f"GUANXI_PAST_DAY is {settings.past_day}: files and approvals of campaigns are shown as they are today.",
            err=True,
        )


def _audit(settings: Settings, who: str, publication_id: str) -> None:
    from stores import operations

    with operations.writing(operations.engine(settings)) as connection:
        operations.record_access(
            connection,
            actor=who[:100],
            action="release",
            subject_type="publication",
            subject=publication_id,
            purpose="delivery",
            records=1,
            moment=settings.now(),
        )


def _tell(settings: Settings, name: str) -> Campaign:
    from exports.definitions.approval import approvals, find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns

    campaign = find_campaign(load_campaigns(campaign_folder(settings), name), name)
    approval = approvals(settings, [campaign])[name]
    lines = [f"{name} version {campaign.version}: {approval.state} ({MEANS[approval.state]})"]
    if approval.decided_at:
        local = settings.business_time(approval.decided_at)
        lines.append(f"decided by {approval.decided_by} at {local:%Y-%m-%d %H:%M}")
    if approval.reason:
        lines.append(f"reason: {approval.reason}")
    lines += [f"changed since: {path}" for path in approval.changed_files]
    who = f"audience: {campaign.audience_in_words}" if campaign.audience_in_words else "event"
    lines.append(f"{who}, {campaign.occurrence}, digest {approval.digest}")
    lines += texts_of(settings, campaign)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    return campaign


def texts_of(settings: Settings, campaign: Campaign) -> list[str]:
    """The texts of a campaign or journey with sample values, one a line, each with its file.

    Raises:
        UserError: a template is missing or wrong.
    """
    from exports.definitions.campaign_files import campaign_folder, templates
    from exports.definitions.campaign_steps import steps_of

    lines = []
    steps = {step.number: step for step in steps_of(campaign)}
    for (number, channel), template in templates(campaign, campaign_folder(settings)).items():
        place = template.path.relative_to(settings.project_root)
        wait = f" (after {counted(steps[number].wait_days, 'day')})" if steps[number].wait_days else ""
        step = f"{steps[number].name}{wait} " if len(steps) > 1 else ""
        for variant, text in template.samples().items():
            name = f"{step}{channel} {variant}" if len(campaign.variants) > 1 else f"{step}{channel}"
            lines.append(f"{name}: {place}: {text}")
    return lines
