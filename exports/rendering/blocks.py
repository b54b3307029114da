"""Blocks: a piece of text that is chosen for each customer, such as an offer. `exports/blocks/<name>.yml`.

The first item counts that is valid on the day and whose `when` fits what is known of the customer; else the `fallback`;
without one the message does not go to the customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from exports.definitions.definition_file import Strict, read_model
from exports.definitions.yaml_lines import Document, Position
from exports.rendering.field_catalogue import Catalogue, did_you_mean
from exports.rendering.known_values import Missing
from exports.rendering.snippets import languages_of
from stores.errors import UserError

FALLBACK = "fallback"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Texts = dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z0-9]+)*$")], Annotated[str, Field(min_length=1)]]
Value = str | int | float | bool | date


class Item(Strict):
    """One of the texts of a block."""

    name: Name = Field(description="kept with each message, so that it can be said later what was chosen")
    when: dict[str, Value | list[Value]] = Field({}, description="field: its value, or values of which one must fit")
    valid_from: date | None = Field(None, description="the first day on which it counts")
    valid_until: date | None = Field(None, description="the last day on which it counts")
    text: Texts = Field(min_length=1, description="by language")

    @field_validator("name")
    @classmethod
    def _not_fallback(cls, name: str) -> str:
        if name == FALLBACK:
            raise ValueError("is what the text for everybody else is called; choose another name")
        return name

    @field_validator("when")
    @classmethod
    def _known_fields(cls, when: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        allowed = (info.context or {}).get("fields", ())
        for name in when:
            if name not in allowed:
                raise ValueError(f"there is no field {name!r}; there are {', '.join(allowed)}")
        return when

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValueError("valid_from is after valid_until")
        return self

    def fits(self, fields: Mapping[str, Any], today: date | None) -> bool:
        """Whether it may be said to a customer on a day; None: whatever the day."""
        first, last = self.valid_from or date.min, self.valid_until or date.max
        if today is not None and not first <= today <= last:
            return False
        return all(_fits(fields.get(name), wanted) for name, wanted in self.when.items())


class Block(Strict):
    """One file."""

    name: dict[Annotated[str, Field(pattern="^(zh|en)$")], str] = Field(min_length=1)
    items: list[Item] = Field(min_length=1, description="tried in this order")
    fallback: Texts | None = Field(None, description="for everybody else; without it the message does not go to them")

    @field_validator("items")
    @classmethod
    def _each_name_once(cls, items: list[Item]) -> list[Item]:
        names = [item.name for item in items]
        if len(names) != len(set(names)):
            raise ValueError("each name may stand here once")
        return items

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """Every text by the name of its item."""
        for item in self.items:
            yield item.name, item.text
        if self.fallback:
            yield FALLBACK, self.fallback


@dataclass(frozen=True)
class Chosen:
    """What a customer is told.

    Attributes:
        item: the name of the item; empty where none fits.
        text: in the language of the message; empty where none fits.
    """

    item: str
    text: str


@dataclass(frozen=True)
class LanguageBlock:
    """A block in the language of a campaign; make it with `read_block`.

    Attributes:
        name: of the file.
        path: of the file.
        block: what it says.
        texts: by item, in the language.
    """

    name: str
    path: Path
    block: Block
    texts: Mapping[str, str]

    @property
    def fields(self) -> set[str]:
        """What it looks at."""
        return {name for item in self.block.items for name in item.when}

    def choose(self, fields: Mapping[str, Any], today: date | None) -> Chosen:
        """What is said to a customer.

        Args:
            fields: what the plan knows about the customer.
            today: the day of the message; None: whatever the day.
        """
        for item in self.block.items:
            if item.fits(fields, today):
                return Chosen(item.name, self.texts[item.name])
        return Chosen(FALLBACK, self.texts[FALLBACK]) if self.block.fallback else Chosen("", "")


def read_block(folder: Path, name: str, language: str, catalogue: Catalogue) -> LanguageBlock:
    """Read and check a block.

    Args:
        folder: `exports/blocks`.
        name: of the file, without `.yml`.
        language: of the campaign; each item needs a text in it, or in one that it is a variety of.
        catalogue: the fields that `when` may name.

    Raises:
        UserError: there is no such block, or it is wrong: with file, line, field and what is allowed.
    """
    path = folder / f"{name}.yml"
    if not path.is_file():
        there = sorted(one.stem for one in folder.glob("*.yml"))
        raise UserError(
            f"There is no block {name!r} in exports/blocks/; there are {', '.join(there) or 'none'}."
            f"{did_you_mean(name, there)}"
        )
    block, document = read_model(path, Block, {"fields": open_fields(catalogue)})
    return LanguageBlock(name, path, block, _in_language(block, language, document))


def open_fields(catalogue: Catalogue) -> tuple[str, ...]:
    """The fields that a choice may depend on: those that are not personal."""
    return tuple(name for name, field in catalogue.items() if not field.is_personal)


def block_values(
    blocks: Sequence[LanguageBlock], fields: Mapping[str, Any], today: date | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """What templates write for `block.<name>`, and the name of the item that was chosen for each.

    Args:
        blocks: those that the template uses.
        fields: what the plan knows about the customer.
        today: the day of the message; None: whatever the day.
    """
    chosen = {block.name: block.choose(fields, today) for block in blocks}
    values = {name: one.text if one.item else Missing(f"block.{name}") for name, one in chosen.items()}
    return values, {name: one.item for name, one in chosen.items() if one.item}


def _in_language(block: Block, language: str, document: Document) -> dict[str, str]:
    found = {}
    for item, texts in block.texts():
        said = next((texts[one] for one in languages_of(language) if one in texts), None)
        if said is None:
            names = [one.name for one in block.items]
            position: Position = (FALLBACK,) if item == FALLBACK else ("items", names.index(item), "text")
            raise UserError(
                document.mistake(position, f"has no text in {language}; it has {', '.join(texts)}. Write one.")
            )
        found[item] = said.strip()
    return found


def _fits(known: Any, wanted: Any) -> bool:
    values = wanted if isinstance(wanted, list) else [wanted]
    return any(
        (type(known) is type(one) and known == one) or _is_same_number(known, one) for one in map(_plain, values)
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _is_same_number(known: Any, wanted: Any) -> bool:
    numbers = [one for one in (known, wanted) if isinstance(one, int | float) and not isinstance(one, bool)]
    return len(numbers) == 2 and known == wanted
