"""The app's buttons do what the command line does."""

import pytest

from dashboards import commands
from serving.published_copy import current_copy
from stores.settings import Settings

# Commands are started.
pytestmark = pytest.mark.heavy


def test_a_command_answers_about_the_installation_that_the_app_shows(published: Settings) -> None:
    sent = {one["campaign_id"]: (one["results"] or {}).get("sent") for one in commands.ask("campaign", "list")}
    with current_copy(published) as copy:
        ((expected,),) = copy.values("select sum(sent) from campaigns.campaign_performance")
    assert sent["dormant_recall"] == expected > 0


def test_what_a_command_refuses_is_said_in_its_own_words(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign 'nobody'"):
        commands.run("campaign", "pause", "--by=Lin", "--", "nobody")


def test_what_people_type_never_becomes_an_option(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign '--help'"):
        commands.run("campaign", "pause", "--by=Lin", "--", "--help")


def test_a_document_can_be_asked_for_behind_what_people_typed(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign '--json'"):
        commands.ask("campaign", "preview", "--", "--json")


def test_a_command_that_takes_too_long_is_stopped(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="took longer than 0 s"):
        commands.run("lake", "freshness", seconds=0.01)


def test_the_page_can_show_what_one_would_type() -> None:
    assert commands.shown("campaign", "pause", "--by=Li Na", "x") == "guanxi campaign pause '--by=Li Na' x"
