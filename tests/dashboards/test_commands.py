"""The app's buttons do what the command line does."""

import pytest

from dashboards import commands
from stores.settings import Settings

# Commands are started.
pytestmark = pytest.mark.heavy


def test_a_command_answers_about_the_installation_that_the_app_shows(published: Settings) -> None:
    told = commands.ask("status")
    assert (published.published / f"serving-{told['publication']['publication_id']}.duckdb").exists()


def test_what_a_command_refuses_is_said_in_its_own_words(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign 'nobody'"):
        commands.run("campaign", "show", "--", "nobody")


def test_what_people_type_never_becomes_an_option(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign '--help'"):
        commands.run("campaign", "show", "--", "--help")


def test_a_document_can_be_asked_for_behind_what_people_typed(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="There is no campaign '--json'"):
        commands.ask("campaign", "preview", "--", "--json")


def test_a_command_that_takes_too_long_is_stopped(published: Settings) -> None:
    with pytest.raises(commands.CommandFailed, match="took longer than 0 s"):
        commands.run("status", seconds=0.01)


def test_the_page_can_show_what_one_would_type() -> None:
    assert commands.shown("campaign", "pause", "--by=Li Na", "x") == "guanxi campaign pause '--by=Li Na' x"
