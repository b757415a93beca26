"""Is a rewriting of a caption true to its record? Checked, never believed.

The rewriting is read again by the lexicon lane and compared fact by fact. What no lexicon
knows is held by its words: all must be the caption's, the record's, or connectives. Not
checked is which fact belongs to which: two signs on two sites may change places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ontology_graph import Linker
from ontology_graph.lexicon import normalise_word, words
from structurer.assertion import CaptionAssertions
from structurer.budget import fits
from structurer.cleaning import CleanText, clean
from structurer.enrichment import Forbidden
from structurer.lexicon import LexiconLane
from structurer.linking import link_mentions
from structurer.patterns import word_list
from structurer.records import Mention, StructuredCaption
from structurer.tokens import tokenize
from structurer.values import NUMBER, parse_number

REFUSALS: Final[dict[str, str]] = {
    "backend": "the request failed",
    "not_finished": "the answer was cut off",
    "malformed": "the answer is no line of printable text",
    "too_long": "it is over the token budget",
    "unsafe": "it holds the words of something that is not present",
    "new_number": "it states a number, or a number with a unit, that the caption does not",
    "new_word": "it has a word that neither caption nor record has",
    "new_fact": "a fact that is read from it is not in the record",
    "lost_diagnosis": "a present diagnosis is missing",
    "lost_concept": "a present sign is missing",
}
"""Why a rewriting is refused; the first that applies, in this order."""

Fact = tuple[str, str, object, str]

_REQUIRED: Final = {"diagnosis": "lost_diagnosis", "concept": "lost_concept"}
_DIGITS: Final = r"(?<![\d.,])\d+(?:[.,]\d+)*"
_UNIT: Final = r"[^\W\d_]+|%"
_NUMBER: Final = re.compile(rf"(?:{_DIGITS}|\b{NUMBER}\b)(?:[\s-]*({_UNIT}))?", re.I)
_UNITS: Final = frozenset(
    "mm cm m um nm ml mg g kg % percent millimeter centimeter meter micron degree fold "
    "minute min hour hr h day d week wk month mo year yr y decade".split()
)
"""Normalised words that make a measure of the number before them."""
_HELD_AS_FACTS: Final = ("age", "history")
_CONTROL: Final = frozenset("<>|{}[]\\`")


class Prover:
    """Proves rewritings against records; a pure function once built."""

    def __init__(self, lane: LexiconLane, linker: Linker, budget: int) -> None:
        self._lane = lane
        self._linker = linker
        self._budget = budget
        self._connectives = frozenset(w for entry in word_list("connectives") for w in words(entry))

    def refusal(self, text: str, row: StructuredCaption, cleaned: CleanText) -> str | None:
        """Return why ``text`` may not stand for the caption of ``row``, ``None`` if it may.

        ``cleaned`` is the caption of the row. The reason is a key of :data:`REFUSALS`.
        """
        if not _is_plain(text):
            return "malformed"
        if not fits(text, self._budget):
            return "too_long"
        if Forbidden(row.mentions).holds(text):
            return "unsafe"
        read = clean(text)
        found = link_mentions(self._lane.extract(read), self._linker, read.text)
        if not _numbers_are_the_captions(text, found, row, cleaned.text):
            return "new_number"
        allowed = self._connectives | sayable(row, cleaned)
        if any(word not in allowed and not word.isdigit() for word in words(text)):
            return "new_word"
        known = {_fact(mention) for mention in row.mentions}
        # "15-month-old" makes an infant of the patient.
        known.add(("age", "", row.age_group, "present"))
        history = [m for m in row.mentions if m.field == "history"]
        for mention in found:
            if _fact(mention) not in known and not _part_of(mention, history):
                return "new_fact"
        return _lost(text, found, row)


def sayable(row: StructuredCaption, cleaned: CleanText) -> frozenset[str]:
    """Return the normalised words of the caption and of what its record says is present."""
    texts = [cleaned.text, row.texts.refined or ""]
    texts += [m.name for m in row.mentions if m.assertion == "present" and m.name]
    return frozenset(word for text in texts for word in words(text))


def required(row: StructuredCaption) -> list[Mention]:
    """Return the mentions that a rewriting must keep."""
    return [m for m in row.mentions if m.assertion == "present" and m.field in _REQUIRED]


def _is_plain(text: str) -> bool:
    return (
        text == text.strip()
        and any(char.isalpha() for char in text)
        and not any(
            char in _CONTROL or (char != " " and unicodedata.category(char)[0] in "CZ")
            for char in text
        )
    )


def _fact(mention: Mention) -> Fact:
    """Return what a mention says, in a form in which the same facts are equal."""
    kind = mention.name or "" if mention.field == "history" else ""
    said: object = mention.value if mention.value is not None else mention.node
    if mention.field in ("history", "age") and mention.value is None:
        said = tuple(words(mention.text))
    elif said is None:
        said = tuple(words(mention.name or mention.text))
    return mention.field, kind, said, mention.assertion


def _part_of(mention: Mention, history: Sequence[Mention]) -> bool:
    """Return whether a history phrase says no more than one of the record's does."""
    if mention.field != "history" or mention.value is not None:
        return False
    said = set(words(mention.text))
    return any(
        (m.name, m.assertion) == (mention.name, mention.assertion) and said <= set(words(m.text))
        for m in history
    )


