"""Counts and what follows from them. Where there is nothing to score the answer is ``None``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

RESAMPLES: Final = 1_000
SEED: Final = 20_240_229
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; they add up.

    >>> both = Counts(2, 1, 1) + Counts(1, 0, 1)
    >>> both, both.precision, both.recall
    (Counts(tp=3, fp=1, fn=2), 0.75, 0.6)
    >>> Counts().f1 is None
    True
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def gold(self) -> int:
        """How many there are in the gold."""
        return self.tp + self.fn

    @property
    def predicted(self) -> int:
        """How many were predicted."""
        return self.tp + self.fp

    @property
    def precision(self) -> float | None:
        """Share of the predicted that is right; ``None`` if nothing was predicted."""
        return self.tp / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Share of the gold that was found; ``None`` if the gold has none."""
        return self.tp / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; ``None`` if there is neither gold nor prediction."""
        total = self.gold + self.predicted
        return 2 * self.tp / total if total else None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of ``total`` were right; they add up.

    >>> Accuracy(3, 4).value, Accuracy().value
    (0.75, None)
    """

    correct: int = 0
    total: int = 0

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(self.correct + other.correct, self.total + other.total)

    @property
    def value(self) -> float | None:
        """The share; ``None`` if there was nothing to judge."""
        return self.correct / self.total if self.total else None


NO_COUNTS: Final = Counts()
NOT_JUDGED: Final = Accuracy()


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


def f1_interval(
    captions: Sequence[Counts],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Return the percentile bootstrap interval of the micro F1 over captions.

    Captions are drawn with replacement (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 13), since facts of one caption are not independent. The
    seed is fixed: the same counts give the same interval. ``None`` if there is nothing
    to score, or only one caption to draw from.
    """
    table = np.array([(c.tp, c.fp, c.fn) for c in captions], dtype=np.int64).reshape(-1, 3)
    if len(table) < 2 or not table.any():
        return None
    generator = np.random.default_rng(seed)
    scores = []
    for _ in range(resamples):
        tp, fp, fn = table[generator.integers(0, len(table), len(table))].sum(axis=0)
        if tp + fp + fn:
            scores.append(2 * tp / (2 * tp + fp + fn))
    if not scores:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return Interval(float(low), float(high))
