"""Liquid with limits: no template, however it is written, takes more than a little memory and a little time.

The library bounds output, loops and nesting. Here bounded as well: what filters take and make, ranges, numbers, the
length of a template, the time that one rendering may take, and how many snippets it takes in. What is not known of a
customer may be asked for and given a default, and nothing else.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError, LoopIterationLimitError, OutputStreamLimitError, ResourceLimitError
from liquid.loader import BaseLoader

from exports.rendering.known_values import Missing, MissingFieldError

LONGEST_TEMPLATE = 20_000
LONGEST_TEXT = 10_000
# of an e-mail in HTML, as a template and as a text; what its channel takes is a row of the seed channel_limits
LONGEST_MARKUP = 200_000
MOST_STEPS = 1_000
LONGEST_NUMBER = 1_000
SECONDS = 2.0

_EXPONENT = re.compile(r"[eE][+-]?[0-9_]{3,}")


class _Rendering(threading.local):
    """What the rendering of this thread has taken so far; a template is parsed under the same limits."""

    until = float("inf")
    snippets = 0

    def begin(self) -> None:
        """Count from here on."""
        self.until, self.snippets = time.monotonic() + SECONDS, 0

    def check_time(self) -> None:
        """Refuse what takes too long.

        Raises:
            ResourceLimitError: the time is up.
        """
        if time.monotonic() > self.until:
            raise ResourceLimitError(f"takes longer than {SECONDS:.0f} seconds", token=None)


_rendering = _Rendering()


class LimitedEnvironment(Environment):
    """Where templates are parsed; made by `limited_environment`."""

    output_stream_limit = LONGEST_TEXT
    loop_iteration_limit = MOST_STEPS
    local_namespace_limit = 1_000_000
    longest_template = LONGEST_TEMPLATE

    def __init__(self, loader: BaseLoader | None, is_html: bool) -> None:
        super().__init__(undefined=StrictUndefined, loader=loader, autoescape=is_html)
        # it would see and change the variables of whoever takes it in
        del self.tags["include"]
        for name, filter_function in list(self.filters.items()):
            self.filters[name] = _bounded(name, filter_function)
        self._parsed_snippets: dict[str, BoundTemplate] = {}

    def get_template(self, name: str, **named: Any) -> BoundTemplate:
        """A snippet, parsed once however often it is taken in."""
        _rendering.snippets += 1
        if _rendering.snippets > MOST_STEPS:
            raise ResourceLimitError(f"takes in more than {MOST_STEPS} snippets", token=None)
        _rendering.check_time()
        if name not in self._parsed_snippets:
            self._parsed_snippets[name] = super().get_template(name, **named)
        return self._parsed_snippets[name]


class _LongEnvironment(LimitedEnvironment):
    output_stream_limit = LONGEST_MARKUP
    longest_template = LONGEST_MARKUP


def limited_environment(
    loader: BaseLoader | None = None, is_long: bool = False, is_html: bool = False
) -> LimitedEnvironment:
    """A Liquid environment whose filters are bounded; render its templates with `render`.

    Args:
        loader: finds what `{% render %}` names; without one there is nothing.
        is_long: for e-mails in HTML, which are longer than other texts.
        is_html: whether values are escaped, so that none of them is markup.
    """
    return (_LongEnvironment if is_long else LimitedEnvironment)(loader, is_html)


def parse(environment: LimitedEnvironment, source: str) -> BoundTemplate:
    """Parse a template.

    Raises:
        LiquidError: it is no Liquid, or too long.
    """
    if len(source) > environment.longest_template:
        raise ResourceLimitError(f"longer than {environment.longest_template} characters", token=None)
    _rendering.begin()
    return _translated(lambda: environment.from_string(source), environment)


def render(template: BoundTemplate, values: Mapping[str, Any]) -> str:
    """Render a template.

    Raises:
        LiquidError: it cannot be rendered, or takes more than it may.
    """
    _rendering.begin()
    return _translated(lambda: template.render(**values), template.env)


def _translated(work: Callable[[], Any], environment: Environment) -> Any:
    """What a hostile template provokes in Python is a mistake in the template."""
    try:
        return work()
    except OutputStreamLimitError as long:
        limit = environment.output_stream_limit
        raise ResourceLimitError(f"makes more than {limit} characters", token=long.token) from long
    except LoopIterationLimitError as often:
        raise ResourceLimitError(f"loops more than {MOST_STEPS} times", token=often.token) from often
    except LiquidError:
        raise
    except RecursionError as deep:
        raise ResourceLimitError("nested too deeply", token=None) from deep
    except (ArithmeticError, ValueError, TypeError, AttributeError, LookupError, MemoryError) as bad:
        raise LiquidError(f"cannot be rendered ({type(bad).__name__})", token=None) from bad


def _bounded(name: str, filter_function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that looks at what it is given and at what it makes, and at the clock."""

    @functools.wraps(filter_function)
    def bounded(value: Any, *arguments: Any, **named: Any) -> Any:
        _rendering.check_time()
        given = (value, *arguments, *(named[key] for key in named if key not in ("context", "environment")))
        for one in given:
            if isinstance(one, Missing) and not (name == "default" and one is value):
                raise MissingFieldError(one.name)
            _check(name, one)
        if _made(name, value, arguments) > LONGEST_TEXT:
            raise ResourceLimitError(f"{name} would make more than {LONGEST_TEXT} characters", token=None)
        made = filter_function(value, *arguments, **named)
        _check(name, made, allowance=10)
        return made

    return bounded


