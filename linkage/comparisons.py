"""What of two profiles is compared, and in which degrees of likeness: the comparisons given to Splink.

Likeness of personal values is the Dice coefficient of their Bloom filters. Each level has a usual share of true matches
that show it (`m`): training moves away from it only as far as the data's own matches carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

_ORIENTATION_MARGIN = 0.1
EQUAL, NEARLY_EQUAL = "equal", "nearly equal"
_DEGREES = (NEARLY_EQUAL, "alike", "somewhat alike")
SAME_LOCAL_PART = "same name before the @"

# What agreement in a field can say. One that `identifies` is a person's by itself; a `name` is one together with
# something of the person's `own`. What only `describes` (town, company, job …) is many people's, and any number of such
# fields together still is.
Role = Literal["identifies", "name", "own", "describes"]

Level = dict[str, Any]


def _dice(left: str, right: str) -> str:
    """SQL for the Dice coefficient of two Bloom filters: `given` on the left is the column `given_bits_l`."""
    common = f"bit_count({left}_bits_l & {right}_bits_r)"
    return f"(2.0 * {common} / ({left}_bits_set_l + {right}_bits_set_r))"


@dataclass(frozen=True)
class Measure:
    """How alike two personal values are.

    Attributes:
        likeness: from what is compared on the left and on the right, as in ("given", "family"), to SQL between 0 and 1.
        degrees: from where on two values count as nearly equal, alike, somewhat alike.
        long_degrees: likewise for addresses, of which those of one town or street have much in common.
        typed_degree: from where on two phone numbers differ in no more than what a slip of the finger changes.
    """

    likeness: Callable[[str, str], str]
    degrees: tuple[float, ...]
    long_degrees: tuple[float, ...]
    typed_degree: float = 0.78


KEYED = Measure(_dice, (0.75, 0.60, 0.45), (0.80, 0.65))


@dataclass(frozen=True)
class Comparison:
    """One comparison and the columns of the feature table that it needs.

    Attributes:
        name: what is compared, the key of `field_weights`.
        needs: columns of which at least one must hold values for the comparison to say anything.
        levels: Splink's levels, the null level first, "else" last.
        usual: m of each level but the null one, adding up to 1.
        role: what agreement can say about who somebody is.
        proof: labels of the levels that say it; none: every level that speaks for one person.
        follows: comparisons from which agreement in this one may follow, as a town follows from a postcode.
        may_follow: where equal values are a person's own and only likeness may follow from something else, the labels
            of those levels, with the likeness from which they count; None where it is another equality.
    """

    name: str
    needs: tuple[str, ...]
    levels: tuple[Level, ...]
    usual: tuple[float, ...]
    role: Role = "describes"
    proof: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    may_follow: Mapping[str, float | None] = field(default_factory=dict)

    def for_splink(self) -> dict[str, Any]:
        """The comparison as Splink's settings spell it."""
        return {"output_column_name": self.name, "comparison_levels": [dict(level) for level in self.levels]}


def all_comparisons(measure: Measure = KEYED) -> tuple[Comparison, ...]:
    """Every comparison that Guanxi knows, most telling first.

    Args:
        measure: how likeness is measured; another one than on keyed features serves to compare the two.
    """
    places = ("phone", "address", "address_line_2", "postcode", "city", "province", "birthplace")
    return (
        _name_part(measure, "given", "family"),
        _name_part(measure, "family", "given"),
        _birthday(),
        _phone(measure),
        _email(measure),
        _id_number(measure),
        replace(_alike(measure, "address", measure.long_degrees, (0.60, 0.12, 0.05, 0.23)), role="own"),
        _alike(measure, "address_line_2", measure.long_degrees, (0.60, 0.12, 0.05, 0.23), ("address",)),
        _exact("house_number", 0.80),
        _spelled("postcode", 0.80, places[:3]),
        _spelled("city", 0.80, places[:4]),
        _province(places[:5]),
        _spelled("birthplace", 0.80, places[:6]),
        _spelled("company", 0.60, places),
        _spelled("job_title", 0.60, (*places[3:], "company")),
        _exact("gender", 0.95, ("given_name", "job_title"), by_frequency=False),
    )


def _exact(column: str, usual: float, follows: tuple[str, ...] = (), by_frequency: bool = True) -> Comparison:
    levels = (_unknown(column), _equal(column, by_frequency), _ELSE)
    return Comparison(column, (column,), levels, (usual, 1 - usual), follows=follows)


def _alike(
    measure: Measure, column: str, degrees: tuple[float, ...], usual: tuple[float, ...], follows: tuple[str, ...] = ()
) -> Comparison:
    """A tokenised value with a filter: `<column>_token`, `<column>_bits`."""
    token = f"{column}_token"
    alike = measure.likeness(column, column)
    levels = (_unknown(token), _equal(token), *_degrees(alike, degrees), _ELSE)
    return Comparison(column, (token,), levels, usual, follows=follows)


def _phone(measure: Measure) -> Comparison:
    """A number mistyped in a digit or two is nearly equal. What only begins alike has a town and carrier in common."""
    levels = _alike(measure, "phone", (measure.typed_degree,), (0.75, 0.08, 0.17))
    return replace(levels, role="identifies", proof=(EQUAL, NEARLY_EQUAL))


