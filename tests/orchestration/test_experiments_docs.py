"""docs/experiments.md, done: its file is made, its commands are typed, and what it shows is what they say."""

import re
import shlex

import pytest

from orchestration.cli.main import main
from orchestration.cli.session import console
from stores.settings import PROJECT_ROOT
from tests.testing.data_sets import DATA, needs_data_sets
from tests.testing.guide_chapter import Chapter

PAGE = "experiments.md"


def told(monkeypatch: pytest.MonkeyPatch, command: str) -> str:
    monkeypatch.setattr("sys.argv", shlex.split(command))
    with console.capture() as shown, pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    return shown.get()


def held(shown: str, said: str) -> None:
    """Each line that the page shows is, or begins, one that was said."""
    lines = [line.rstrip() for line in said.splitlines()]
    missing = [line for line in shown.splitlines() if not any(one.startswith(line.rstrip()) for one in lines)]
    assert not missing, said


def test_the_size_of_an_experiment_is_what_the_page_says(monkeypatch):
    chapter = Chapter.of(PAGE, "Before it starts: how large 样本量")
    effect, units = chapter.blocks("bash")[0].strip().splitlines()
    assert "0.60 points" in told(monkeypatch, effect)
    held(chapter.blocks("text")[0], told(monkeypatch, units))
    for span in re.findall(r"`(guanxi [^`]+)`", chapter.text):
        told(monkeypatch, span)


def test_an_experiment_reads_as_the_page_says(monkeypatch, tmp_path):
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    chapter = Chapter.of(PAGE, "Read it 实验解读")
    exec(compile(chapter.blocks("python")[0], PAGE, "exec"), {})
    held(chapter.blocks("text")[0], told(monkeypatch, chapter.blocks("bash")[0]))


@needs_data_sets
def test_cookie_cats_reads_as_the_page_says(monkeypatch, tmp_path):
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(DATA / "experiments")
    chapter = Chapter.of(PAGE, "Alarms first 警报")
    held(chapter.blocks("text")[0], told(monkeypatch, chapter.blocks("bash")[0]))


def test_every_option_of_the_command_stands_in_the_page():
    from tests.testing.known_commands import commands

    page = (PROJECT_ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    for name in ("try experiment", "experiment size"):
        options = {one.opts[0] for one in commands()[name].params if one.opts[0].startswith("--")} - {"--help"}
        assert not [option for option in options if f"{option}" not in page]
