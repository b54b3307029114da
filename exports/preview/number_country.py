"""Whether a text may go to a number of which only the mask is known: a preview opens no sealed number.

A mask shows how a number begins: enough for the calling code of most countries. Where several countries begin so, a
text is taken to be sent as long as one of them lets it: a preview never says of a message that goes that it does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from exports.policy.sms_rules import SmsRule, no_rules, problem_everywhere, refusal


def refusal_by_beginning(rules: Mapping[str, SmsRule], begins: str, text: str) -> str | None:
    """Why a text is not sent to numbers that begin so, as a delivery will say it; None when it may be sent.

    Args:
        rules: by country.
        begins: such as +48; empty where that is not known.
        text: of the message.
    """
    if not begins:
        problem = problem_everywhere(dict(rules), text)
        return f"template_not_allowed: {problem}" if problem else None
    countries, called = countries_of(begins)
    said = [refusal(rules, country, text) for country in countries if country in rules]
    problems = [problem for problem in said if problem]
    if not said:
        return no_rules(called)
    if len(problems) < len(said):
        return None
    code, _, first = problems[0].partition(": ")
    return f"{code}: {'; '.join([first, *(problem.partition(': ')[2] for problem in problems[1:])])}"


def countries_of(begins: str) -> tuple[list[str], str]:
    """The countries whose numbers begin so, and what to call them: a country, a calling code, or its first digits.

    Args:
        begins: `+` and two digits.
    """
    if begins == "+86":
        return ["CN"], "CN"
    # here, because most installations never look at another country's numbers
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    digits = begins.removeprefix("+")
    codes = {
        code: regions
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        if str(code).startswith(digits) or digits.startswith(str(code))
    }
    countries = [country for regions in codes.values() for country in regions]
    if len(countries) == 1:
        return countries, countries[0]
    return countries, f"+{next(iter(codes))}" if len(codes) == 1 else f"{begins}…"
