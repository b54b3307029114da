"""`on_edit: finish`: a version in which old and new steps get into each other's way is refused, in words."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.journeys.journey_files import JourneyCampaign, load_journeys
from exports.definitions.journeys.kept_steps import require_kept_steps
from exports.definitions.registration import register
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings
from tests.testing import small_publication

NEW = "steps:\n  - send: camp_start\n    name: new_start\n  - exit: done\n    name: new_end\n"
Written = Callable[..., JourneyCampaign]


@pytest.fixture
def inside(settings: Settings) -> Settings:
    """A publication in which customers stand at a wait and in the last weeks of the newcomers' journey, version 1."""
    small_publication.publish_fixture(settings)
    register(settings, load_campaigns(campaign_folder(settings)))
    return settings


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The newcomers' journey as version 2 with other words in it, in a project of its own."""
    project = tmp_path / "project"
    for place in ("seeds", "models/marts/segments", "models/intermediate/metrics", "models/intermediate/journeys"):
        shutil.copytree(PROJECT_ROOT / "dbt_project" / place, project / "dbt_project" / place)
    shutil.copytree(PROJECT_ROOT / "exports" / "journeys", folder := project / "exports" / "journeys")
    file = folder / "newcomer_nurture.yml"

    def write(on_edit: str, *changes: tuple[str, str]) -> JourneyCampaign:
        text = re.sub(r"^on_edit: .*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for before, after in (("version: 1\n", f"version: 2\non_edit: {on_edit}\n"), *changes):
            assert before in text
            text = text.replace(before, after, 1)
        file.write_text(text, encoding="utf-8")
        return next(one for one in load_journeys(folder) if one.campaign_id == "newcomer_nurture")

    return write


def test_new_steps_above_the_old_ones_are_what_it_asks_for(inside: Settings, written: Written) -> None:
    require_kept_steps(inside, written("finish", ("steps:\n", NEW)))


def test_a_step_that_somebody_may_still_come_to_may_not_do_something_else(inside: Settings, written: Written) -> None:
    longer = written("finish", ("  - wait: {for: 4w}", "  - wait: {for: 5w}"))
    with pytest.raises(UserError, match=r"newcomer_nurture.yml:\d+: on_edit: finish: \d+ customers of version 1 may "
                       "still come to the step second_month, which does something else now"):  # fmt: skip
        require_kept_steps(inside, longer)


def test_nor_may_it_be_gone(inside: Settings, written: Written) -> None:
    renamed = written("finish", ("    name: second_month", "    name: third_month"))
    with pytest.raises(UserError, match=r"may still come to the step (second_month, which is gone|.*something else)"):
        require_kept_steps(inside, renamed)


def test_what_all_have_left_behind_may_change(inside: Settings, written: Written) -> None:
    explicit = "  - send: camp_start\n    then: first_purchase"
    require_kept_steps(inside, written("finish", ("  - send: newcomer_guide\n    else: next", explicit)))


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (
            "  - send: camp_start\n    name: new_start\n",
            r"29: on_edit: .* from new_start to \w+, .* say then: \w+ here",
        ),
        (
            "  - send: camp_start\n    name: new_start\n    then: exit\n    else: next\n",
            r"29: on_edit: .* from new_start to \w+, .* say else: \w+ here",
        ),
        (
            "  - wait: {until: purchase, at_most: 7d}\n    name: new_wait\n    then: exit\n",
            r"29: on_edit: .* from new_wait to \w+, .* say else: \w+ here",
        ),
        (
            "  - branch:\n      - when: orders_count >= 2\n        steps:\n          - task: new_call\n"
            "            then: exit\n      - else: true\n    name: new_branch\n",
            r"29: on_edit: .* from new_branch to \w+, ",
        ),
        (
            "  - branch:\n      - when: orders_count >= 2\n        steps:\n          - task: new_call\n"
            "      - else: true\n        steps:\n          - exit: new_end\n    name: new_branch\n",
            r"29: on_edit: .* from new_call to \w+, .* say then: \w+ here",
        ),
    ],
    ids=["send", "message that cannot be sent", "time that is up", "empty way of a branch", "step in a branch"],
)
def test_new_steps_may_not_run_into_the_old_ones_unsaid(
    inside: Settings, written: Written, new: str, said: str
) -> None:
    with pytest.raises(UserError, match=rf"newcomer_nurture\.yml:{said}"):
        require_kept_steps(inside, written("finish", ("steps:\n", f"steps:\n{new}")))


@pytest.mark.parametrize(
    "new",
    [
        "  - send: camp_start\n    name: new_start\n    then: exit\n",
        "  - send: camp_start\n    name: new_start\n    then: second_month\n    else: second_month\n",
    ],
    ids=["an exit at the step", "both go on alike"],
)
def test_a_way_that_is_named_is_meant(inside: Settings, written: Written, new: str) -> None:
    require_kept_steps(inside, written("finish", ("steps:\n", f"steps:\n{new}")))


@pytest.mark.parametrize("on_edit", ["move", "leave"])
def test_who_moves_or_leaves_asks_for_nothing(inside: Settings, written: Written, on_edit: str) -> None:
    require_kept_steps(inside, written(on_edit, ("  - wait: {for: 4w}", "  - wait: {for: 5w}")))


def test_before_anything_is_published_nobody_is_inside(settings: Settings, written: Written) -> None:
    require_kept_steps(settings, written("finish", ("  - wait: {for: 4w}", "  - wait: {for: 5w}")))
