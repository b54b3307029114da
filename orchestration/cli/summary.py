"""The tables that `demo`, `run` and `status` end with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestration.cli.names import in_both
from orchestration.cli.session import Listing, console
from orchestration.gates.result_text import CRITICAL, tell, way_on
from orchestration.installation_overview import Overview, overview
from orchestration.runs.business_day import fixed_day
from orchestration.runs.run_metadata import UNREADABLE
from stores.counted import counted
from stores.publication_files.pointer import Publication
from stores.settings import Settings

if TYPE_CHECKING:
    from orchestration.runs.run_job import JobOutcome
    from serving.totals import Segment


def print_run(settings: Settings, refreshed: JobOutcome, delivered: JobOutcome | None) -> None:
    """What a run did and what there is now."""
    seen = overview(settings)
    if refreshed.success:
        made = refreshed.assets.get("publication")
        console.print(
            f"Published [bold]{made['publication_id']}[/bold]." if made else "Nothing new: the last publication stands."
        )
    else:
        console.print("[red]The run failed; nothing was published, the last good publication stays.[/red]")
    for check in refreshed.failed_checks:
        console.print(f"  not met: {check}", style="yellow", markup=False)
    print_overview(settings, seen)
    _print_unreadable(refreshed)
    if delivered:
        print_delivery(settings, delivered)


def _print_unreadable(refreshed: JobOutcome) -> None:
    """Personal values that this run loaded and that are no phone, e-mail or id number."""
    counts = {
        name: made[UNREADABLE] for name, made in refreshed.assets.items() if made.get(UNREADABLE, "none") != "none"
    }
    if counts:
        told = "; ".join(f"{name.removeprefix('raw_').replace('/', '.')}: {counts[name]}" for name in sorted(counts))
        console.print(
            f"  loaded, but no phone, e-mail or id number, so nobody is known or reached by it: {told}. "
            "`guanxi quarantine list` says in which lines.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def print_delivery(settings: Settings, outcome: JobOutcome) -> None:
    """What one delivery run did."""
    from serving.rules import current_names

    report = outcome.assets.get("engagement/deliveries", {})
    if not report:
        console.print(f"Delivery failed: {outcome.error}", style="red", markup=False)
        return
    kept = (Counter(report["held"]) + Counter(report["refused"])).most_common()
    console.print(
        f"Delivery: {counted(report['sent'], 'message')} sent now, {report['sent_before']:,} before; "
        f"held back or refused: {_counts(dict(kept)) or 'none'}; unknown {report['unknown']:,}, to be tried again "
        f"{report['retry']:,}.",
        markup=False,
    )
    reasons = current_names(settings).reasons
    for reason, _ in kept:
        if found := reasons.find(reason):
            console.print(f"  {reason}: {found[1]}. {found[0]}。", style="dim", markup=False)
    if report["obstacle"] != "none":
        console.print(f"  Nothing was sent. {report['obstacle']}", style="yellow", markup=False)
    for destination, why in report["stopped"].items():
        found = reasons.find(why)
        told = f"{why}: {found[1]}. {found[0]}。" if found else why
        console.print(
            f"  {destination} stopped: {told}{_way_to_receive(settings, destination, why)}",
            style="yellow",
            markup=False,
        )


def _way_to_receive(settings: Settings, destination: str, why: str) -> str:
    """What takes the messages of a destination that sends to this machine, where nothing does."""
    from endpoints.receiver.page_words import command
    from orchestration.sending.receiver_setup import sent_elsewhere

    if not why.startswith("not_reached_") or destination in sent_elsewhere(settings, settings.ports.demo):
        return ""
    return f" Nothing listens on this machine: start `{command(settings, 'receiver')}`, and run again."


def print_mistakes(mistakes: Mapping[str, str]) -> None:
    """The campaign and journey files of which nothing is sent, and what is wrong with each."""
    for name, mistake in mistakes.items():
        console.print(
            f"Nothing of {name} is sent until its files are right: {mistake}", style="red", markup=False, soft_wrap=True
        )


def print_overview(settings: Settings, seen: Overview) -> None:
    """The state of the installation as one table."""
    table = Listing(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    _input_rows(table, seen)
    for name in seen.without_models:
        table.add_row("Not built", f"{name}: read into the lake, but dbt_project/models/staging/{name}/ has no model")
    for name, tables in seen.undelivered_consents.items():
        over = ", ".join(sorted({one for asked in tables.values() for one in asked}))
        never = f"channel {name}: consents were never delivered ({', '.join(tables)})"
        table.add_row("No consents", f"{never}; nobody of it can be messaged over {over}")
    if seen.publication:
        _publication_rows(settings, table, seen)
        if not seen.profiles:
            table.add_row("", f"nobody: no channel brought a profile; files go into {settings.landing}/<channel>/")
    if seen.warehouse_damage:
        way = "Restore it from a backup, or move it away and run `guanxi run --full`. Readers see the publication."
        table.add_row("Warehouse", f"{seen.warehouse_damage}. {way}")
    table.add_row("Gates", _gates(seen))
    if seen.campaigns:
        table.add_row("Campaigns", ", ".join(f"{name} {state}" for name, state in seen.campaigns.items()))
        waiting = [name for name, state in seen.campaigns.items() if state in ("draft", "paused", "changed")]
        if waiting:
            table.add_row("", f"not sent until approved: guanxi campaign approve {waiting[0]} --by YOUR_NAME")
    if seen.ledger:
        table.add_row("Message ledger", _counts(seen.ledger))
    table.add_row("Data folder", str(settings.home))
    if seen.publication:
        table.add_row("Published copy", str(seen.publication.path))
    console.print()
    console.print(table)


def _input_rows(table: Listing, seen: Overview) -> None:
    read, loaded, kept = (
        sum(getattr(row, name) for row in seen.channels) for name in ("physical", "loaded", "quarantined")
    )
    channels = len({row.channel for row in seen.channels})
    table.add_row(
        "Rows in",
        f"{read:,} read = {loaded:,} loaded + {kept:,} in quarantine, {counted(channels, 'channel')}",
    )
    if kept:
        by_channel: dict[str, int] = {}
        for row in seen.channels:
            by_channel[row.channel] = by_channel.get(row.channel, 0) + row.quarantined
        table.add_row("", "quarantined: " + _counts({name: count for name, count in by_channel.items() if count}))


def permission(settings: Settings, publication: Publication) -> str:
    """Whether the plan of a publication is carried out, and why not."""
    if not publication.may_deliver:
        return "not released: its plan is not delivered"
    if publication.as_of == settings.today():
        return "may be delivered"
    if fixed_day(settings):
        return f"not delivered: this home is fixed on {publication.as_of} (`guanxi day today` lets it follow today)"
    return f"not delivered: today is {settings.today()} (`guanxi run` makes today's)"


def _publication_rows(settings: Settings, table: Listing, seen: Overview) -> None:
    publication = seen.publication
    assert publication is not None
    table.add_row(
        "Publication",
        f"{publication.publication_id}, as of {publication.as_of}, {permission(settings, publication)}",
    )
    table.add_row(
        "Customers",
        f"{seen.customers:,} from {counted(seen.profiles, 'profile')} "
        f"({counted(seen.profiles - seen.customers, 'merge')}, "
        f"{counted(seen.merged_customers, 'customer')} with several profiles)",
    )
    table.add_row("Stages", _counts(seen.stages))
    table.add_row("Segments", _counts({_segment(one): one.customers for one in seen.segments}))
    sent = sum(count for (decision, _), count in seen.plan.items() if decision == "send")
    table.add_row("Campaign plan", f"{counted(sum(seen.plan.values()), 'candidate')}, {sent:,} to send")
    held = {f"{reason}": count for (decision, reason), count in seen.plan.items() if decision != "send"}
    table.add_row("", "held back: " + (_counts(held) or "none"))


def _segment(segment: Segment) -> str:
    return f"{segment.name} ({in_both(segment.name_en, segment.name_zh)})"


def _gates(seen: Overview) -> str:
    if not seen.gates:
        return "not run yet"
    results = seen.gates["results"]
    bad = [one for one in results if not one["success"]]
    text = f"{seen.gates['outcome']}: {len(results) - len(bad)} of {counted(len(results), 'check')} met"
    if seen.publication and seen.gates["outcome"] == "failed":
        text += f"; readers still see {seen.publication.publication_id}"
    lines = [text, *(f"{one['severity']}: {tell(one)}" for one in bad)]
    stopping = next((one for one in bad if one["severity"] == CRITICAL and not one.get("accepted_by")), None)
    return "\n".join([*lines, *([way_on(stopping)] if stopping else [])])


def _counts(values: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in values.items())
