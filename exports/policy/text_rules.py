"""What a country asks of texts, and the words that it forbids: rows of the seed `text_rules`.

Of a message to a phone number the number's country counts, of any other the company's. A country without any row gets
no message over a channel that rows of other countries are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exports.rendering.message_links import UNSUBSCRIBE_MARK
from stores.errors import UserError

SEED = "text_rules"
NO_RULES = "no_text_rules_for_country"
_RULES = ("one_of", "none_of", "unsubscribe_link")


@dataclass(frozen=True)
class TextRule:
    """One row of the seed.

    Attributes:
        country: ISO 3166 code of two letters.
        channel: the message channel.
        part: of the message.
        rule: one_of, none_of or unsubscribe_link.
        words: those that it is about.
    """

    country: str
    channel: str
    part: str
    rule: str
    words: tuple[str, ...]

    def problem(self, text: str) -> str | None:
        """What is wrong with a text; None where nothing is."""
        if self.rule == "unsubscribe_link":
            if UNSUBSCRIBE_MARK in text:
                return None
            return f"the {self.part} must have the link to unsubscribe, {{{{ unsubscribe_url }}}}"
        if self.rule == "one_of":
            # a word in Latin letters counts as a word, and not within another
            if any(re.search(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", text) for word in self.words):
                return None
            return f"the {self.part} must have one of the words {' / '.join(self.words)}"
        small = text.casefold()
        found = [word for word in self.words if word.casefold() in small]
        return f"the {self.part} must not have the word {found[0]!r}" if found else None


@dataclass(frozen=True)
class TextRules:
    """All rows of the seed."""

    rows: tuple[TextRule, ...]

    def of(self, country: str, channel: str) -> tuple[TextRule, ...]:
        """The rows of a country and channel."""
        return tuple(row for row in self.rows if (row.country, row.channel) == (country, channel))

    def refusal(self, country: str, channel: str, content: Mapping[str, Any]) -> str | None:
        """Why a message must not be sent, or must wait; None when it may go.

        Args:
            country: whose rules count.
            channel: the message channel.
            content: the parts of the message, before its links are signed.
        """
        if not any(row.country == country for row in self.rows):
            return f"{NO_RULES}: {country}" if any(row.channel == channel for row in self.rows) else None
        problem = self._problem(country, channel, content)
        return f"template_not_allowed: {problem} ({country}; seed text_rules)" if problem else None

    def problem_everywhere(self, channel: str, content: Mapping[str, Any]) -> str | None:
        """Why a message may be sent in no country that has rules for its channel; None where one lets it go."""
        countries = dict.fromkeys(row.country for row in self.rows if row.channel == channel)
        said = [problem for country in countries if (problem := self._problem(country, channel, content))]
        if not said or len(said) < len(countries):
            return None
        # what most of them say
        return f"template_not_allowed: {max(said, key=said.count)} (seed text_rules)"

    def _problem(self, country: str, channel: str, content: Mapping[str, Any]) -> str | None:
        said = (row.problem(str(content[row.part])) for row in self.of(country, channel) if row.part in content)
        return next(filter(None, said), None)

    def forbidden_in(self, country: str, channel: str) -> tuple[str, ...]:
        """The words that a country forbids in the texts of a channel."""
        return tuple(word for row in self.of(country, channel) if row.rule == "none_of" for word in row.words)


def text_rules_of(rows: Iterable[Mapping[str, str]], place: str) -> TextRules:
    """The rules.

    Args:
        rows: of the seed `text_rules`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    found = []
    for line, row in enumerate(rows, start=2):
        try:
            words = tuple(word.strip() for word in (row["words"] or "").split("|") if word.strip())
            country, channel, part, kind = (row[name].strip() for name in ("country", "channel", "part", "rule"))
            rule = TextRule(country, channel, part, kind, words)
            is_sound = re.fullmatch("[A-Z]{2}", rule.country) and rule.channel and rule.part and rule.rule in _RULES
            if not is_sound or bool(words) == (rule.rule == "unsubscribe_link"):
                raise ValueError(rule.rule)
        except (KeyError, ValueError, AttributeError) as bad:
            raise UserError(
                f"{place}:{line}: a rule needs country (two letters), channel, part, rule ({', '.join(_RULES)}) and, "
                "but for unsubscribe_link, words divided by |."
            ) from bad
        found.append(rule)
    return TextRules(tuple(found))
