"""`guanxi tags`: the catalogue, what a rule would give; and `guanxi explain tag`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from orchestration.cli.names import in_both
from orchestration.cli.session import HomeOption, JsonOption, Listing, console, open_session, print_json
from stores.counted import counted
from stores.errors import UserError

if TYPE_CHECKING:
    from orchestration.tagging.explanation import TagStory
    from orchestration.tagging.preview import Preview
    from orchestration.tagging.source_rows import CountedRows

app = typer.Typer(no_args_is_help=True, help="Tags of customers: the catalogue, and what a rule would give.")

_WHY_NOT = {
    "not_profiled": "Not given: the customer opted out of profiling or is a minor, and the family is inferred.",
    "not_yet": "Not given yet: the rule counts from a later day, or the next run gives it.",
    "no_metric": "Not given: the metric is not known of this customer.",
    "no_fit": "Not given: the metric is outside of the rule.",
    "not_a_member": "Not given: the model of the tag does not name this customer.",
}


@app.command("list")
def list_tags(
    family: Annotated[str, typer.Option("--family", metavar="FAMILY", help="Only the tags of one family.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue of tags with how many customers have each."""
    settings = open_session(home, for_script=as_json)
    from serving.insight import tags
    from serving.published_copy import current_copy

    with current_copy(settings) as published:
        known = tags.known_families(published)
        if family and family not in known:
            raise UserError(f"--family {family!r}: there is no such family. Use one of {', '.join(known)}.")
        rows, total = tags.catalogue(published, family), tags.summary(published)
    if as_json:
        print_json({"summary": total, "tags": rows})
        return
    table = Listing("tag", "value", "family", "name", "customers", "share", "active", "state")
    for row in rows:
        name = in_both(row["name_en"], row["name_zh"])
        if row["value"]:
            name += f": {in_both(row['value_en'], row['value_zh'])}"
        table.add_row(
            row["tag"], row["value"] or "", row["family"], name, f"{row['customers']:,}",
            f"{row['customer_share']:.1%}", f"{row['active_share']:.1%}",
            "" if row["state"] == "held" else in_both(row["state_en"], row["state_zh"]),
        )  # fmt: skip
    console.print(table)
    if total:
        console.print(
            f"{counted(total['tags'], 'tag')}, {total['held_tags']} of them held; "
            f"{total['well_tagged_active_customers']:,} of {total['active_customers']:,} active customers are well "
            f"tagged; {total['median_counted_tags'] or 0:g} counted tags in the median.",
            soft_wrap=True, markup=False,
        )  # fmt: skip


