"""Help texts as they are shown: paragraphs flow to the width of the screen, a switch names no type of value."""

from __future__ import annotations

import inspect

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption


def tidy(command: TyperCommand | TyperGroup) -> TyperCommand | TyperGroup:
    """The same command line with help that reads well in any width.

    Args:
        command: a command, or a group with all that is in it.
    """
    if command.help:
        paragraphs = inspect.cleandoc(command.help).split("\n\n")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for option in command.get_params(typer.Context(command, help_option_names=["-h", "--help"])):
        if isinstance(option, TyperOption) and option.is_flag:
            option.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        tidy(inner)
    return command
