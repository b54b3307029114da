"""Every command has words of help, and every command that the documentation shows is one that exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testing.known_commands import commands

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")])
# In running text: between single backticks; in code blocks: a line of its own.
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?guanxi(?: (.*))?$", re.DOTALL)


def shown_calls() -> Iterator[tuple[str, str]]:
    """(document, what stands behind `guanxi`) of every call that the documentation shows."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
        spans = [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text))]
        for line in (*lines, *spans):
            call = _CALL.match(line.split(" #")[0].strip())
            if call and call[1] and "…" not in call[1]:
                yield path.name, call[1]


@pytest.mark.parametrize(("document", "call"), sorted(set(shown_calls())))
def test_what_the_documentation_shows_can_be_typed(document: str, call: str) -> None:
    words = shlex.split(call)
    known = commands()
    name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), "")
    groups = {command.split()[0] for command in known} | {"--version"}
    assert name or (len(words) == 1 and words[0] in groups), f"{document}: there is no command `guanxi {call}`"
    if not name or name == "dbt":
        return
    given = words[len(name.split()) :]
    options = {option for one in known[name].params for option in (*one.opts, *one.secondary_opts)}
    unknown = [word for word in given if word.startswith("-") and word.split("=")[0] not in {*options, "--help"}]
    assert not unknown, f"{document}: `guanxi {name}` has no {unknown}"


def test_the_documentation_is_searched_for_calls() -> None:
    assert len({call for _, call in shown_calls()}) > 40


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_each_of_its_options_says_what_it_does(name: str) -> None:
    command = commands()[name]
    assert command.help
    silent = [one.name for one in command.params if one.name != "help" and not getattr(one, "help", None)]
    assert not silent, f"guanxi {name}: {silent} have no help"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_text_of_help_is_shown_whole(name: str) -> None:
    command = commands()[name]
    # square brackets are markup to the screen: what stands in them vanishes unless a backslash is before them
    texts = [command.help, *(getattr(one, "help", None) for one in command.params)]
    assert not [text for text in texts if text and re.search(r"(?<!\\)\[[a-z]", text)]
