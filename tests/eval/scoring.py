"""Values of single cases -> a mean, a share or an AUROC with its 95 % bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_SAMPLES = 1000
_SEED = 20260101


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a measurement over `cases` cases, and where it would lie for 95 of 100 sets."""

    value: float
    low: float
    high: float
    cases: int


def mean(values: Sequence[float]) -> Measured:
    """Return the mean of values; shares are means of noughts and ones.

    >>> mean([1.0, 1.0]).low
    1.0
    """
    data = np.asarray(values, dtype=np.float64)
    if not len(data):
        return Measured(float("nan"), float("nan"), float("nan"), 0)
    drawn = data[_draws(len(data))].mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Measured(float(data.mean()), float(low), float(high), len(data))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> Measured:
    """Return how often a positive case scores above a negative one; ties count half.

    >>> auroc([0.9, 0.8, 0.1], [True, True, False]).value
    1.0
    """
    data, labels = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    if labels.all() or not labels.any():
        return Measured(float("nan"), float("nan"), float("nan"), len(data))
    drawn = [_auroc(data[i], labels[i]) for i in _draws(len(data))]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Measured(_auroc(data, labels), float(low), float(high), len(data))


def _auroc(scores: Values, positive: NDArray[np.bool_]) -> float:
    yes, no = scores[positive], np.sort(scores[~positive])
    if not len(yes) or not len(no):
        return float("nan")
    below = np.searchsorted(no, yes, side="left")
    upto = np.searchsorted(no, yes, side="right")
    return float((below + upto).sum() / 2 / len(yes) / len(no))


def _draws(size: int) -> NDArray[np.int64]:
    # The same draws each time, so that a run can be compared with the last one.
    return np.random.default_rng(_SEED).integers(0, size, (_SAMPLES, size))
