"""Message templates: Liquid files whose variables are known to exist before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError

from exports.compliance import sms_parts, text_problem
from stores.errors import UserError

PLAN_FIELDS: dict[str, Any] = {
    "city": "呼和浩特",
    "days_since_purchase": 365,
    "stage": "dormant",
    "rfm_segment": "重要挽留客户",
    "value_tier": "ordinary",
    "variant": "a",
}
"""What the plan knows about each customer, with a sample of each to try templates on."""

_UNKNOWN: dict[str, Any] = dict.fromkeys(PLAN_FIELDS)
_SAMPLES = (PLAN_FIELDS, _UNKNOWN)

TITLED = ("app_push", "email")
"""Channels whose messages have a title: the first line of the template."""

Content = dict[str, str | int]
_REMEMBERED = 20_000


class _Environment(Environment):
    output_stream_limit = 10_000
    loop_iteration_limit = 1_000


_environment = _Environment(undefined=StrictUndefined)


@dataclass
class Template:
    """One template of one channel and language; make it with `read_template`.

    Attributes:
        path: the file.
        channel: the channel it is for.
        parameters: the campaign's own values, the same for everybody.
    """

    path: Path
    channel: str
    parameters: Mapping[str, Any]
    _template: BoundTemplate
    _variables: tuple[str, ...]
    _rendered: dict[tuple[Any, ...], Content | str] = field(default_factory=dict)

    def render(self, fields: Mapping[str, Any]) -> Content | str:
        """The message for one customer.

        Args:
            fields: what the plan knows about the customer; a field that is not in it counts as not known (nil).

        Returns:
            `text` and `parts` for sms, `title` and `body` where the channel has titles, else `text`; or, as a plain
            string, why the message must not be sent.
        """
        key = tuple(str(fields.get(name)) for name in self._variables)
        if key not in self._rendered:
            # Customers share few combinations of the fields that a template uses.
            if len(self._rendered) >= _REMEMBERED:
                self._rendered.clear()
            self._rendered[key] = self._render({**_UNKNOWN, **fields, **self.parameters})
        return self._rendered[key]

    def sample(self) -> str:
        """The message for a made-up customer, in one line, for people who decide about the campaign."""
        shown = self.render(PLAN_FIELDS)
        return shown if isinstance(shown, str) else " / ".join(str(shown[key]) for key in shown if key != "parts")

    def _render(self, values: Mapping[str, Any]) -> Content | str:
        try:
            text = self._template.render(**values).strip()
        except LiquidError as bad:
            return f"template_error: {_first_line(bad)}"
        title = ""
        if self.channel in TITLED:
            title, _, text = text.partition("\n")
            text = text.strip()
        problem = text_problem(self.channel, text)
        if problem:
            return f"template_not_allowed: {problem}"
        if self.channel == "sms":
            return {"text": text, "parts": sms_parts(text)}
        return {"title": title.strip(), "body": text} if self.channel in TITLED else {"text": text}


def read_template(folder: Path, channel: str, language: str, parameters: Mapping[str, Any]) -> Template:
    """Read, check and try a template before anything is sent.

    Args:
        folder: the template's folder, `exports/templates/<template>`.
        channel: sms, email, wecom or app_push.
        language: zh_CN or en.
        parameters: the campaign's own values.

    Raises:
        UserError: no such file, not Liquid, a variable that is not there, a text that the law does not allow.
    """
    path = folder / channel / f"{language}.liquid"
    where = f"{folder.name}/{channel}/{path.name}"
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        raise UserError(f"The template templates/{where} is missing. Write it, or change `template`.") from missing
    except UnicodeDecodeError as bad:
        raise UserError(f"templates/{where} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    try:
        parsed = _environment.from_string(source)
        used = parsed.analyze(include_partials=False).globals
        unknown = sorted(set(used) - {*PLAN_FIELDS, *parameters})
        for sample in () if unknown else _SAMPLES:
            parsed.render(**sample, **parameters)
    except LiquidError as bad:
        index = bad.token.start_index if bad.token is not None else -1
        raise UserError(f"templates/{where}{_line(source, index)}: {_first_line(bad)}.") from bad
    allowed = sorted({*PLAN_FIELDS, *parameters})
    for name in unknown:
        raise UserError(
            f"templates/{where}{_line(source, used[name][0].span.index)}: nothing is called {name!r}. "
            f"A template can use {', '.join(allowed)}; more come from the campaign's `parameters`."
        )
    template = Template(path, channel, parameters, parsed, tuple(sorted(used)))
    for sample in _SAMPLES:
        tried = template.render(sample)
        if isinstance(tried, str):
            raise UserError(f"templates/{where}: {tried}. Tried with {_shown(sample)}.")
        if channel in TITLED and not tried["title"]:
            raise UserError(f"templates/{where}:1: the first line is the title and must not be empty.")
    return template


def _shown(sample: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sample.items())


def _line(source: str, index: int) -> str:
    return f":{source.count(chr(10), 0, index) + 1}" if index >= 0 else ""


def _first_line(error: LiquidError) -> str:
    return str(error).strip().splitlines()[0]