def _check(name: str, value: Any, allowance: int = 1) -> None:
    """Refuse a value that is larger than a filter needs; what escaping makes of a text may be ten times as long."""
    if isinstance(value, int):
        if value.bit_length() > 3 * LONGEST_NUMBER:
            raise ResourceLimitError(f"{name}: a number of more than {LONGEST_NUMBER} digits", token=None)
    elif isinstance(value, str):
        if len(value) > LONGEST_TEXT * allowance:
            raise ResourceLimitError(f"{name}: a text of more than {LONGEST_TEXT} characters", token=None)
        if len(value) < LONGEST_NUMBER and _EXPONENT.search(value) and _is_number(value):
            raise ResourceLimitError(f"{name}: a number of more than {LONGEST_NUMBER} digits", token=None)
    elif isinstance(value, list | tuple | range | dict):
        if len(value) > LONGEST_TEXT:
            raise ResourceLimitError(f"{name}: a list of more than {LONGEST_TEXT} elements", token=None)
        if not isinstance(value, range):
            for one in value:
                _check(name, one, allowance)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _made(name: str, value: Any, arguments: tuple[Any, ...]) -> int:
    """How long a text the filters that multiply would make."""
    if name == "replace" and len(arguments) == 2:
        text, old, new = str(value), str(arguments[0]), str(arguments[1])
        return len(text) + (text.count(old) if old else len(text) + 1) * len(new)
    if name == "join" and isinstance(value, list | tuple | range):
        between = str(arguments[0]) if arguments else " "
        return sum(len(str(one)) + len(between) for one in value)
    if name == "join" and arguments:
        return len(str(value)) * (1 + len(str(arguments[0])))
    return 0


def _bounded_range(self: RangeLiteral, start: Any, stop: Any) -> range:
    """A range that can be walked: the library bounds loops, and not what skips or turns a range round before."""
    made = _make_range(self, start, stop)
    if made.stop - made.start > MOST_STEPS:
        raise ResourceLimitError(f"a range of more than {MOST_STEPS} steps", token=None)
    return made


# The library has no hook for ranges; nothing else in this process renders Liquid.
_make_range = RangeLiteral._make_range
RangeLiteral._make_range = _bounded_range  # type: ignore[method-assign]  # on purpose, see above
