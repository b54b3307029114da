"""All that is sent, as it is read: `exports/campaigns/<campaign_id>.yml` and `exports/journeys/<journey_id>.yml`.

A mistake names file, line, field and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from exports.definitions.campaign import Campaign, mistakes_of_campaign
from exports.definitions.campaign_steps import mistakes_of_steps, steps_of
from exports.definitions.definition_file import read_model
from exports.definitions.journeys.journey_files import journey_events, read_journeys
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


@dataclass(frozen=True)
class CampaignFiles:
    """All campaign and journey files, as they were read.

    Attributes:
        campaigns: those without a mistake, by file name, then the journeys; also those that are not active.
        mistakes: of each other file what is wrong with it or its texts, by the campaign that it is named after.
    """

    campaigns: list[Campaign]
    mistakes: Mapping[str, str]

    def checked(self, check: Callable[[Campaign], object]) -> CampaignFiles:
        """The same, those campaigns among the mistakes of which a check says that something is wrong.

        Args:
            check: raises `UserError` where something is.
        """
        right, mistakes = [], dict(self.mistakes)
        for campaign in self.campaigns:
            try:
                check(campaign)
                right.append(campaign)
            except UserError as wrong:
                mistakes[campaign.campaign_id] = str(wrong)
        return CampaignFiles(right, mistakes)


def load_campaigns(folder: Path, named: str | None = None) -> list[Campaign]:
    """Read and check all campaign and journey files, and the templates that they use.

    Args:
        folder: holds `<campaign_id>.yml`; journeys are in `journeys/` beside it, templates in `templates/`.
        named: the campaign that it is about: others whose files have mistakes are left out; None: it is about all.

    Returns:
        The campaigns, by file name, then the journeys; also those that are not active.

    Raises:
        UserError: every mistake of the first wrong file, each with file, line, field and what is allowed.
    """
    found = read_campaigns(folder)
    for name, mistake in found.mistakes.items():
        if named in (None, name):
            raise UserError(mistake)
    return found.campaigns


def read_campaigns(folder: Path) -> CampaignFiles:
    """Read and check all campaign and journey files, each by itself: a mistake in one leaves the others as they are.

    Args:
        folder: as for `load_campaigns`.

    Raises:
        UserError: a file of another ending, of which nobody can tell whether it replaces another; a wrong seed.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".yml" and path.suffix.lower() in (".yml", ".yaml"):
            raise UserError(f"{path.name}: campaign files end in .yml. Rename it, or move it out of {folder.name}/.")
    paths = sorted(folder.glob("*.yml"))
    rows = _rows_of_seeds(folder.parents[1]) if paths else {}
    campaigns: list[Campaign] = []
    mistakes: dict[str, str] = {}
    for path in paths:
        try:
            campaigns.append(_load(path, rows))
        except UserError as wrong:
            mistakes[path.stem] = str(wrong)
    campaigns += read_journeys(folder.parent / "journeys", mistakes)
    if not campaigns:
        return CampaignFiles([], mistakes)
    wording, twice = read_wording_rules(folder.parents[1]), _named_twice(folder)

    def check(campaign: Campaign) -> None:
        if campaign.campaign_id in twice:
            raise UserError(
                f"journeys/{campaign.campaign_id}.yml: journey_id: there is a campaign of that name. Choose another."
            )
        templates(campaign, folder, wording)

    return CampaignFiles(campaigns, mistakes).checked(check)


def _named_twice(folder: Path) -> set[str]:
    """Names that a campaign file and a journey file have alike: what is meant by them nobody can tell."""
    return {path.stem for path in folder.glob("*.yml")} & {
        path.stem for path in (folder.parent / "journeys").glob("*.yml")
    }


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
