"""Words of an answer back to a span of the caption.

A grammar admits only spans, so there this finds which of several places is meant. What an
engine without grammars wrote is looked for as it stands, then without regard to case, spacing
and punctuation, then by likeness; the way it was found stays with the mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz.fuzz import partial_ratio_alignment

from structurer.answers import Fact
from structurer.decoding import is_word_char

_FUZZY_MIN: Final = 6
"""Letters below which likeness says nothing."""
_FUZZY_CUTOFF: Final = 88.0
"""Percent of like characters (rapidfuzz): one wrong letter in nine."""

NOT_THERE: Final = "not_in_caption"
REPEATED: Final = "repeated"


@dataclass(frozen=True, slots=True)
class Aligned:
    """A place in the text. ``how`` is exact, normalised or fuzzy."""

    start: int
    end: int
    how: str


@dataclass(slots=True)
class Aligner:
    """Finds the facts of one answer in its text, in the answer's order.

    Of several places it is the first behind the fact before, as answers go through the
    caption; failing that the first that its field has not used.
    """

    text: str
    _used: set[tuple[str, int, int]] = field(default_factory=set)
    _cursor: int = 0

    def find(self, fact: Fact) -> Aligned | str:
        """Return the place of a fact, or the reason why it has none."""
        seen = False
        for how, spans in self._tries(fact.text):
            seen = seen or bool(spans)
            free = [span for span in spans if (fact.field, *span) not in self._used]
            ahead = [span for span in free if span[0] >= self._cursor]
            if free:
                span = (ahead or free)[0]
                self._used.add((fact.field, *span))
                self._cursor = span[1]
                return Aligned(*span, how)
        return REPEATED if seen else NOT_THERE

    def _tries(self, words: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        exact = list(_whole_words(re.compile(re.escape(words)), self.text))
        yield "exact", exact
        parts = [re.escape(part) for part in re.findall(r"\w+", words)]
        if parts:
            loose = re.compile(r"[\W_]{0,3}".join(parts), re.IGNORECASE)
            found = list(_whole_words(loose, self.text))
            yield "normalised", found
            if not found and not exact:
                yield "fuzzy", _alike(words, self.text)


def _whole_words(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        start, end = match.span()
        if start < end and not (_inside_word(text, start) or _inside_word(text, end)):
            yield start, end


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and is_word_char(text[at - 1]) and is_word_char(text[at])


def _alike(words: str, text: str) -> list[tuple[int, int]]:
    """Return the span of whole words most like ``words``, if it is like enough."""
    if len(words) < _FUZZY_MIN or len(words) > len(text):
        return []
    wanted, given = words.lower(), text.lower()
    if len(given) != len(text):  # a letter whose small form is two: offsets would shift
        wanted, given = words, text
    best = partial_ratio_alignment(wanted, given, score_cutoff=_FUZZY_CUTOFF)
    if best is None:
        return []
    start, end = best.dest_start, best.dest_end
    while start < end and not is_word_char(text[start]):
        start += 1
    while end > start and not is_word_char(text[end - 1]):
        end -= 1
    while _inside_word(text, start):
        start -= 1
    while _inside_word(text, end):
        end += 1
    # Grown to whole words it may hold more than was said.
    return [(start, end)] if 0 < end - start <= len(words) + 3 else []