def _numbers_are_the_captions(
    text: str, found: Iterable[Mention], row: StructuredCaption, caption: str
) -> bool:
    known = {(number, unit) for number, unit, _ in _measures(caption)}
    plain = {number for number, _ in known}
    tone = row.skin_tone
    if tone is not None and any(m.field == "skin_tone" for m in found):
        # "phototype IV" is written "type 4".
        plain |= {float(level) for level in (tone.low, tone.high) if level is not None}
    facts = [(m.start, m.end) for m in found if m.field in _HELD_AS_FACTS]
    for number, unit, start in _measures(text):
        if number not in plain:
            return False
        # An age or a duration is compared as a fact, in whatever words.
        as_fact = any(low <= start < high for low, high in facts)
        if unit is not None and not as_fact and (number, unit) not in known:
            return False
    return True


def _measures(text: str) -> Iterator[tuple[float | str, str | None, int]]:
    """Yield each number, in digits or words, with its unit if it has one, and where it starts.

    >>> [m[:2] for m in _measures("two plaques of 3-5 mm for ten days")]
    [(2.0, None), (3.0, None), (5.0, 'mm'), (10.0, 'day')]
    """
    for match in _NUMBER.finditer(text):
        unit = normalise_word(match[1]) if match[1] and match[1] != "%" else match[1]
        shown = match.group()
        if match[1]:
            shown = shown[: match.start(1) - match.start()].rstrip(" -\t")
        number = parse_number(shown)
        if shown.lower() != "one":  # mostly a pronoun; counted as a word all the same
            yield (
                shown if number is None else number,
                unit if unit in _UNITS else None,
                match.start(),
            )


def _lost(text: str, found: Sequence[Mention], row: StructuredCaption) -> str | None:
    present = {_fact(mention) for mention in found if mention.assertion == "present"}
    spoken = _Spoken(text)
    for field, code in _REQUIRED.items():
        for mention in required(row):
            if mention.field != field or _fact(mention) in present:
                continue
            if not spoken.states(mention):
                return code
    return None


class _Spoken:
    """The words of a text, to find in it what the lexicon lane does not know."""

    def __init__(self, text: str) -> None:
        tokens = tokenize(text)
        self._words = [normalise_word(word) for word in tokens.words]
        self._judge = CaptionAssertions(tokens) if tokens.words else None

    def states(self, mention: Mention) -> bool:
        """Return whether the text has a mention's name or words, and nowhere but as present."""
        phrases = [words(text) for text in (mention.name, mention.text) if text]
        places = {place for phrase in phrases if phrase for place in self._places(phrase)}
        return bool(places) and all(
            self._judge is not None and self._judge.of(mention.field, *place) == "present"
            for place in places
        )

    def _places(self, phrase: Sequence[str]) -> Iterator[tuple[int, int]]:
        size = len(phrase)
        for first in range(len(self._words) - size + 1):
            if self._words[first : first + size] == phrase:
                yield first, first + size
