"""What a country asks of text messages: sender's name, opt-out words, hours, length. Rows of the seed `sms_rules`.

The country of the number decides, not the company's. A number of a country without a row gets nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from stores.dbt_files.seed_rows import seed_rows
from stores.errors import UserError

_SIGNATURE = re.compile(r"^【[^】]{2,12}】")
_MANY = 3  # countries that are told one by one
_MAINLAND_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")


@dataclass(frozen=True)
class SmsRule:
    """One row of the seed.

    Attributes:
        country: ISO 3166 code of two letters.
        needs_signature: the text begins with the sender's name in 【】.
        opt_out_words: one of these ends the text.
        opens: from when messages may be sent, in the country's own time.
        closes: until when.
        zone: the country's time zone.
        max_characters: the longest text.
        quiet_weekdays: days of the week on which nothing is sent, 1 for Monday.
        forbidden: words that must not stand in it.
    """

    country: str
    needs_signature: bool
    opt_out_words: tuple[str, ...]
    opens: time
    closes: time
    zone: ZoneInfo
    max_characters: int
    quiet_weekdays: frozenset[int] = frozenset()
    forbidden: tuple[str, ...] = ()

    def problem(self, text: str) -> str | None:
        """Why a text must not be sent to a number of the country; None when it may."""
        if self.needs_signature and not _SIGNATURE.match(text):
            return f"a text message ({self.country}) must begin with the sender's name of 2-12 characters in 【】"
        if not text.endswith(self.opt_out_words):
            words = " / ".join(self.opt_out_words)
            return f"a text message ({self.country}) must end with the opt-out words: {words}"
        if len(text) > self.max_characters:
            return f"a text message ({self.country}) may have {self.max_characters} characters, not {len(text)}"
        small = text.casefold()
        found = [word for word in self.forbidden if word.casefold() in small]
        return f"a text message ({self.country}) must not have the word {found[0]!r}" if found else None

    def quiet_until(self, now: datetime) -> datetime | None:
        """When messages may be sent next; None when they may be sent now.

        Args:
            now: the present moment, aware.
        """
        there = now.astimezone(self.zone)
        is_day = there.isoweekday() not in self.quiet_weekdays
        if is_day and self.opens <= there.time() < self.closes:
            return None
        day = there.date() if there.time() < self.opens else there.date() + timedelta(days=1)
        while day.isoweekday() in self.quiet_weekdays:
            day += timedelta(days=1)
        return datetime.combine(day, self.opens, tzinfo=self.zone)


def read_sms_rules(project_root: Path) -> dict[str, SmsRule]:
    """The rules by country, in the order of the seed.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing, or a row of it makes no sense.
    """
    return sms_rules_of(seed_rows(project_root / "dbt_project", "sms_rules"), "sms_rules.csv")


def sms_rules_of(rows: Iterable[dict[str, str]], place: str) -> dict[str, SmsRule]:
    """The rules by country.

    Args:
        rows: of the seed `sms_rules`.
        place: where they stand, for messages.

    Raises:
        UserError: there are none, or a row makes no sense.
    """
    rules: dict[str, SmsRule] = {}
    for number, row in enumerate(rows, start=2):
        try:
            rule = _rule(row)
        except (KeyError, TypeError, ValueError, OSError, AttributeError) as bad:
            raise UserError(
                f"{place}:{number}: a rule needs country (two letters), needs_signature (true or false), "
                "opt_out_words (divided by |), opens and closes (HH:MM), timezone (such as Asia/Shanghai), "
                "quiet_weekdays (1 to 7 divided by |, not all, or empty) and max_characters (1 or more)."
            ) from bad
        if rule.country in rules:
            raise UserError(f"{place}:{number}: {rule.country} has a rule already. Remove one.")
        rules[rule.country] = rule
    if not rules:
        raise UserError(f"{place} has no row. No text message is sent without the rules.")
    return rules


def _rule(row: dict[str, str]) -> SmsRule:
    words = tuple(word.strip() for word in row["opt_out_words"].split("|") if word.strip())
    rule = SmsRule(
        country=row["country"].strip(),
        needs_signature={"true": True, "false": False}[row["needs_signature"].strip().lower()],
        opt_out_words=words,
        opens=time.fromisoformat(row["opens"].strip()),
        closes=time.fromisoformat(row["closes"].strip()),
        zone=ZoneInfo(row["timezone"].strip()),
        max_characters=int(row["max_characters"]),
        quiet_weekdays=frozenset(int(day) for day in row["quiet_weekdays"].split("|") if day.strip()),
    )
    if not rule.quiet_weekdays < set(range(1, 8)):
        raise ValueError(rule.country)
    if not (re.fullmatch("[A-Z]{2}", rule.country) and words and rule.opens < rule.closes and rule.max_characters > 0):
        raise ValueError(rule.country)
    return rule


def problem_everywhere(rules: dict[str, SmsRule], text: str) -> str | None:
    """Why a text may be sent in no country at all, once for all that say the same; None where one allows it."""
    saying: dict[str, list[str]] = {}
    for rule in rules.values():
        problem = rule.problem(text)
        if problem is None:
            return None
        saying.setdefault(problem.replace(f"({rule.country})", "({})", 1), []).append(rule.country)
    said = "; ".join(problem.replace("({})", f"({_several(some)})", 1) for problem, some in saying.items())
    return f"{said}; another country is a row of the seed sms_rules" if said else None


def _several(countries: list[str]) -> str:
    """Countries by their codes; of many the first two and the last."""
    many = f"{', '.join(countries[:2])} … {countries[-1]}"
    return many if len(countries) > _MANY else ", ".join(countries)


def no_rules(country: str | None) -> str:
    """Why a text message to a number of a country without rules waits; None for a country that cannot be told."""
    return f"sms_no_rules_for_country: {country or 'unknown'}"


def refusal(rules: Mapping[str, SmsRule], country: str, text: str) -> str | None:
    """Why a text is not sent to a number of a country, as the ledger says it; None when it may be sent.

    Args:
        rules: by country.
        country: of the number.
        text: of the message.
    """
    if country not in rules:
        return no_rules(country)
    problem = rules[country].problem(text)
    return f"template_not_allowed: {problem}" if problem else None


def country_of(number: str) -> str | None:
    """The country of a phone number in international form; None where it cannot be told.

    Args:
        number: such as +8613800138000.
    """
    return "CN" if _MAINLAND_MOBILE.fullmatch(number) else _looked_up(number)


def _looked_up(number: str) -> str | None:
    # here, because what only reads the rules, such as `guanxi status`, need not wait for its tables
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
