"""What was found against what should be: as facts of a caption, and span by span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from structurer.records import Mention

from .concepts import ConceptKeys
from .gold import GoldMention


class Span(Protocol):
    """A span of a caption that belongs to a field."""

    @property
    def field(self) -> str:
        """The field of the contract."""
        ...

    @property
    def start(self) -> int:
        """First code point."""
        ...

    @property
    def end(self) -> int:
        """Code point after the last."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """A normalised fact of one caption: said once or five times, it is one fact."""

    field: str
    concept: str
    assertion: str


def gold_facts(mentions: Iterable[GoldMention], keys: ConceptKeys) -> dict[Fact, str]:
    """Return the facts of annotated mentions, each with a text that shows it."""
    return _shown((Fact(m.field, keys.of_gold(m), m.assertion), m.text) for m in mentions)


def predicted_facts(mentions: Iterable[Mention], keys: ConceptKeys) -> dict[Fact, str]:
    """Return the facts of predicted mentions, each with a text that shows it."""
    return _shown((Fact(m.field, keys.of_prediction(m), m.assertion), m.text) for m in mentions)


def _shown(pairs: Iterable[tuple[Fact, str]]) -> dict[Fact, str]:
    facts: dict[Fact, str] = {}
    for fact, text in pairs:
        facts.setdefault(fact, text)
    return facts


def match_exact(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[int, int]]:
    """Return index pairs of spans with the same field, start and end, one to one."""
    return _one_to_one(
        (0.0, i, j)
        for i, left in enumerate(gold)
        for j, right in enumerate(predicted)
        if (left.field, left.start, left.end) == (right.field, right.start, right.end)
    )


def match_relaxed(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[int, int]]:
    """Return index pairs of spans of the same field that overlap, one to one.

    Greedy: the pair that shares most of its characters (intersection over union) goes
    first; ties go by position.
    """
    return _one_to_one(
        (-overlap(left, right), i, j)
        for i, left in enumerate(gold)
        for j, right in enumerate(predicted)
        if left.field == right.field and overlap(left, right) > 0
    )


def overlap(left: Span, right: Span) -> float:
    """Return the shared part of two spans, 0 (apart) to 1 (the same).

    >>> from eval.gold import GoldMention
    >>> a = GoldMention("concept", "scaly", 0, 5, "present", "scale")
    >>> b = GoldMention("concept", "scaly plaque", 0, 10, "present", "plaque")
    >>> overlap(a, b), overlap(a, a)
    (0.5, 1.0)
    """
    shared = min(left.end, right.end) - max(left.start, right.start)
    union = max(left.end, right.end) - min(left.start, right.start)
    return max(0, shared) / union if union > 0 else 0.0


def _one_to_one(pairs: Iterable[tuple[float, int, int]]) -> list[tuple[int, int]]:
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    chosen = []
    for _, i, j in sorted(pairs):
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            chosen.append((i, j))
    return sorted(chosen)
