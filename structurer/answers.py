"""What an answer of the LLM lane says: facts with labels, whatever way it is spelled.

An answer goes through the caption from start to end: the words of each fact with their label.
A label is the kind of fact and its assertion. Small models do much better at labelling words
in the order in which they stand than at filling a list per field, and words that are not
facts cost nothing. How answers are spelled is in :mod:`structurer.forms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from structurer.schema import ASSERTIONS, FIELDS, HISTORY_KINDS

DEFAULT_ASSERTION: Final = ASSERTIONS[0]
MAX_FACTS: Final = 400
"""More facts than a caption of the longest window can state: a runaway answer."""

# Plain words where the schema's name is none, or is also an assertion; all others are
# labelled by their name, so a new field needs no row here.
_PLAIN: Final = {
    "concept": "sign",
    "body_site": "site",
    "skin_tone": "skin tone",
    "past_medical": "past illness",
    "family": "family history",
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a label stands for. ``kind`` is set for history only."""

    text: str
    field: str
    kind: str | None
    max_items: int
    max_words: int


def _labels() -> tuple[Label, ...]:
    found = []
    for spec in FIELDS:
        kinds: tuple[str | None, ...] = HISTORY_KINDS if spec.name == "history" else (None,)
        for kind in kinds:
            name = kind or spec.name
            text = _PLAIN.get(name, name)
            found.append(Label(text, spec.name, kind, spec.max_items, spec.max_words))
    return tuple(found)


LABELS: Final[tuple[Label, ...]] = _labels()
BY_MEANING: Final[Mapping[tuple[str, str | None], Label]] = MappingProxyType(
    {(label.field, label.kind): label for label in LABELS}
)
"""Label of a field, or of a field and a kind of history."""

WRONG: Final = "wrong"
"""In the place of a field: these words are no fact. Said only where facts are reviewed."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of an answer, before alignment. ``kind`` is set for history only."""

    field: str
    text: str
    assertion: str = DEFAULT_ASSERTION
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer. ``relevant`` is ``None`` where neither a fact nor a verdict was given."""

    facts: tuple[Fact, ...]
    relevant: bool | None


class AnswerError(ValueError):
    """An answer that cannot be used; ``reason`` is one of the ledger's codes."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
