"""Message templates: Liquid files whose variables are known to exist before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from exports.definitions.liquid_limits import limited_environment, parse, render
from exports.policy.sms_rules import SmsRule, problem_everywhere
from exports.policy.sms_size import sms_parts
from stores.errors import UserError
from stores.message_channels import MessageChannel

PLAN_FIELDS: dict[str, Any] = {
    "city": "Riverside",
    "days_since_purchase": 365,
    "stage": "dormant",
    "rfm_segment": "important_retain",
    "value_tier": "ordinary",
    "variant": "a",
}
"""What the plan knows about each customer, with a sample of each to try templates on."""

_UNKNOWN: dict[str, Any] = dict.fromkeys(PLAN_FIELDS)
_CITIES = {"zh": "呼和浩特"}

Content = dict[str, str | int]
_REMEMBERED = 20_000


_environment = limited_environment()
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Wording:
    """What of a campaign goes into its texts.

    Attributes:
        language: such as zh_CN, en, zh_Hant_TW.
        parameters: the campaign's own values, the same for everybody.
        variants: names of its variants; a template may ask for `variant`.
    """

    language: str
    parameters: Mapping[str, Any]
    variants: Sequence[str] = ("a",)

    def samples(self) -> list[dict[str, Any]]:
        """Fields of a known and of an unknown customer for each variant, to try templates on."""
        return [fields for name in self.variants for fields in (self.sample(name), {**_UNKNOWN, "variant": name})]

    def sample(self, variant: str) -> dict[str, Any]:
        """Fields of a made-up customer, in the language of the texts."""
        city = _CITIES.get(self.language.partition("_")[0], PLAN_FIELDS["city"])
        return {**PLAN_FIELDS, "city": city, "variant": variant}


@dataclass
class Template:
    """One template of one channel and language; make it with `read_template`.

    Attributes:
        path: the file.
        channel: the channel it is for.
        wording: what of the campaign goes into it.
    """

    path: Path
    channel: MessageChannel
    wording: Wording
    _template: BoundTemplate
    _variables: tuple[str, ...]
    _rendered: dict[tuple[Any, ...], Content | str] = field(default_factory=dict)

    def render(self, fields: Mapping[str, Any]) -> Content | str:
        """The message for one customer.

        Args:
            fields: what the plan knows about the customer; a field that is not in it counts as not known (nil).

        Returns:
            `title` and `body` where the channel has titles, else `text`, with `parts` for text messages; or, as a plain
            string, why the message must not be sent.
        """
        key = tuple(str(fields.get(name)) for name in self._variables)
        if key not in self._rendered:
            # Customers share few combinations of the fields that a template uses.
            if len(self._rendered) >= _REMEMBERED:
                self._rendered.clear()
            self._rendered[key] = self._render({**_UNKNOWN, **fields, **self.wording.parameters})
        return self._rendered[key]

    def samples(self) -> dict[str, str]:
        """The message of each variant for a made-up customer, in one line, for people who decide about the campaign."""
        return {name: self._sample(name) for name in self.wording.variants}

    @property
    def plan_fields(self) -> tuple[str, ...]:
        """The fields of the plan that its texts depend on, besides the variant."""
        return tuple(name for name in self._variables if name in PLAN_FIELDS and name != "variant")

    def example(self, variant: str) -> Content | str:
        """The message of a variant for a made-up customer, as `render` gives it."""
        return self.render(self.wording.sample(variant))

    def _sample(self, variant: str) -> str:
        shown = self.example(variant)
        return shown if isinstance(shown, str) else " / ".join(str(shown[key]) for key in shown if key != "parts")

    def _render(self, values: Mapping[str, Any]) -> Content | str:
        try:
            text = render(self._template, values)
        except LiquidError as bad:
            return f"template_error: {_first_line(bad)}"
        problem = _title_problem(text) if self.channel.has_title else None if text.strip() else "the text is empty"
        if problem:
            return f"template_not_allowed: {problem}"
        if self.channel.has_title:
            title, _, body = text.partition("\n")
            return {"title": title.strip(), "body": body.strip()}
        text = text.strip()
        return {"text": text, "parts": sms_parts(text)} if self.channel.follows_sms_rules else {"text": text}


def _title_problem(text: str) -> str | None:
    """What is wrong with a text whose first line is its title."""
    title, _, body = text.partition("\n")
    title = title.strip()
    if not title:
        return "the first line is the title and must not be empty (a tag alone on a line leaves one: use {%- … -%})"
    if title.startswith("<"):
        return f"the first line is the title, and {title[:40]!r} is markup"
    if len(title) > _LONGEST_TITLE:
        return f"the first line is the title and may have {_LONGEST_TITLE} characters, not {len(title)}"
    if not body.strip():
        return "the first line is the title, and below it there is no text"
    return None


def find_template(folder: Path, channel: str, language: str) -> Path:
    """The file of a template in a language: its own, else the one of the language that it is a variety of.

    `zh_Hant_TW` is looked for as zh_Hant_TW, zh_Hant, zh, and as nothing else: never in another language.

    Args:
        folder: the template's folder, `exports/templates/<template>`.
        channel: name of the message channel.
        language: with `_` between its parts.

    Raises:
        UserError: there is none.
    """
    parts = language.split("_")
    names = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    for name in names:
        path = folder / channel / f"{name}.liquid"
        if path.is_file():
            return path
    place = f"exports/templates/{folder.name}/{channel}"
    there = ", ".join(sorted(path.name for path in (folder / channel).glob("*.liquid"))) or "none for this channel"
    also = f" (nor {', '.join(f'{name}.liquid' for name in names[1:])})" if names[1:] else ""
    raise UserError(
        f"The template {place}/{names[0]}.liquid is missing{also}; there is {there}. Write it, or change `template` "
        "or `language`."
    )


def read_template(
    folder: Path, channel: MessageChannel, wording: Wording, sms_rules: Mapping[str, SmsRule]
) -> Template:
    """Read, check and try a template before anything is sent.

    Args:
        folder: the template's folder, `exports/templates/<template>`.
        channel: the message channel.
        wording: language, parameters and variants of the campaign.
        sms_rules: what countries ask of text messages; the text must suit one of them, and is looked at again for the
            country of each number.

    Raises:
        UserError: no such file, not Liquid, a variable that is not there, a text that the law does not allow.
    """
    path = find_template(folder, channel.name, wording.language)
    where = f"{folder.name}/{channel.name}/{path.name}"
    try:
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as bad:
        raise UserError(f"templates/{where} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    try:
        parsed = parse(_environment, source)
        used = parsed.analyze(include_partials=False).globals
        unknown = sorted(set(used) - {*PLAN_FIELDS, *wording.parameters})
        for sample in () if unknown else wording.samples():
            render(parsed, {**sample, **wording.parameters})
    except LiquidError as bad:
        index = bad.token.start_index if bad.token is not None else -1
        raise UserError(f"templates/{where}{_line(source, index)}: {_first_line(bad)}.") from bad
    except RecursionError as deep:
        raise UserError(f"templates/{where}: nested too deeply.") from deep
    allowed = sorted({*PLAN_FIELDS, *wording.parameters})
    for name in unknown:
        raise UserError(
            f"templates/{where}{_line(source, used[name][0].span.index)}: nothing is called {name!r}. "
            f"A template can use {', '.join(allowed)}; more come from the campaign's `parameters`."
        )
    template = Template(path, channel, wording, parsed, tuple(sorted(used)))
    for sample in wording.samples():
        tried = template.render(sample)
        if not isinstance(tried, str) and channel.follows_sms_rules:
            tried = problem_everywhere(dict(sms_rules), str(tried["text"])) or tried
        if isinstance(tried, str):
            line = ":1" if channel.has_title and "first line" in tried else ""
            raise UserError(f"templates/{where}{line}: {tried}. Tried with {_shown(sample)}.")
    return template


def _shown(sample: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sample.items())


def _line(source: str, index: int) -> str:
    return f":{source.count(chr(10), 0, index) + 1}" if index >= 0 else ""


def _first_line(error: LiquidError) -> str:
    return str(error).strip().splitlines()[0]
