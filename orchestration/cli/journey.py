"""`guanxi journey`: which journeys there are, who stands where in them, and who said that they may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.campaign import say_past_day, texts_of
from orchestration.cli.campaign_approval import SENDS_PLAN, By, Plan, approve_of, warn_of_second_person
from orchestration.cli.campaign_halt import tell_halted
from orchestration.cli.campaign_preview import MEANS, warn_of_texts
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted
from stores.settings import load_settings

if TYPE_CHECKING:
    from exports.definitions.approval import Approval
    from exports.definitions.journeys.journey_files import JourneyCampaign
    from stores.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="Journeys: list, show, approve, pause; what conditions may ask, schemas for editors."
)
Name = Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey, as its file is named.")]


@app.command("list")
def list_journeys(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show every journey, where it stands, and how many are in it; of one whose file is wrong what is wrong with it."""
    settings = open_session(home, for_script=as_json)
    from exports.definitions.approval import approvals
    from exports.definitions.campaign_files import campaign_folder, journey_folder, read_campaigns
    from exports.definitions.journeys.journey_files import JourneyCampaign
    from orchestration.cli.campaign_documents import wrong_file_documents
    from orchestration.cli.journey_documents import journey_document, published_counts
    from orchestration.cli.summary import print_mistakes

    files = read_campaigns(campaign_folder(settings))
    wrong = wrong_file_documents(files.mistakes, journey_folder(settings), "journey_id")
    journeys = [one for one in files.campaigns if isinstance(one, JourneyCampaign)]
    standing, counts = approvals(settings, journeys), published_counts(settings)
    say_past_day(settings)
    if as_json:
        print_json(
            [journey_document(one, standing[name], counts.get(name)) for name, one in _by_name(journeys).items()]
            + wrong
        )
        return
    table = Listing("Journey", "Version", "Entry", "State", "By", "Entered", "Inside", "Ended", "Held out")
    for name, one in _by_name(journeys).items():
        approval, found = standing[name], counts.get(name)
        figures = (found.entered, found.inside, found.ended, found.held_out) if found else ()
        table.add_row(
            name,
            str(one.version),
            one.segment or f"event {one.journey.entry.event}",
            approval.state if one.is_active else f"{approval.state}, is_active: false",
            approval.decided_by,
            *(f"{figure:,}" for figure in figures),
        )
    console.print(table if journeys or wrong else "There is no journey file in exports/journeys/ yet.")
    print_mistakes({one["journey_id"]: one["mistake"] for one in wrong})


