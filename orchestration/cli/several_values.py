"""Options that take several values in a row: `--metric a b c` as well as `--metric a --metric b --metric c`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperOption


class SeveralValues(TyperCommand):
    """A command whose options of several values take those that follow each other.

    It takes one argument, such as a file; a word is a further value only behind it, since before it the word is the
    argument.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each further value, then parse as ever."""
        return super().parse_args(ctx, self._with_options_repeated(args))

    def _with_options_repeated(self, args: list[str]) -> list[str]:
        options = {name: one for one in self.params if isinstance(one, TyperOption) for name in one.opts}
        repeated: list[str] = []
        has_argument, several, waits = False, "", False
        for place, word in enumerate(args):
            if word == "--":
                return [*repeated, *args[place:]]
            if waits:
                waits = False
            elif word.startswith("-") and word != "-":
                name, _, joined = word.partition("=")
                option = options.get(name)
                waits = option is not None and not option.is_flag and not joined
                several = name if option is not None and option.multiple else ""
            elif not has_argument:
                has_argument, several = True, ""
            elif several:
                repeated.append(several)
            repeated.append(word)
        return repeated
