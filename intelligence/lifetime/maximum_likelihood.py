"""Maximum likelihood on grouped rows, with analytic gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize

from intelligence.lifetime.purchase_summary import Floats

_OPTIONS = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-13, "gtol": 1e-9}


def most_likely(
    log_likelihood: Callable[[Floats], tuple[Floats, Floats]],
    times: Floats,
    starts: Sequence[Floats],
    bounds: Sequence[tuple[float, float]],
) -> tuple[Floats, float]:
    """The positive parameters under which the rows are most likely, the best of several starts.

    Args:
        log_likelihood: of parameters: that of each row, and its derivatives by their logarithms, one row each.
        times: how often each row comes.
        starts: logarithms of parameters to begin with.
        bounds: lowest and highest logarithm of each; where data says nothing of one, it would run away for ever.

    Returns:
        The parameters, and the log likelihood of all rows under them.
    """

    def lack(logarithms: Floats) -> tuple[float, Floats]:
        found, gradient = log_likelihood(np.exp(logarithms))
        # no `@`: its threads wait by turning round, which costs ten times the work where somebody else wants a core
        return float(-(times * found).sum() / times.sum()), -(gradient * times).sum(axis=1) / times.sum()

    best = min(
        (minimize(lack, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_OPTIONS) for start in starts),
        key=lambda one: one.fun,
    )
    return np.exp(best.x), float(-best.fun * times.sum())
