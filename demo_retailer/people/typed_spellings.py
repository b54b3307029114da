"""How people and clerks really write phones, e-mails, names and birthdays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo_retailer.people.population import People
from demo_retailer.seeded_draws import Flags, Ints, chance, choose, only_where, paste, slice_text, weighted

_PHONE_STYLES = np.array([70.0, 6, 4, 5, 4, 3, 3, 2, 1.2, 0.8, 1.0])
_EMAIL_STYLES = np.array([80.0, 6, 6, 5, 1.5, 1.5])
_NAME_STYLES = np.array([78.0, 6, 3, 2, 2, 3, 2, 2, 2])
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_DAYS_TO_1900 = -25_567


def phone_texts(rng: np.random.Generator, phones: Ints) -> pa.StringArray:
    """Write phone numbers as people type them: with country code, blanks, dashes, full-width digits, typos."""
    digits = pa.array(phones).cast(pa.string())
    head, middle, tail = slice_text(digits, 0, 3), slice_text(digits, 3, 7), slice_text(digits, 7)
    full_width = digits
    for number in range(10):
        full_width = pc.replace_substring(full_width, str(number), str(number).translate(_FULL_WIDTH))
    variants = [
        digits,
        paste("+86 ", head, "-", middle, "-", tail),
        paste("0086", digits),
        paste(head, " ", middle, " ", tail),
        paste(head, "-", middle, "-", tail),
        paste("+86", digits),
        full_width,
        paste(" ", digits, " "),
        slice_text(digits, 0, 10),  # one digit short
        paste("0571-8", middle, "转", slice_text(digits, 8)),  # the office line
        pa.array([""]).take(pa.array(np.zeros(len(phones), dtype=np.int64))),
    ]
    return choose(weighted(rng, _PHONE_STYLES, len(phones)), *variants)


def email_texts(rng: np.random.Generator, emails: pa.StringArray) -> pa.StringArray:
    """Write e-mail addresses as people type them: capitals, blanks, a missing @; null stays null."""
    variants = [
        emails,
        pc.utf8_upper(emails),
        pc.utf8_capitalize(emails),
        paste(emails, " "),
        pc.replace_substring(emails, "@", "#"),
        pc.replace_substring(emails, "@", "＠"),
    ]
    return choose(weighted(rng, _EMAIL_STYLES, len(emails)), *variants)


def name_texts(rng: np.random.Generator, people: People) -> pa.StringArray:
    """Write names as clerks do: with a title, the surname only, swapped, with a blank, in pinyin."""
    surname, given = people.surnames(), people.given_names()
    family, personal = pc.utf8_capitalize(people.surname_pinyin()), pc.utf8_capitalize(people.given_pinyin())
    title = people.genders("先生", "女士")
    variants = [
        paste(surname, given),
        paste(surname, given, title),
        paste(surname, title),
        paste(given, surname),
        paste(surname, " ", given),
        paste(family, " ", personal),
        paste(personal, " ", family),
        pc.utf8_upper(paste(family, " ", personal)),
        paste(" ", surname, given, " "),
    ]
    return choose(weighted(rng, _NAME_STYLES, len(people)), *variants)


def birthday_days(rng: np.random.Generator, people: People, known: float) -> tuple[Ints, Flags]:
    """Birthdays as forms hold them: some left out, some a default of 1900-01-01, some a day or a year off.

    Args:
        rng: source of randomness.
        people: whose birthdays.
        known: share of people who filled the field in.

    Returns:
        Days since 1970, and where they are known.
    """
    slip = choose(weighted(rng, np.array([94.0, 2, 2, 2]), len(people)), *(pa.array(shift) for shift in _slips(people)))
    return slip.to_numpy(), chance(rng, known, len(people))


def _slips(people: People) -> list[Ints]:
    birthday = people.birthday
    return [birthday, np.full_like(birthday, _DAYS_TO_1900), birthday + 1, birthday - 365]


def known_phones(rng: np.random.Generator, people: People, known: float, former: float = 0.04) -> pa.StringArray:
    """Phone fields of a form: null where not given, the former number for some people."""
    phones = np.where(chance(rng, former, len(people)), people.former_phone, people.phone)
    return only_where(chance(rng, known, len(people)), phone_texts(rng, phones))


def known_emails(rng: np.random.Generator, people: People, known: float) -> pa.StringArray:
    """E-mail fields of a form: null where not given or not had."""
    return only_where(chance(rng, known, len(people)), email_texts(rng, people.emails()))
