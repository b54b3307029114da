"""The people of the made-up world: who they are and where they show up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from demo_retailer import vocabulary
from demo_retailer.people.habits import Habits, draw_habits
from demo_retailer.people.shopping_calendar import Calendar
from demo_retailer.people.traits import Traits, draw_traits
from demo_retailer.seeded_draws import Flags, Floats, Ints, chance, only_where, paste, stream, take, weighted

_ALLOCATED = {"13": "012356789", "15": "01256789", "16": "6", "17": "035678", "18": "012356789", "19": "189"}
_MOBILE_PREFIXES = np.array([int(first + last) for first, lasts in _ALLOCATED.items() for last in lasts])
_PHONES = len(_MOBILE_PREFIXES) * 10**8
_PHONE_FACTOR = 2_654_435_761  # shares no factor with _PHONES, so that no two people get one number
# Domains under which nobody can have a mailbox (RFC 2606): a demo must never be able to write to a stranger.
_MAIL_DOMAINS = pa.array(
    ["qq.example.com", "163.example.com", "126.example.com", "sina.example.net", "foxmail.example.org"]
)
_MAIL_WEIGHTS = np.array([45.0, 28, 10, 7, 10])
_HOUSEHOLD_SHARE = 0.04
_ELDER_SHARE = 0.2
_NO_SECOND_CHARACTER = -1
_GROUPS = ("habits", "traits")  # fields of People that hold several arrays each


@dataclass(frozen=True)
class People:
    """A block of people; every field is one array with one value per person.

    `number` counts people over the whole world; surname, characters, city and mail domain are positions in the word
    tables; phones are whole numbers of 11 digits; the birthday is in days since 1970.
    """

    number: Ints
    is_male: Flags
    surname: Ints
    first_character: Ints
    second_character: Ints
    birthday: Ints
    city: Ints
    phone: Ints
    former_phone: Ints
    mail_domain: Ints
    has_email: Flags
    habits: Habits
    traits: Traits

    def __len__(self) -> int:
        return len(self.number)

    def pick(self, rows: Ints | Flags) -> People:
        """The people at some positions, or those a mask keeps."""
        arrays = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name not in _GROUPS}
        return People(**arrays, habits=self.habits.pick(rows), traits=self.traits.pick(rows))

    def names(self) -> pa.StringArray:
        """Full names in characters: 王小明."""
        return paste(self.surnames(), self.given_names())

    def surnames(self) -> pa.StringArray:
        """Surnames in characters: 王."""
        return take(vocabulary.column("surnames", "surname"), self.surname)

    def given_names(self) -> pa.StringArray:
        """Given names in characters, one or two of them: 小明."""
        return self._given("character")

    def surname_pinyin(self) -> pa.StringArray:
        """Surnames in pinyin: wang."""
        return take(vocabulary.column("surnames", "pinyin"), self.surname)

    def given_pinyin(self) -> pa.StringArray:
        """Given names in pinyin: xiaoming."""
        return self._given("pinyin")

    def emails(self) -> pa.StringArray:
        """E-mail addresses, null for people without one; no two people share one."""
        digits = pa.array(self.number + 100).cast(pa.string())
        address = paste(self.given_pinyin(), self.surname_pinyin(), digits, "@", take(_MAIL_DOMAINS, self.mail_domain))
        return only_where(self.has_email, address)

    def genders(self, male: str, female: str) -> pa.StringArray:
        """Genders in a channel's own words."""
        return take(pa.array([female, male]), self.is_male.astype(np.int64))

    def provinces(self) -> pa.StringArray:
        """Home provinces: 浙江省."""
        return take(vocabulary.column("cities", "province"), self.city)

    def cities(self) -> pa.StringArray:
        """Home cities: 杭州市."""
        return take(vocabulary.column("cities", "city"), self.city)

    def _given(self, spelling: str) -> pa.StringArray:
        syllables = vocabulary.column("given_characters", spelling)
        second = pa.array(self.second_character, mask=self.second_character == _NO_SECOND_CHARACTER)
        return paste(take(syllables, self.first_character), syllables.take(second).fill_null(""))


def joined_together(groups: list[People]) -> People:
    """Several groups of people as one, in order."""

    def of(name: str) -> Any:
        return np.concatenate([getattr(group, name) for group in groups])

    def of_group(name: str, kind: type[Any]) -> Any:
        parts = [getattr(group, name) for group in groups]
        arrays = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(kind)}
        return kind(**arrays)

    return People(
        **{field.name: of(field.name) for field in fields(People) if field.name not in _GROUPS},
        habits=of_group("habits", Habits),
        traits=of_group("traits", Traits),
    )


def make_people(seed: int, part: int, first: int, count: int, calendar: Calendar, orders_each: float) -> People:
    """Draw one block of people.

    Args:
        seed: the world's seed.
        part: number of this block.
        first: number of its first person in the whole world.
        count: how many people.
        calendar: the days of the world.
        orders_each: mean number of orders per person, buyers and others together.
    """
    rng = stream(seed, "people", part)
    number = np.arange(first, first + count, dtype=np.int64)
    is_male = chance(rng, 0.46, count)
    surname = weighted(rng, vocabulary.weights("surnames"), count)
    age = _ages(rng.beta(1.6, 2.6, count), chance(stream(seed, "elders", part), _ELDER_SHARE, count))
    birthday = calendar.last - (365.25 * age).astype(np.int64)
    city = weighted(rng, vocabulary.weights("cities"), count)
    phone = _phones(number, seed)

    # Households: an odd-numbered person lives with the one before, shares the phone and sometimes the surname.
    partner = np.maximum(np.arange(count) - 1, 0)
    shares = (np.arange(count) % 2 == 1) & chance(rng, _HOUSEHOLD_SHARE, count)
    phone = np.where(shares, phone[partner], phone)
    city = np.where(shares, city[partner], city)
    surname = np.where(shares & chance(rng, 0.4, count), surname[partner], surname)

    habits = draw_habits(stream(seed, "habits", part), count, calendar, orders_each)
    return People(
        number=number,
        is_male=is_male,
        surname=surname,
        first_character=_characters(rng, is_male),
        second_character=np.where(chance(rng, 0.82, count), _characters(rng, is_male), _NO_SECOND_CHARACTER),
        birthday=birthday,
        city=city,
        phone=phone,
        former_phone=_phones(number + _PHONES // 2, seed),
        mail_domain=weighted(rng, _MAIL_WEIGHTS, count),
        has_email=chance(rng, 0.62, count),
        habits=habits,
        traits=draw_traits(stream(seed, "traits", part), habits),
    )


def _ages(place: Floats, is_elder: Flags) -> Floats:
    """Years of age, by the place from 0 to 1 within the own generation: 60 to 80 of elders, 18 to 73 of others."""
    return np.where(is_elder, 60 + 20 * place, 18 + 55 * place)


def _phones(numbers: Ints, seed: int) -> Ints:
    mixed = (numbers * _PHONE_FACTOR + seed * 7_368_787) % _PHONES
    return _MOBILE_PREFIXES[mixed // 10**8] * 10**8 + mixed % 10**8


def _characters(rng: np.random.Generator, is_male: Flags) -> Ints:
    """Positions of given-name characters that suit the gender."""
    gender = vocabulary.column("given_characters", "gender").to_numpy(zero_copy_only=False)
    male, female = np.flatnonzero(gender != "f"), np.flatnonzero(gender != "m")
    drawn = rng.random(len(is_male))
    return np.where(is_male, male[(drawn * len(male)).astype(int)], female[(drawn * len(female)).astype(int)])