def _id_number(measure: Measure) -> Comparison:
    """Numbers of people of one town and birthday begin alike, so likeness weighs but proves nothing."""
    levels = _alike(measure, "id_number", measure.degrees, (0.85, 0.06, 0.03, 0.01, 0.05), ("birthday", "birthplace"))
    may_follow = dict(zip(_DEGREES, measure.degrees, strict=True))
    return replace(levels, role="identifies", proof=(EQUAL,), may_follow=may_follow)


def _spelled(column: str, usual: float, follows: tuple[str, ...] = ()) -> Comparison:
    """A value that stands in clear in the warehouse, such as a city."""
    alike = f"jaro_winkler_similarity({column}_l, {column}_r)"
    close = _level(f"{alike} >= 0.88", NEARLY_EQUAL)
    rest = 1 - usual
    levels = (_unknown(column), _equal(column), close, _ELSE)
    return Comparison(column, (column,), levels, (usual, rest / 2, rest / 2), follows=follows)


def _name_part(measure: Measure, part: str, other: str) -> Comparison:
    """A given or family name; where the two were swapped in one of the profiles, the right ones are compared."""

    def score(left: str, right: str) -> str:
        return f"coalesce({measure.likeness(left, right)}, 0)"

    straight, crossed = f"{score(part, part)} + {score(other, other)}", f"{score(part, other)} + {score(other, part)}"
    swapped = f"({crossed} > {straight} + {_ORIENTATION_MARGIN})"
    unknown = (
        f"case when {swapped} then {part}_token_l is null or {other}_token_r is null "
        f"else {part}_token_l is null or {part}_token_r is null end"
    )
    alike = f"(case when {swapped} then {measure.likeness(part, other)} else {measure.likeness(part, part)} end)"
    levels = (
        {"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True},
        _equal(f"{part}_token"),
        _level(f"{swapped} and {part}_token_l = {other}_token_r", "equal, swapped"),
        *_degrees(alike, measure.degrees),
        _ELSE,
    )
    usual = (0.75, 0.04, 0.08, 0.05, 0.03, 0.05)
    return Comparison(f"{part}_name", (f"{part}_token",), levels, usual, role="name")


def _email(measure: Measure) -> Comparison:
    """E-mails are made from names: likeness says nothing beside a name, and the part before the @ often little."""
    alike = measure.likeness("email", "email")
    levels = (
        _unknown("email_token"),
        _equal("email_token"),
        _level("email_local_token_l = email_local_token_r", SAME_LOCAL_PART),
        *_degrees(alike, measure.degrees),
        _ELSE,
    )
    return Comparison(
        "email",
        ("email_token",),
        levels,
        (0.70, 0.05, 0.10, 0.03, 0.02, 0.10),
        role="identifies",
        proof=(EQUAL, SAME_LOCAL_PART),
        follows=("given_name", "family_name"),
        may_follow={SAME_LOCAL_PART: None} | dict(zip(_DEGREES, measure.degrees, strict=True)),
    )


def _birthday() -> Comparison:
    """Eight digits; impossible dates count as digits only."""
    days = "abs(date_diff('day', birthday_date_l, birthday_date_r))"
    edits = "damerau_levenshtein(birthday_l, birthday_r)"
    day_and_month_swapped = (
        "substr(birthday_l, 1, 4) = substr(birthday_r, 1, 4) and substr(birthday_l, 5, 2) = substr(birthday_r, 7, 2) "
        "and substr(birthday_l, 7, 2) = substr(birthday_r, 5, 2)"
    )
    levels = (
        _unknown("birthday"),
        _equal("birthday"),
        _level(f"{edits} <= 1 or ({day_and_month_swapped})", "one digit off"),
        _level(f"{days} <= 31 or {edits} <= 2", "within a month"),
        _level(f"{days} <= 400", "within a year"),
        _level(f"{edits} <= 3", "three digits off"),
        _ELSE,
    )
    return Comparison("birthday", ("birthday",), levels, (0.80, 0.07, 0.04, 0.03, 0.02, 0.04), role="own")


def _province(follows: tuple[str, ...]) -> Comparison:
    """A province says something only where a town does not say it already."""
    unknown = "province_l is null or province_r is null or (city_l is not null and city_r is not null)"
    levels = (
        {"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True},
        _equal("province"),
        _ELSE,
    )
    return Comparison("province", ("province",), levels, (0.85, 0.15), follows=follows)


def _unknown(column: str) -> Level:
    return {
        "sql_condition": f"{column}_l is null or {column}_r is null",
        "label_for_charts": "unknown",
        "is_null_level": True,
    }


def _equal(column: str, by_frequency: bool = True) -> Level:
    """Equal values; a rare value that agrees says more than a frequent one."""
    level = _level(f"{column}_l = {column}_r", EQUAL)
    return level | {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0} if by_frequency else level


def _degrees(alike: str, degrees: tuple[float, ...]) -> list[Level]:
    return [_level(f"{alike} >= {degree}", label) for degree, label in zip(degrees, _DEGREES, strict=False)]


def _level(condition: str, label: str) -> Level:
    return {"sql_condition": condition, "label_for_charts": label}


_ELSE: Level = {"sql_condition": "ELSE", "label_for_charts": "different"}
