"""A caption in pieces that a text encoder can read: its panels, else its sentences."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from structurer.budget import fits
from structurer.cleaning import CleanText
from structurer.tokens import Tokens, tokenize

_CLAUSE_END: Final = re.compile(r"[,;:)]\s+|\s[-\u2013\u2014]\s")
_WORD_END: Final = re.compile(r"\s+")
_EDGES: Final = " ,;:-\u2013\u2014/"
_LETTER: Final = re.compile(r"\w")
_DANGLING: Final = re.compile(r"(?:[\s,;:]+(?:and|or|with))?[\s,;:]*$", re.I)
_FEW_WORDS: Final = 3

Span = tuple[int, int]


def subcaptions(
    clean: CleanText, unsafe: Sequence[int], budget: int, tokens: Tokens | None = None
) -> list[str]:
    """Return pieces of a caption, in order, each within ``budget`` tokens.

    A panel is one piece if it fits, otherwise a piece a sentence, as for a caption without
    panels; a sentence of up to three words goes with the one before it. ``unsafe`` are the
    offsets where a mention begins that is not present, sorted: a piece that is no whole
    sentence loses everything from the clause with the first of them on.

    >>> from structurer.cleaning import clean
    >>> subcaptions(clean("(A) Scaly plaque. No crust. (B) Its dermoscopy."), [17], 77)
    ['Scaly plaque. No crust.', 'Its dermoscopy.']
    """
    splitter = _Splitter(clean.text, _sentences(clean, tokens), unsafe, budget)
    pieces = (
        _DANGLING.sub("", piece.strip())
        for span in _regions(clean)
        for piece in splitter.split(span)
    )
    return [piece for piece in pieces if _LETTER.search(piece)]


def _regions(clean: CleanText) -> list[Span]:
    """Return the panels and what stands between them; one region if there are none."""
    regions: list[Span] = []
    done = 0
    for panel in sorted(clean.panels, key=lambda panel: panel.start):
        if panel.start > done:
            regions.append((done, panel.start))
        if panel.end > max(done, panel.start):
            regions.append((max(done, panel.start), panel.end))
            done = panel.end
    if done < len(clean.text):
        regions.append((done, len(clean.text)))
    return regions


def _sentences(clean: CleanText, tokens: Tokens | None) -> list[int]:
    """Return where sentences start, and the end of the text."""
    tokens = tokens or tokenize(clean.text, clean.line_breaks())
    return [*(tokens.starts[first] for first, _ in tokens.sentences), len(clean.text)]


@dataclass(frozen=True, slots=True)
class _Splitter:
    text: str
    borders: Sequence[int]
    unsafe: Sequence[int]
    budget: int

    def split(self, region: Span) -> Iterator[str]:
        """Yield the pieces of a region: all of it if it is a panel that fits."""
        if region != (0, len(self.text)) and self._fits(*region) and self._safe(*region):
            yield self.text[slice(*region)]
            return
        for start, end in self._joined(region):
            if self._fits(start, end) and self._safe(start, end):
                yield self.text[start:end]
            else:
                yield from self._cut(start, end)

    def _fits(self, start: int, end: int) -> bool:
        return fits(self.text[start:end], self.budget)

    def _safe(self, start: int, end: int) -> bool:
        # Whole sentences say what the caption says; a cut one may not.
        whole = self._is_border(start) and self._is_border(end)
        return whole or self._first_unsafe(start, end) is None

    def _is_border(self, offset: int) -> bool:
        while offset < len(self.text) and self.text[offset].isspace():
            offset += 1
        at = bisect_left(self.borders, offset)
        return offset == 0 or (at < len(self.borders) and self.borders[at] == offset)

    def _first_unsafe(self, start: int, end: int) -> int | None:
        at = bisect_left(self.unsafe, start)
        return self.unsafe[at] if at < len(self.unsafe) and self.unsafe[at] < end else None

    def _joined(self, region: Span) -> list[Span]:
        """Return the sentences of a region; a very short one goes with the one before it."""
        start, end = region
        inside = [border for border in self.borders if start < border < end]
        spans: list[Span] = []
        for low, high in zip([start, *inside], [*inside, end], strict=True):
            short = len(self.text[low:high].split()) <= _FEW_WORDS
            if spans and short and self._fits(spans[-1][0], high):
                spans[-1] = (spans[-1][0], high)
            else:
                spans.append((low, high))
        return spans

    def _cut(self, start: int, end: int) -> Iterator[str]:
        """Yield pieces of one sentence, at clause borders where there are any in reach."""
        first = self._first_unsafe(start, end)
        if first is not None:
            # "no scale, crust or pus" must not leave "crust or pus" behind.
            clauses = [m.end() for m in _CLAUSE_END.finditer(self.text, start, first)]
            end = clauses[-1] if clauses else start
        while start < end:
            reached = end if self._fits(start, end) else self._reach(start, end)
            if reached is not None:
                yield self.text[start:reached].strip(_EDGES)
            # A single word over the budget is left out.
            start = reached or next(self._ends(_WORD_END, start, end), end)

    def _reach(self, start: int, end: int) -> int | None:
        """Return the last clause border in reach, else the last word border, else ``None``."""
        for borders in (_CLAUSE_END, _WORD_END):
            reached = None
            for border in self._ends(borders, start, end):
                if not self._fits(start, border):
                    break
                reached = border
            if reached is not None:
                return reached
        return None

    def _ends(self, pattern: re.Pattern[str], start: int, end: int) -> Iterator[int]:
        return (m.end() for m in pattern.finditer(self.text, start, end) if m.end() < end)
