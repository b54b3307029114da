"""Is the configuration right? Asked before anything starts, so that a mistake costs seconds and not half a run."""

from __future__ import annotations

from exports.definitions.registration import campaigns_in_force, warn_of_missing_audiences, warn_of_mistakes
from exports.destinations import open_destination
from exports.policy.send_policy import RULES as RULES_OF_SENDING
from exports.policy.send_policy import send_rules_of
from exports.receipts.field_names import field_names_of
from exports.receipts.status_words import RULES as RULES_OF_RECEIPTS
from exports.receipts.status_words import words_of
from ingestion.channels import discover
from orchestration.dbt.active_channels import channels_in_use
from orchestration.fitted_models.lifetime import is_switched_on
from orchestration.seeds.seed_files import check_seeds, project_rules
from orchestration.stewardship.probable_links import linkage_thresholds
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.settings import Settings
from stores.settings_files import file_of


def check_configuration(settings: Settings) -> dict[str, str]:
    """Open the keys, read every section of the settings and every campaign file, as their users will.

    Args:
        settings: the installation.

    Returns:
        What is wrong with campaign and journey files, by campaign: nothing of them is sent, everything else goes on.

    Raises:
        UserError: names the file, the section or line, the field and what is allowed; or says that the keys are not
            those of the data folder, or that it is of an older release.
    """
    open_keyring(settings)
    check_sections(settings)
    channels_in_use(settings)
    linkage_thresholds(settings)
    is_switched_on(settings)
    check_seeds(settings)
    # as those who send and those who read receipts will, once they are published
    send_rules_of(project_rules(settings, RULES_OF_SENDING))
    of_receipts = project_rules(settings, RULES_OF_RECEIPTS)
    words_of(of_receipts)
    for destination in (None, *settings.destinations):
        field_names_of(of_receipts, settings, destination)
    found = campaigns_in_force(settings)
    warn_of_mistakes(found)
    warn_of_missing_audiences(settings, found.campaigns)
    return dict(found.mistakes)


def check_sections(settings: Settings) -> None:
    """Read the sections of channels and destinations, as their users will.

    Args:
        settings: the installation.

    Raises:
        UserError: names the file, the section, the field and what is allowed.
    """
    channels = discover()
    unknown = sorted(set(settings.channels) - set(channels))
    if unknown:
        raise UserError(
            f"{file_of(f'channels.{unknown[0]}')}, section [channels.{unknown[0]}]: there is no such channel. "
            f"Channels: {', '.join(sorted(channels))}."
        )
    for channel in channels.values():
        if channel.source is None:
            settings.channel(channel.name, channel.settings_model)
        else:
            channel.source.lookback_seconds(settings, channel)  # reads and checks the source's own section
    for name in settings.destinations:
        open_destination(settings, name).close()
