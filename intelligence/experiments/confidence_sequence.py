"""Asymptotic confidence sequence 置信序列: an interval that holds at every look, so that a test may be read any day.

Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central limit theory and asymptotic confidence sequences
(2021), theorem 2.2: with t units and r = `_rate`, the interval is the estimate ± its standard error times
sqrt(2 (t r + 1) / (t r) · ln(sqrt(t r + 1) / alpha)).
"""

from __future__ import annotations

import math
from functools import cache

# Number of units at which the sequence is narrowest. It must not follow from the data: a sequence that is tuned at each
# look to that look holds at none of them.
NARROWEST_AT = 5_000
# Each comes nearer by a factor of five and more.
_ROUNDS = 25


def sequence_width(units: int, alpha: float) -> float:
    """How many standard errors the sequence reaches to each side of the estimate.

    Args:
        units: of both arms together.
        alpha: probability that the truth is ever outside.
    """
    information = units * _rate(alpha)
    return math.sqrt(2 * (information + 1) / information * math.log(math.sqrt(information + 1) / alpha))


def sequence_p_value(statistic: float, units: int, alpha: float) -> float:
    """The p-value that holds at every look: the alpha at which the sequence would just reach zero.

    Args:
        statistic: difference over its standard error.
        units: of both arms together.
        alpha: the level that the sequence is made for, as in `sequence_width`.
    """
    information = units * _rate(alpha)
    exponent = -(statistic**2) * information / (2 * (information + 1))
    return min(1.0, math.sqrt(information + 1) * math.exp(exponent))


@cache
def _rate(alpha: float) -> float:
    # the width has its least where t r = ln((t r + 1) / alpha²)
    information = 1.0
    for _ in range(_ROUNDS):
        information = math.log((information + 1) / alpha**2)
    return information / NARROWEST_AT
