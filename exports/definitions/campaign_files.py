"""Campaign files as they are read, `exports/campaigns/<campaign_id>.yml`: a mistake names file, line and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_steps import MessageChannelChoice, StepEntry, mistakes_of_steps, steps_of
from exports.definitions.message_programme import Name, Variant
from exports.definitions.template import Template, Wording
from exports.definitions.template_reading import read_template
from exports.definitions.yaml_lines import Document, Position, read_yaml
from exports.rendering.wording_rules import WordingRules, read_fields, read_wording_rules
from stores.errors import UserError, problem_of_value
from stores.message_channels import read_message_channels, read_message_purposes
from stores.settings import Settings


def campaign_folder(settings: Settings) -> Path:
    """Where the installation's campaign files are; the templates stand beside it."""
    return settings.project_root / "exports" / "campaigns"


def load_campaigns(folder: Path) -> list[Campaign]:
    """Read and check all campaign files of a folder, and the templates that they use.

    Args:
        folder: holds `<campaign_id>.yml`; the templates are in `templates/` beside it.

    Returns:
        The campaigns, by file name; also those that are not active.

    Raises:
        UserError: every mistake of the first wrong file, each with file, line, field and what is allowed.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".yml" and path.suffix.lower() in (".yml", ".yaml"):
            raise UserError(f"{path.name}: campaign files end in .yml. Rename it, or move it out of {folder.name}/.")
    paths = sorted(folder.glob("*.yml"))
    rows = _rows_of_seeds(folder.parents[1]) if paths else {}
    campaigns = [_load(path, rows) for path in paths]
    for campaign in campaigns:
        templates(campaign, folder)
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
        "fields": tuple(read_fields(project_root)),
    }


def _load(path: Path, rows: Mapping[str, tuple[str, ...]]) -> Campaign:
    document = read_yaml(path)
    try:
        campaign = Campaign.model_validate(document.values, context=rows)
    except ValidationError as bad:
        raise UserError("; ".join(_explained(bad, document)) + ".") from bad
    if campaign.campaign_id != path.stem:
        raise UserError(document.mistake(("campaign_id",), f"must be the file's name, {path.stem!r}."))
    mistakes = list(mistakes_of_steps(campaign, document))
    if mistakes:
        raise UserError("; ".join(mistakes) + ".")
    return campaign


def _explained(bad: ValidationError, document: Document) -> Iterable[str]:
    seen: set[Position] = set()
    for error in bad.errors():
        position = tuple(part for part in error["loc"] if part not in ("str", "int", "float", "[key]"))
        if position in seen:
            continue
        seen.add(position)
        if error["type"] == "extra_forbidden":
            yield document.mistake(position, f"is not a field; the fields are {', '.join(_fields(position))}")
        else:
            yield document.mistake(position, problem_of_value(error))


def _fields(position: Position) -> list[str]:
    """The fields that may stand where an unknown one was found."""
    models: dict[Any, type[BaseModel]] = {"name": Name, "channels": MessageChannelChoice, "variants": Variant}
    model = models.get(position[0], Campaign) if len(position) > 1 else Campaign
    if position[0] == "steps" and len(position) > 1:
        model = MessageChannelChoice if "channels" in position and len(position) > 3 else StepEntry
    own = [name for name in model.__annotations__ if name in model.model_fields]
    return [*own, *(name for name in model.model_fields if name not in own)]
