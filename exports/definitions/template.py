"""Message templates: Liquid files whose variables are known to exist before anything is sent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from exports.definitions.liquid_limits import render
from exports.policy.sms_rules import SmsRule
from exports.rendering.blocks import LanguageBlock, block_values
from exports.rendering.content import TEXT_PARTS, Content, content_of
from exports.rendering.field_catalogue import Catalogue
from exports.rendering.known_values import MissingFieldError, known_values
from exports.rendering.message_links import UNSUBSCRIBE_MARK
from exports.rendering.snippets import SnippetLoader, languages_of
from exports.rendering.wording_rules import WordingRules
from stores.dbt_files.text_files import require_text_file
from stores.errors import UserError
from stores.message_channels import MessageChannel

__all__ = ["FIELD_MISSING", "Content", "Template", "Wording", "find_template"]

FIELD_MISSING = "field_missing"
# Texts that are kept, so that customers who share their fields share them; e-mails are much longer.
_REMEMBERED, _REMEMBERED_EMAILS = 20_000, 1_000


@dataclass(frozen=True)
class Wording:
    """What of a campaign goes into its texts.

    Attributes:
        language: such as zh_CN, en, zh_Hant_TW.
        parameters: the campaign's own values, the same for everybody.
        variants: names of its variants; a template may ask for `variant`.
        campaign_id: the campaign, for the parameters of its links.
    """

    language: str
    parameters: Mapping[str, Any]
    variants: Sequence[str] = ("a",)
    campaign_id: str = ""

    def samples(self, catalogue: Catalogue) -> list[dict[str, Any]]:
        """Fields of a known and of an unknown customer for each variant, to try templates on."""
        unknown = dict.fromkeys(catalogue)
        return [some for name in self.variants for some in (self.sample(catalogue, name), {**unknown, "variant": name})]

    def sample(self, catalogue: Catalogue, variant: str) -> dict[str, Any]:
        """Fields of a made-up customer, in the language of the texts."""
        return {**{name: one.sample(self.language) for name, one in catalogue.items()}, "variant": variant}


@dataclass
class Template:
    """One template of one channel and language; make it with `read_template`.

    Attributes:
        path: the file.
        files: everything that it is made of: the file, its plain-text part, snippets and blocks.
        channel: the channel it is for.
        wording: what of the campaign goes into it.
        rules: what the seeds say of texts.
        blocks: those that it uses.
        variables: the names that it uses.
        sources: its text in Liquid, and that of its plain-text part where there is one.
        loader: finds its snippets.
    """

    path: Path
    files: tuple[Path, ...]
    channel: MessageChannel
    wording: Wording
    rules: WordingRules
    blocks: tuple[LanguageBlock, ...]
    variables: tuple[str, ...]
    sources: tuple[str, ...]
    loader: SnippetLoader
    _text: BoundTemplate
    _marked_up: BoundTemplate | None = None
    _plain: BoundTemplate | None = None
    _rendered: dict[tuple[Any, ...], Content | str] = field(default_factory=dict)

    def render(self, fields: Mapping[str, Any], today: date | None = None) -> Content | str:
        """The message for one customer, before its links are signed.

        Args:
            fields: what the plan knows about the customer, personal values in clear, and `variant`; a field that is not
                in it counts as not known.
            today: the day of the message, for blocks; without it the days of their items do not count.

        Returns:
            `text`, with `parts` for text messages; `title` and `body` where the channel has titles; `title`, `html` and
            `text` of an e-mail; `blocks` names what was chosen. As a plain string, why the message must not be sent.
        """
        used = {name: fields.get(name) for name in (*self.fields, "variant")}
        key = (today, *((value.__class__, str(value)) for value in used.values()))
        if self.personal_fields:
            return self._make(used, today)
        if key not in self._rendered:
            if len(self._rendered) >= (_REMEMBERED_EMAILS if self.channel.is_html else _REMEMBERED):
                self._rendered.clear()
            self._rendered[key] = self._make(used, today)
        return self._rendered[key]

    def render_item(self, fields: Mapping[str, Any], block: str, text: str) -> Content | str:
        """The message with the text of an item in the place of a block, whomever the item is for: to try them."""
        others, _ = block_values(self.blocks, fields, None)
        return self._contents(fields, {**others, block: text})

    def samples(self) -> dict[str, str]:
        """The message of each variant for a made-up customer, in one line, for people who decide about the campaign."""
        return {name: self._sample(name) for name in self.wording.variants}

    @property
    def catalogue(self) -> Catalogue:
        """What templates may say of a customer."""
        return self.rules.fields

    @cached_property
    def sms_rules(self) -> Mapping[str, SmsRule]:
        """What countries ask of text messages on its channel."""
        return self.rules.sms_rules_of(self.channel.name)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields that its texts depend on, besides the variant."""
        looked_at = {name for block in self.blocks for name in block.fields}
        return tuple(name for name in self.catalogue if name in self.variables or name in looked_at)

    @cached_property
    def personal_fields(self) -> tuple[str, ...]:
        """Those of its fields that are opened when a message is sent."""
        return tuple(name for name in self.fields if self.catalogue[name].is_personal)

    def example(self, variant: str) -> Content | str:
        """The message of a variant for a made-up customer, as `render` gives it."""
        return self.render(self.wording.sample(self.catalogue, variant))

    def _sample(self, variant: str) -> str:
        shown = self.example(variant)
        if isinstance(shown, str):
            return shown
        parts = [str(shown[part]).replace("\n", " ") if part == "text" and self.channel.is_html else str(shown[part])
                 for part in TEXT_PARTS if part in shown and part != "html"]  # fmt: skip
        return " / ".join(parts).replace(UNSUBSCRIBE_MARK, "{{ unsubscribe_url }}")

    def _make(self, fields: Mapping[str, Any], today: date | None) -> Content | str:
        texts, chosen = block_values(self.blocks, fields, today)
        made = self._contents(fields, texts)
        if isinstance(made, str) or not chosen:
            return made
        return {**made, "blocks": ", ".join(f"{block}={item}" for block, item in chosen.items())}

    def values(self, fields: Mapping[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
        """What Liquid is given for a customer.

        Args:
            fields: as `render` takes them.
            blocks: the text of each block by its name.
        """
        known = known_values({name: self.catalogue[name] for name in self.fields}, fields, self.wording.language)
        values = {**known, "variant": fields.get("variant"), "block": blocks, **self.wording.parameters}
        return {**values, "unsubscribe_url": UNSUBSCRIBE_MARK}

    def make_sure(self, fields: Mapping[str, Any]) -> None:
        """Make the text once, for its mistakes.

        Raises:
            LiquidError: it cannot be made, for another reason than that something is not known of the customer.
        """
        with contextlib.suppress(MissingFieldError):
            self._outputs(fields, block_values(self.blocks, fields, None)[0])

    def _contents(self, fields: Mapping[str, Any], blocks: Mapping[str, Any]) -> Content | str:
        try:
            made = self._outputs(fields, blocks)
        except MissingFieldError as missing:
            return f"{FIELD_MISSING}: {missing.field}"
        except LiquidError as bad:
            return f"template_error: {str(bad).strip().splitlines()[0]}"
        return content_of(self.channel, *made)

    def _outputs(self, fields: Mapping[str, Any], blocks: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
        """What the template makes: as it is, with its values escaped, and of its plain-text part."""
        values = self.values(fields, blocks)
        return (
            render(self._text, values),
            render(self._marked_up, values) if self._marked_up else None,
            render(self._plain, values) if self._plain else None,
        )


def find_template(folder: Path, channel: str, language: str, campaign_id: str = "") -> Path:
    """The file of a template in a language: its own, else the one of the language that it is a variety of.

    `zh_Hant_TW` is looked for as zh_Hant_TW, zh_Hant, zh, and as nothing else: never in another language.

    Args:
        folder: the template's folder, `exports/templates/<template>`.
        channel: name of the message channel.
        language: with `_` between its parts.
        campaign_id: who wants it, for the message; "" where nobody in particular does.

    Raises:
        UserError: there is none.
    """
    names = languages_of(language)
    for name in names:
        path = folder / channel / f"{name}.liquid"
        require_text_file(path, f"exports/templates/{folder.name}/{channel}/{path.name}")
        if path.is_file():
            return path
    place = f"exports/templates/{folder.name}/{channel}"
    there = ", ".join(sorted(path.name for path in (folder / channel).glob("*.liquid"))) or "none for this channel"
    also = f" (nor {', '.join(f'{name}.liquid' for name in names[1:])})" if names[1:] else ""
    wanted_by = f" of {campaign_id}" if campaign_id else ""
    raise UserError(
        f"The template {place}/{names[0]}.liquid{wanted_by} is missing{also}; there is {there}. Write it, or change "
        "the name of the template, the channel or the language."
    )
