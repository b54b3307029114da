"""Reading a template: it is checked and tried on made-up customers before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from exports.definitions.liquid_limits import limited_environment, parse
from exports.definitions.template import FIELD_MISSING, Content, Template, Wording, find_template
from exports.policy.sms_rules import problem_everywhere
from exports.rendering.blocks import LanguageBlock, read_block
from exports.rendering.channel_limits import too_long
from exports.rendering.email_parts import is_markup
from exports.rendering.field_catalogue import RESERVED, did_you_mean
from exports.rendering.snippets import FOLDER, SnippetLoader
from exports.rendering.wording_rules import WordingRules
from stores.errors import UserError
from stores.message_channels import MessageChannel


@dataclass
class _Sources:
    """Where the texts of a template stand, to say where a mistake is.

    Attributes:
        template: `<template>/<channel>/<language>.liquid`.
        loader: has the snippets that it takes in.
        texts: of the template and of its plain-text part, by file.
    """

    template: str
    loader: SnippetLoader
    texts: dict[str, str] = field(default_factory=dict)

    def place(self, name: str, index: int) -> str:
        """`templates/<file>:<line>` of a file of the template or of a snippet; without a line where the index is -1."""
        snippet = self.loader.files.get(name)
        file, text = (f"{FOLDER}/{snippet.name}", self.loader.text(name)) if snippet else (name, self.texts[name])
        return f"templates/{file}" + (f":{text.count(chr(10), 0, index) + 1}" if index >= 0 else "")

    @property
    def whole(self) -> str:
        """`templates/<file>` of the template."""
        return self.place(self.template, -1)

    def of_error(self, error: LiquidError) -> str:
        """Where an error stands."""
        if error.token is None:
            return self.whole
        texts = {**{name: self.loader.text(name) for name in self.loader.files}, **self.texts}
        name = next((name for name, text in texts.items() if text == error.token.source), self.template)
        return self.place(name, error.token.start_index)


def read_template(folder: Path, channel: MessageChannel, wording: Wording, rules: WordingRules) -> Template:
    """Read, check and try a template before anything is sent.

    Args:
        folder: the template's folder, `exports/templates/<template>`.
        channel: the message channel.
        wording: language, parameters and variants of the campaign.
        rules: what the seeds say of texts; a text must suit one country, and is looked at again for the country of each
            message.

    Raises:
        UserError: no such file, not Liquid, a name that is not there, a text that no country allows.
    """
    path = find_template(folder, channel.name, wording.language, wording.campaign_id)
    loader = SnippetLoader(folder.parent / FOLDER, wording.language)
    sources = _Sources(f"{folder.name}/{channel.name}/{path.name}", loader)
    sources.texts[sources.template] = source = _read(path, sources.template)
    files, plain_source = [path], None
    if channel.is_html and (plain_path := path.with_name(f"{path.stem}.txt.liquid")).is_file():
        name = f"{folder.name}/{channel.name}/{plain_path.name}"
        sources.texts[name] = plain_source = _read(plain_path, name)
        files.append(plain_path)
    has_markup = channel.is_html and is_markup(source.partition("\n")[2])
    try:
        text = parse(limited_environment(loader, is_long=has_markup), source)
        marked_up = parse(limited_environment(loader, is_long=True, is_html=True), source) if has_markup else None
        plain = None if plain_source is None else parse(limited_environment(loader), plain_source)
        used = _used([text] if plain is None else [text, plain], sources)
        allowed = sorted({*rules.fields, *RESERVED, *wording.parameters})
        for name, place in used.items():
            if name.partition(".")[0] not in allowed:
                raise UserError(
                    f"{place}: nothing is called {name!r}.{did_you_mean(name, allowed)} A template can use "
                    f"{', '.join(allowed)}; more come from the campaign's `parameters`."
                )
        blocks = _blocks(folder.parent.parent / "blocks", used, wording, rules)
        template = Template(
            path=path,
            files=(*files, *sorted(loader.files.values()), *(block.path for block in blocks)),
            channel=channel,
            wording=wording,
            rules=rules,
            blocks=blocks,
            variables=tuple(sorted({name.partition(".")[0] for name in used})),
            sources=(source,) if plain_source is None else (source, plain_source),
            loader=loader,
            _text=text,
            _marked_up=marked_up,
            _plain=plain,
        )
        _try(template, sources)
    except LiquidError as bad:
        raise UserError(f"{sources.of_error(bad)}: {_first_line(bad)}.") from bad
    except RecursionError as deep:
        raise UserError(f"{sources.whole}: nested too deeply.") from deep
    return template


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as bad:
        raise UserError(f"templates/{name} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad


def _used(parsed: Sequence[BoundTemplate], sources: _Sources) -> dict[str, str]:
    """The names that templates use and where each stands first; of a block `block.<name>`."""
    found: dict[str, str] = {}
    own = list(sources.texts)
    for number, template in enumerate(parsed):
        for name, variables in template.analyze(include_partials=True).globals.items():
            for variable in variables:
                span = variable.span
                is_snippet = span.template_name in sources.loader.files
                place = sources.place(span.template_name if is_snippet else own[number], span.index)
                said = name
                if name == "block":
                    if len(variable.segments) < 2 or not isinstance(variable.segments[1], str):
                        raise UserError(f"{place}: a block is written as block.<name>, and not otherwise.")
                    said = f"block.{variable.segments[1]}"
                found.setdefault(said, place)
    return found


def _blocks(folder: Path, used: Mapping[str, str], wording: Wording, rules: WordingRules) -> tuple[LanguageBlock, ...]:
    found = []
    for said, place in used.items():
        if said.startswith("block."):
            try:
                found.append(read_block(folder, said.removeprefix("block."), wording.language, rules.fields))
            except UserError as bad:
                raise UserError(f"{place}: {bad}") from bad
    return tuple(found)


def _try(template: Template, sources: _Sources) -> None:
    """Make the text for a known and an unknown customer, with each item of each block, and look at it."""
    for sample in template.wording.samples(template.catalogue):
        template.make_sure(sample)
        for tried in _tries(template, sample):
            problem = _problem(template, tried)
            if problem:
                is_of_title = template.channel.has_title and "first line" in problem
                place = sources.place(sources.template, 0) if is_of_title else sources.whole
                shown = {name: sample[name] for name in (*template.fields, "variant")}
                raise UserError(f"{place}: {problem}. Tried with {_shown(shown)}.")


def _tries(template: Template, sample: Mapping[str, Any]) -> Iterator[Content | str]:
    yield template.render(sample)
    for block in template.blocks:
        for text in block.texts.values():
            yield template.render_item(sample, block.name, text)


def _problem(template: Template, tried: Content | str) -> str | None:
    """What is wrong with a text, wherever it goes; that something of the customer is missing is none."""
    if isinstance(tried, str):
        return None if tried.startswith(FIELD_MISSING) else tried
    channel, rules = template.channel, template.rules
    if channel.follows_sms_rules:
        problem = problem_everywhere(rules.sms_rules_of(channel.name), str(tried["text"]))
    else:
        problem = rules.text_rules.problem_everywhere(channel.name, tried)
    return problem or too_long(rules.limits.get(channel.name, ()), tried)


def _shown(sample: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sample.items())


def _first_line(error: LiquidError) -> str:
    return str(error).strip().splitlines()[0]