@app.command("preview")
def preview_rules(
    given: Annotated[
        str,
        typer.Argument(metavar="ROW|FILE", help="A row as in tag_rules.csv, or a CSV file of such rows with header."),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try rules on the warehouse: how many customers, against today, and which tags they would repeat.

    Nothing is changed. A wrong row is told as a run would tell it.
    """
    settings = open_session(home, for_script=as_json)
    from orchestration.tagging.preview import preview

    found = preview(settings, given)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        _tell_preview(one)


def _tell_preview(one: Preview) -> None:
    named = one.tag + (f" = {one.value}" if one.value else "")
    console.print(f"[bold]{escape(named)}[/bold]: {escape(one.words)}", soft_wrap=True)
    share = one.customers / one.all_customers if one.all_customers else 0
    _say(
        f"{counted(one.customers, 'customer')} ({share:.1%} of {one.all_customers:,}), {one.active_customers:,} of "
        f"{one.all_active:,} active ones; the metric is known of {one.with_metric:,}."
    )
    _say(f"Today {one.before:,} have it: {one.gained:,} would get it, {one.lost:,} would lose it.")
    for other in one.overlaps:
        alike = f"{other.tag} = {other.value}" if other.value else other.tag
        _say(f"  overlap {other.jaccard:.2f} with {alike}: {counted(other.both, 'customer')} with both")


def explain_tag(
    tag: Annotated[str, typer.Argument(help="A tag, as in tag_rules.csv.")],
    customer_id: Annotated[str, typer.Argument(help="A customer id (c_…), or a profile: shop:10023.")],
    by: Annotated[str, typer.Option("--by", help="Who looks at a sensitive tag; kept in the audit log.")] = "",
    why: Annotated[str, typer.Option("--why", help="For what a sensitive tag is looked at; kept too.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain why a customer has a tag or not: rule, metric, source rows, since when.

    A sensitive tag is told only to who says for what.
    """
    settings = open_session(home, for_script=as_json)
    from orchestration.tagging.explanation import tag_story

    story = tag_story(settings, tag, customer_id, by, why)
    if as_json:
        print_json(_document(story))
        return
    _tell(story)


def _document(story: TagStory) -> dict[str, Any]:
    parts = {name: value for name, value in asdict(story).items() if name != "publication"}
    return {"publication_id": story.publication.publication_id, "as_of": story.publication.as_of, **parts}


def _tell(story: TagStory) -> None:
    first = story.rules[0] if story.rules else {}
    name = in_both(first.get("name_en"), first.get("name_zh"))
    console.print(
        f"[bold]Tag {escape(story.tag)}[/bold] {escape(name)} of customer {escape(story.customer_id)} in publication "
        f"{story.publication.publication_id}, as of {story.publication.as_of}",
        soft_wrap=True,
    )
    for period in story.periods:
        value = f" = {period['value']}" if period["value"] else ""
        until = "" if period["is_current"] else f" until {period['until']}"
        _say(f"{'Held' if period['is_current'] else 'Was held'}{value} since {period['since']}{until}.")
    if story.reason != "held":
        _say(_WHY_NOT[story.reason])
    if story.is_sensitive:
        _say(f"Sensitive; may be used for: {story.purpose or 'what its model says'}")
    if first:
        kind = "inferred" if first["is_inferred"] else "not inferred"
        _say(f"Family {in_both(first['family_en'], first['family_zh'])} ({kind}), owner {first['owner']}.")
    for one in story.inputs:
        value = f"{one.value}: " if one.value else ""
        has = "is not known" if one.metric is None else f"is {one.metric}"
        _say(f"Rule {value}{one.rule}; the customer's {has}{' ✓' if one.fits else ''} ({one.table})")
    for rows in {id(one.counted): one.counted for one in story.inputs if one.counted}.values():
        tell_rows(rows)
    if story.inputs_unknown:
        _say(f"What the rule looked at cannot be read now: {story.inputs_unknown}")
    _say(f"Source profiles: {', '.join(story.profiles)}")
    if story.entries:
        _say("Newest entries of the timeline:")
    for row in story.entries:
        amount = "" if row["amount"] is None else f" {row['amount']:,.2f}"
        _say(f"  {row['occurred_at']:%Y-%m-%d %H:%M} {row['channel']} {row['kind']}{amount} {row['detail'] or ''}")


def tell_rows(rows: CountedRows) -> None:
    """Print what was counted: how many rows, and the newest with the file and line that brought each."""
    shown = f", the newest {len(rows.newest)} of them" if rows.total > len(rows.newest) else ""
    _say(f"Counted from {rows.total:,} {rows.of.replace('_', ' ')}{shown}{':' if rows.newest else ''}")
    for row in rows.newest:
        amount = "" if row.amount is None else f" {row.amount:,.2f}"
        line = "" if row.line is None else f" line {row.line:,}"
        file = f" ({row.source_file}{line})" if row.source_file else ""
        _say(f"  {row.occurred_at:%Y-%m-%d %H:%M} {row.channel}:{row.key} {row.what}{amount}{file}")


def _say(text: str) -> None:
    console.print(f"  {text.rstrip()}", markup=False, soft_wrap=True)
