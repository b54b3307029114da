"""All that is sent, as it is read: `exports/campaigns/<campaign_id>.yml` and `exports/journeys/<journey_id>.yml`.

A mistake names file, line, field and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from exports.definitions.campaign import Campaign, mistakes_of_campaign
from exports.definitions.campaign_steps import mistakes_of_steps, steps_of
from exports.definitions.definition_file import read_model
from exports.definitions.journeys.journey_files import journey_events, load_journeys
from exports.definitions.message_programme import GOALS
from exports.definitions.tag_purposes import require_purpose, tags_of_project
from exports.definitions.template import Template, Wording
from exports.definitions.template_reading import read_template
from exports.rendering.wording_rules import WordingRules, read_fields, read_wording_rules
from stores.errors import UserError
from stores.message_channels import read_message_channels, read_message_purposes
from stores.settings import Settings


def campaign_folder(settings: Settings) -> Path:
    """Where the installation's campaign files are; the templates stand beside it."""
    return settings.project_root / "exports" / "campaigns"


def journey_folder(settings: Settings) -> Path:
    """Where the installation's journey files are."""
    return campaign_folder(settings).parent / "journeys"


def load_campaigns(folder: Path) -> list[Campaign]:
    """Read and check all campaign and journey files, and the templates that they use.

    Args:
        folder: holds `<campaign_id>.yml`; journeys are in `journeys/` beside it, templates in `templates/`.

    Returns:
        The campaigns, by file name, then the journeys; also those that are not active.

    Raises:
        UserError: every mistake of the first wrong file, each with file, line, field and what is allowed.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".yml" and path.suffix.lower() in (".yml", ".yaml"):
            raise UserError(f"{path.name}: campaign files end in .yml. Rename it, or move it out of {folder.name}/.")
    paths = sorted(folder.glob("*.yml"))
    rows = _rows_of_seeds(folder.parents[1]) if paths else {}
    campaigns: list[Campaign] = [_load(path, rows) for path in paths]
    campaigns += load_journeys(folder.parent / "journeys")
    seen: set[str] = set()
    wording = read_wording_rules(folder.parents[1]) if campaigns else None
    for campaign in campaigns:
        if campaign.campaign_id in seen:
            raise UserError(
                f"journeys/{campaign.campaign_id}.yml: journey_id: there is a campaign of that name. Choose another."
            )
        seen.add(campaign.campaign_id)
        templates(campaign, folder, wording)
    return campaigns


def templates(campaign: Campaign, folder: Path, rules: WordingRules | None = None) -> dict[tuple[int, str], Template]:
    """The campaign's templates by number of the step and channel.

    Args:
        campaign: the campaign.
        folder: the folder of the campaign files.
        rules: those of the publication that is carried out, under which a channel that it does not know has no
            template; None: those of the project.

    Raises:
        UserError: a template is missing or wrong.
    """
    place = folder.parent / "templates"
    known = rules or read_wording_rules(folder.parents[1])
    variants = [variant.name for variant in campaign.variants]
    wording = Wording(campaign.language, campaign.parameters, variants, campaign.campaign_id)
    return {
        (step.number, choice.channel): read_template(
            place / step.template, known.channels[choice.channel], wording, known
        )
        for step in steps_of(campaign)
        for choice in step.channels
        if choice.channel in known.channels
    }


def _rows_of_seeds(project_root: Path) -> dict[str, tuple[str, ...]]:
    """What campaign files may name of the seeds."""
    return {
        "channels": tuple(read_message_channels(project_root)),
        "purposes": read_message_purposes(project_root),
        "goals": tuple(dict.fromkeys((*GOALS, *journey_events(project_root)))),
        "fields": tuple(read_fields(project_root)),
    }


def _load(path: Path, rows: Mapping[str, tuple[str, ...]]) -> Campaign:
    campaign, document = read_model(path, Campaign, rows)
    if campaign.campaign_id != path.stem:
        raise UserError(document.mistake(("campaign_id",), f"must be the file's name, {path.stem!r}."))
    mistakes = [*mistakes_of_campaign(campaign, document), *mistakes_of_steps(campaign, document)]
    if tags := campaign.tags():
        try:
            require_purpose(tags, tags_of_project(path.parents[2])[1], campaign.tag_purpose)
        except ValueError as bad:
            mistakes.append(document.mistake(("audience",), str(bad)))
    if mistakes:
        raise UserError("; ".join(mistakes) + ".")
    return campaign
