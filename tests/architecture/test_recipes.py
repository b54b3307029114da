"""Every recipe of CONTRIBUTING has a worked diff, and each applies to the project as it is."""

import re
import subprocess
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT

RECIPES = PROJECT_ROOT / "docs" / "recipes"
DIFFS = sorted(RECIPES.glob("*.diff"))
# A dependency's diff would be lock files; everything else that a recipe tells is shown.
WITHOUT = {"A dependency"}


def test_each_recipe_links_its_diff_and_each_diff_is_linked() -> None:
    text = (PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipes = text[text.index("## Recipes") : text.index("## Habits")].split("\n### ")[1:]
    linked = {recipe.split("\n", 1)[0]: re.findall(r"docs/recipes/(\w+)\.diff", recipe) for recipe in recipes}
    assert {title for title, names in linked.items() if not names} <= WITHOUT
    assert sorted(name for names in linked.values() for name in names) == [diff.stem for diff in DIFFS]


@pytest.mark.parametrize("diff", DIFFS, ids=lambda diff: diff.stem)
def test_the_diff_of_a_recipe_applies_to_the_project_as_it_is(diff: Path) -> None:
    assert refused(diff) == ""


def test_the_diffs_of_all_recipes_apply_one_after_the_other() -> None:
    assert refused(*DIFFS) == ""


def refused(*diffs: Path) -> str:
    """Why git would not apply the diffs to this checkout; empty where it would."""
    tried = ["git", "apply", "--check", *map(str, diffs)]
    done = subprocess.run(tried, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""
