"""Every command: its help can be read on a screen, and a call that cannot be meant ends in one clear line."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.core import TyperArgument, TyperCommand, TyperGroup

from orchestration.cli.main import command_line, main

ROOT = Path(__file__).resolve().parents[2]
_WIDTH = 100
_PASSED_ON = {"dbt"}  # its unknown options are dbt's
# Tags of the screen, sections of docstrings, quoting of other formats, brackets within brackets.
_MARKUP = re.compile(r"\[/?(?:bold|dim|red|green|yellow|italic)\]|\\\[|``|\{\{|\[\[|\b(?:Args|Raises|Returns):|\(`")


@cache
def everything() -> dict[str, TyperCommand | TyperGroup]:
    """Every command and group by its words; the whole command line has none."""

    def walk(command: TyperCommand | TyperGroup, words: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
        yield words, command
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, f"{words} {name}".strip())

    return dict(walk(command_line(), ""))


EVERYTHING = sorted(everything())
CALLABLE = [
    name
    for name, one in everything().items()
    if not isinstance(one, TyperGroup) or (name and one.invoke_without_command)
]


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("COLUMNS", str(_WIDTH))
    monkeypatch.setattr("sys.argv", ["guanxi", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def required(name: str) -> list[TyperArgument]:
    return [one for one in everything()[name].params if isinstance(one, TyperArgument) and one.required]


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_help_says_what_a_command_does_on_a_screen_of_a_hundred_columns(
    name: str, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, *name.split(), option) == 0
    shown = capsys.readouterr()
    assert not shown.err
    lines = shown.out.splitlines()
    assert [line for line in lines if len(line.rstrip()) > _WIDTH] == []
    assert _MARKUP.findall(shown.out) == []
    assert "<bool>" not in shown.out, "a switch takes no value"
    usage = next(
        number for number, line in enumerate(lines) if line.strip().startswith(f"Usage: guanxi {name}".strip())
    )
    summary = next(line.strip() for line in lines[usage + 1 :] if line.strip())
    assert re.match(r"[A-Z].*\w", summary)
    first = (everything()[name].help or "").split("\n\n")[0]
    assert first.endswith("."), f"{first!r} is no sentence"


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_paragraph_of_help_flows_to_the_width_of_the_screen(name: str) -> None:
    assert "\n" not in (everything()[name].help or "").replace("\n\n", "")


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_a_list_of_commands_says_of_each_has_an_end(name: str) -> None:
    for one in everything()[name].params:
        text = str(getattr(one, "help", ""))
        assert text[:1].isupper() or text[:1] in "-`", f"guanxi {name} {one.name}: {text!r}"
        assert text.endswith("."), f"guanxi {name} {one.name}: {text!r}"


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in _PASSED_ON])
def test_an_unknown_option_ends_in_one_line_that_names_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "home"))
    assert ended(monkeypatch, *name.split(), "--no-such-option") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("No such option: --no-such-option")
    assert said.rstrip().endswith(f"See `{f'guanxi {name}'.strip()} --help`.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [name for name in CALLABLE if required(name)])
def test_a_missing_argument_is_named_as_the_help_names_it(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, *name.split()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"Missing argument '{required(name)[0].metavar or required(name)[0].name}'.")
    assert ended(monkeypatch, *name.split(), "--help") == 0
    assert re.search(rf"Usage: .*{re.escape(said.split(chr(39))[1])}", capsys.readouterr().out)


@pytest.mark.parametrize("name", [name for name in CALLABLE if not everything()[name].hidden])
def test_one_argument_too_many_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = everything()[name]
    takes_any = any(isinstance(one, TyperArgument) and one.nargs == -1 for one in command.params)
    if takes_any or name in _PASSED_ON:
        return
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "home"))
    given = [option for one in command.params if one.required and not isinstance(one, TyperArgument)
             for option in (one.opts[0], "x")]  # fmt: skip
    arguments = ["x" for one in command.params if isinstance(one, TyperArgument)]
    assert ended(monkeypatch, *name.split(), *given, *arguments, "one-too-many") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "one-too-many" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [name for name in CALLABLE if not everything()[name].hidden])
def test_every_command_stands_in_a_guide(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("docs/*.md")]
    group, _, inner = name.partition(" ")
    # also as in: `guanxi campaign list`, `show`, `approve`
    told = re.compile(rf"`guanxi {name}\b|`guanxi {group} [^|\n]*`{inner}\b" if inner else rf"`guanxi {name}\b")
    assert any(told.search(text) for text in texts), f"no guide tells of `guanxi {name}`"
