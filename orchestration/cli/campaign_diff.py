"""`guanxi campaign diff` as text, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.session import console, print_json

if TYPE_CHECKING:
    from orchestration.branch_diff.campaign_diff import CampaignDiff, PlanDiff
    from stores.reason_texts import Reasons
    from stores.settings import Settings

_MOST_MOVES = 15


def show_diff(settings: Settings, campaign: str | None, against: str | None, as_json: bool, as_markdown: bool) -> None:
    """Compare the plan with that of another publication, or of the branch.

    Args:
        settings: the installation.
        campaign: its id; None for all.
        against: a publication or a branch; None for the publication before.
        as_json: as a document for a script.
        as_markdown: as Markdown.

    Raises:
        UserError: no such campaign, publication or build, or a file that is not right.
    """
    from exports.definitions.approval import find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from orchestration.branch_diff.campaign_diff import campaign_diff

    campaigns = load_campaigns(campaign_folder(settings), campaign)
    chosen = campaigns if campaign is None else [find_campaign(campaigns, campaign)]
    found = campaign_diff(settings, chosen, against)
    if as_json:
        print_json(document(found))
        return
    for line in lines(found, as_markdown):
        console.print(line, markup=False, soft_wrap=True)


def document(found: PlanDiff) -> dict[str, Any]:
    """The comparison for scripts."""
    return {
        "before": found.before,
        "after": found.after,
        "as_of": found.as_of.isoformat(),
        "campaigns": [
            {
                "campaign_id": one.campaign.campaign_id,
                "differs": one.change.differs,
                "audience": {
                    "before": one.change.before,
                    "after": one.change.after,
                    "joined": one.change.joined,
                    "left": one.change.left,
                },
                "moves": one.change.moves,
                "overlaps": one.change.overlaps,
                "collisions": one.change.collisions,
                "cost": one.cost,
                "positions": one.positions,
                "employees": one.employees,
                "samples": _samples(one),
            }
            for one in found.campaigns
        ],
    }


def lines(found: PlanDiff, as_markdown: bool) -> Iterator[str]:
    """The comparison, line by line.

    Args:
        found: what was compared.
        as_markdown: tables as Markdown, else as plain text.
    """
    yield f"{'## ' if as_markdown else ''}Campaign plan: {found.after} against {found.before} (as of {found.as_of})"
    same = [one.campaign.campaign_id for one in found.campaigns if not one.change.differs]
    for one in found.campaigns:
        if one.change.differs or len(found.campaigns) == 1:
            yield from _campaign(one, found.reasons, as_markdown)
    if same and len(found.campaigns) > 1:
        yield ""
        yield f"Without a difference: {', '.join(same)}."


def _campaign(one: CampaignDiff, reasons: Reasons, as_markdown: bool) -> Iterator[str]:
    change = one.change
    yield ""
    yield f"{'### ' if as_markdown else ''}{one.campaign.campaign_id}"
    yield ""
    yield (
        f"Audience {change.before} → {change.after} customers: {change.joined} joined, {change.left} left. "
        f"For {one.campaign.audience_in_words or 'an event'}."
    )
    moved = [row for row in change.moves if row["before"] != row["after"]]
    shown = [[_said(row["before"], reasons), _said(row["after"], reasons), row["customers"]] for row in moved]
    yield from _table("Said of customers", ("before", "now", "customers"), shown[:_MOST_MOVES], as_markdown)
    if rest := sum(row["customers"] for row in moved[_MOST_MOVES:]):
        yield f"{rest} more customers in {len(moved) - _MOST_MOVES} rarer ways; --json has all."
    yield from _table(
        "Get another campaign, too", ("campaign", "customers"),
        [[row["other"], row["customers"]] for row in change.overlaps], as_markdown,
    )  # fmt: skip
    yield from _table(
        "Frequency cap: who takes the slots", ("campaign", "customers"),
        [[row["other"] or "messages sent before", row["customers"]] for row in change.collisions], as_markdown,
    )  # fmt: skip
    yield from _table(
        "Where customers stand", ("step", "before", "now", ""),
        [[row["step"], row["before"], row["after"], "" if row["is_in_file"] else "not in the file now"]
         for row in one.positions], as_markdown,
    )  # fmt: skip
    yield from _table(
        "Messages and cost", ("channel", "by", "before", "now", "parts each", "cost before", "cost now"),
        [[row["channel"], row["destination"], row["before"], row["after"], row["parts"], _money(row["cost_before"]),
          _money(row["cost_after"])] for row in one.cost], as_markdown,
    )  # fmt: skip
    yield from _table(
        "Passed on by employees, in the publication",
        ("channel", "employee", "messages", "of all campaigns", "at most a day"),
        [[row["channel"], row["employee"], row["messages"], row["of_all_campaigns"], row["most_per_day"] or ""]
         for row in one.employees], as_markdown,
    )  # fmt: skip
    samples = [
        [
            row["channel"],
            row["variant"],
            row["name"] or "",
            row["to"] or "",
            row["text"] or f"not sent: {row['problem']}",
        ]
        for row in _samples(one)
    ]
    yield from _table("Samples, masked", ("channel", "variant", "name", "to", "text"), samples, as_markdown)


def _samples(one: CampaignDiff) -> list[dict[str, Any]]:
    from orchestration.branch_diff.campaign_diff import MOST_SAMPLES

    return [
        {
            "step": part.step.number,
            "channel": part.channel,
            "variant": sample.variant,
            "name": sample.name_mask,
            "to": sample.identifier_mask,
            "text": sample.content.get("text") or sample.content.get("body"),
            "problem": sample.problem,
            "messages": sample.messages,
            "sms": asdict(sample.sms) if sample.sms else None,
        }
        for part in one.texts
        for sample in part.texts.samples
    ][:MOST_SAMPLES]


def _said(said: str | None, reasons: Reasons) -> str:
    if said is None:
        return "not in the audience"
    return "is sent" if said == "send" else f"{reasons.in_words(said, 'en')} ({said})"


def _money(amount: float | None) -> str:
    return "no price" if amount is None else f"{amount:,.2f}"


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], as_markdown: bool) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"**{title}**" if as_markdown else f"{title}:"
    if as_markdown:
        yield ""
        yield f"| {' | '.join(header)} |"
        yield f"|{'---|' * len(header)}"
        for row in rows:
            yield f"| {' | '.join(_cell(cell) for cell in row)} |"
        yield ""
        return
    for row in rows:
        yield "  " + "  ".join(
            f"{name} {_cell(cell)}".strip() for name, cell in zip(header, row, strict=True) if cell != ""
        )


def _cell(cell: Any) -> str:
    """A value in one line that does not end a cell of a Markdown table."""
    return " ".join(str(cell).split()).replace("|", "\\|")