@app.command("show")
def show(journey: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one journey: where it stands, its steps with who stands there, how runs ended, the texts.

    Exit code 2: it names a segment, destination or class of caps that is not there, so that it cannot be approved.
    """
    settings = open_session(home, for_script=as_json)
    say_past_day(settings)
    from exports.definitions.registration import check_campaigns
    from orchestration.cli.journey_documents import find_journey

    found = find_journey(settings, journey)
    _tell(settings, found, as_json)
    if not as_json:
        warn_of_second_person(settings, found)
    check_campaigns(settings, [found])


@app.command("approve")
def approve(journey: Name, by: By, plan: Plan = "", home: HomeOption = None) -> None:
    """Let a journey run as its file, its templates and its segments' SQL are now; a later change stops it.

    Of an approved journey whose plan is above a row of the seed approval_limits: approve this plan as a second person.
    """
    settings = open_session(home, changes=True)
    from orchestration.cli.journey_documents import find_journey

    found = find_journey(settings, journey)
    is_plan = approve_of(settings, found, by, plan)
    _tell(settings, found)
    warn_of_texts(settings, journey)
    warn_of_second_person(settings, found)
    console.print(
        SENDS_PLAN
        if is_plan
        else "The next `guanxi run` lets the first ones in; `guanxi run --no-send` does so without sending."
    )


@app.command("pause")
def pause(
    journey: Name,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who find it paused.")] = "",
    home: HomeOption = None,
) -> None:
    """Stop a journey at once, also one whose file is wrong: nobody enters or goes on until it is approved."""
    settings = open_session(home, changes=True)
    from exports.delivery.halt_campaign import kind_of
    from exports.delivery.halt_campaign import pause as pause_journey
    from orchestration.cli.journey_documents import find_journey

    if kind_of(settings, journey) != "journey":
        find_journey(settings, journey)
    mistake = pause_journey(settings, journey, by, reason)
    if mistake:
        tell_halted(journey, by, reason, mistake)
    else:
        _tell(settings, find_journey(settings, journey))


@app.command("fields")
def fields(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show what conditions of branches may ask of a customer, and the events that journeys may wait for."""
    settings = open_session(home, for_script=as_json)
    from exports.definitions.journeys.journey_files import condition_fields, condition_names, journey_events

    known, events = condition_fields(settings.project_root), journey_events(settings.project_root)
    names = condition_names(settings.project_root)
    if as_json:
        print_json(
            {
                "fields": [
                    {
                        "field": name,
                        **{key: getattr(one, key) for key in ("kind", "unit", "name_zh", "name_en")},
                    }
                    for name, one in sorted(known.items())
                ],
                "events": [
                    {"event": name, "name_zh": one.name_zh, "name_en": one.name_en} for name, one in events.items()
                ],
                "segments": sorted(names.segments),
                "tags": sorted(names.tags),
            }
        )
        return
    table = Listing("Field", "Kind", "Unit", "Means", "含义")
    for name, one in sorted(known.items()):
        table.add_row(name, one.kind, one.unit, one.name_en, one.name_zh)
    console.print(table)
    table = Listing("Event", "Means", "含义")
    for name, event in events.items():
        table.add_row(name, event.name_en, event.name_zh)
    console.print(table)
    console.print(
        "A condition compares fields with =, <>, <, <=, >, >=, in, between, is null, joined by and, or, not: numbers "
        "as they are, words in quotes, flags with true or false, days as days_since(<day>). segment('<name>') and "
        f"tag('<name>') ask for membership; there are {counted(len(names.segments), 'segment')} and "
        f"{counted(len(names.tags), 'tag')} (`guanxi tags list`).",
        markup=False,
    )


@app.command("schema")
def schema(
    what: Annotated[str, typer.Argument(metavar="KIND", help="Which files: journey or campaign.")] = "journey",
) -> None:
    """Print the JSON schema of journey or campaign files, by which editors complete and check them."""
    from exports.definitions.file_schemas import file_schema

    print_json(file_schema(what, load_settings().project_root))


def _by_name(journeys: list[JourneyCampaign]) -> dict[str, JourneyCampaign]:
    return {one.campaign_id: one for one in journeys}


def _tell(settings: Settings, journey: JourneyCampaign, as_json: bool = False) -> None:
    from exports.definitions.approval import approvals
    from orchestration.cli.campaign_documents import text_documents
    from orchestration.cli.journey_documents import journey_document, journey_figures
    from serving.journeys import figures
    from serving.published_copy import NoPublication, TableMissing, current_copy

    name = journey.campaign_id
    approval = approvals(settings, [journey])[name]
    try:
        with current_copy(settings) as published:
            counts = figures.counts(published).get(name)
            document = journey_document(journey, approval, counts)
            if as_json:
                texts = text_documents(settings, journey)
                print_json({**document, **journey_figures(published, name), "texts": texts})
                return
            funnel = figures.funnel(published, name)
            ends, tasks = figures.ends(published, name), figures.tasks(published, name)
            names = figures.names(published)
    except (NoPublication, TableMissing):
        counts, funnel, ends, tasks = None, [], [], []
        names = figures.JourneyNames({}, {})
        document = journey_document(journey, approval, None)
        if as_json:
            nothing = dict.fromkeys(("funnel", "ways", "ends", "tasks"))
            print_json({**document, **nothing, "texts": text_documents(settings, journey)})
            return
    _tell_standing(settings, journey, approval)
    from orchestration.cli import journey_words as words

    _say(f"enters: {words.entry_in_words(document)}")
    if journey.journey.exit_when:
        _say(f"ends early: {', '.join(journey.journey.exit_when)}")
    _say(
        f"{journey.holdout_percent:g} % are held out; when the version rises, who is inside: {journey.journey.on_edit}"
    )
    words.tell_counts(counts)
    by_step = {one.step: one for one in funnel if one.version == journey.version}
    for line in words.tree(document["steps"], by_step if counts else {}):
        _say(line)
    words.tell_older(funnel, journey.version)
    words.tell_ends(ends, names)
    words.tell_tasks(tasks)
    for line in texts_of(settings, journey):
        _say(line)


def _tell_standing(settings: Settings, journey: JourneyCampaign, approval: Approval) -> None:
    means = "runs" if approval.state == "approved" else MEANS[approval.state]
    title = f"{journey.campaign_id} {journey.name.in_chinese} {journey.name.in_english}, version {journey.version}"
    console.print(f"{title}: {approval.state} ({means})", markup=False, soft_wrap=True)
    if approval.decided_at:
        local = settings.business_time(approval.decided_at)
        _say(f"decided by {approval.decided_by} at {local:%Y-%m-%d %H:%M}")
    if approval.reason:
        _say(f"reason: {approval.reason}")
    for path in approval.changed_files:
        _say(f"changed since: {path}")


def _say(text: str) -> None:
    console.print(f"  {text.rstrip()}", markup=False, soft_wrap=True)
