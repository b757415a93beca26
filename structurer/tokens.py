"""Tokens and sentences of a clean caption, as parallel arrays.

Words joined by a hyphen are separate tokens and the hyphen is none, so "blue-white veil",
"blue white veil" and "blue-White veil" have the same tokens, and quotation marks are none
either; offsets stay exact.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from structurer.numbering import numbered

# The hyphen between two letters or digits is none, nor are quotation marks ("strawberry" tongue);
# the group makes `split` keep the tokens.
_QUOTES = r"\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_TOKEN = re.compile(
    rf"(\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?|[^\w\s{_QUOTES}-]|_|-(?!(?<=[^\W_]-)[^\W_]))"
)
_TOKEN_ASCII = re.compile(_TOKEN.pattern.replace(r"[^\W\d_]", "[A-Za-z]"), re.ASCII)
_STOPS = frozenset(".!?")
# Shortenings whose full stop ends no sentence.
_ABBREVIATIONS = frozenset(
    "e.g i.e dr mr mrs ms prof fig figs vs approx ca cf etc no st al resp incl wt lt rt".split()
)


Span = tuple[int, int]
"""Characters ``[start, end)`` of a text."""


@dataclass(slots=True)
class Tokens:
    """Words with offsets into the clean text, and sentences as token ranges."""

    text: str
    words: list[str]
    lowered: list[str]
    starts: list[int]
    ends: list[int]
    sentences: list[tuple[int, int]]
    panels: Sequence[int] = ()
    """Tokens at which a panel of the caption begins."""

    def sentence_of(self, token: int) -> tuple[int, int]:
        """Return the token range of the sentence that holds a token."""
        for first, last in self.sentences:
            if first <= token < last:
                return first, last
        raise IndexError(f"token {token} is in no sentence")

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return character offsets of the token range ``[first, last)``."""
        return self.starts[first], self.ends[last - 1]

    def cut(self, places: Mapping[int, Sequence[int]]) -> Tokens:
        """Return the same with some tokens cut, each at its places, in letters from its start."""
        words: list[str] = []
        starts: list[int] = []
        first: list[int] = []
        for i, word in enumerate(self.words):
            first.append(len(words))
            borders = [0, *places.get(i, ()), len(word)]
            words += [word[a:b] for a, b in pairwise(borders)]
            starts += [self.starts[i] + at for at in borders[:-1]]
        first.append(len(words))
        return Tokens(
            self.text,
            words,
            [word.lower() for word in words],
            starts,
            [start + len(word) for start, word in zip(starts, words, strict=True)],
            [(first[a], first[b]) for a, b in self.sentences],
            [first[panel] for panel in self.panels],
        )


def tokenize(text: str, breaks: Sequence[int] = (), cuts: Sequence[int] = ()) -> Tokens:
    """Split a clean text; ``breaks`` are offsets where a line of the original ended.

    ``cuts`` are offsets where a panel of the caption begins.

    >>> tokenize("Blue-white veil. Is it BCC?").words
    ['Blue', 'white', 'veil', '.', 'Is', 'it', 'BCC', '?']
    """
    pattern = _TOKEN_ASCII if text.isascii() else _TOKEN
    pieces = pattern.split(text)  # what stands between, a token, what stands between, ...
    words = pieces[1::2]
    borders = list(accumulate(map(len, pieces)))
    starts, ends = borders[:-1:2], borders[1::2]
    sentences = _sentences(text, words, starts, ends, breaks)
    panels = _panels(words, starts, cuts) if cuts else ()
    lowered = "\n".join(words).lower().split("\n") if words else []
    return Tokens(text, words, lowered, starts, ends, sentences, panels)


_JOINING = frozenset("and or nor with , . ; : )".split())
"""Words that tie what follows a panel's mark to what stands before it."""


def _panels(words: list[str], starts: list[int], cuts: Sequence[int]) -> list[int]:
    found = [bisect_left(starts, offset) for offset in cuts]
    return [at for at in found if at < len(words) and words[at].lower() not in _JOINING]


def _sentences(
    text: str, words: list[str], starts: list[int], ends: list[int], breaks: Sequence[int]
) -> list[tuple[int, int]]:
    cuts = _stopped(words, starts, ends)
    if breaks:
        cuts += _broken(words, starts, breaks)
    if "[" in text:
        cuts += _speakers(words)
    borders = [0, *sorted({*cuts}), len(words)]
    return [(a, b) for a, b in pairwise(borders) if a < b]


def _stopped(words: list[str], starts: list[int], ends: list[int]) -> list[int]:
    """Return where a sentence begins behind a stop."""
    found: list[int] = []
    marks: Sequence[int] | None = None
    last = len(words) - 1
    for i in [i for i, word in enumerate(words) if word in _STOPS]:
        if i == last or words[i + 1] in _STOPS or _inside(words, starts, ends, i):
            continue
        if len(words[i - 1]) <= _MARK_MAX:  # behind "1" of "1. eczema" a stop ends none
            marks = numbered(words) if marks is None else marks
            if i - 1 in marks:
                continue
        found.append(i + 1)
    return found


_MARK_MAX: Final = 2
"""Characters of what numbers an item of a list, at most."""


def _broken(words: list[str], starts: list[int], breaks: Sequence[int]) -> list[int]:
    """Return where a line begins with a sentence.

    A wrapped line goes on in lower case; a title or a new paragraph does not.
    """
    found: list[int] = []
    at = 0
    for offset in breaks:
        while at < len(starts) and starts[at] < offset:
            at += 1
        if 0 < at < len(words) and not words[at][0].islower():
            found.append(at)
    return found


def _speakers(words: list[str]) -> list[int]:
    """Return where another one speaks: "[GP] any itch [Pt] no"."""
    return [
        i
        for i, word in enumerate(words[:-2])
        if i and word == "[" and words[i + 2] == "]" and words[i + 1].isalpha()
    ]


def _inside(words: list[str], starts: list[int], ends: list[int], i: int) -> bool:
    """Tell if the stop at token ``i`` is part of a shortening, an initial or a number."""
    if words[i] == "?":  # "?BCC" and "(?psoriasis": a mark that belongs to the next word
        opens = i == 0 or ends[i - 1] < starts[i] or words[i - 1] == "("
        return opens and starts[i + 1] == ends[i] and words[i + 1][0].isalpha()
    if words[i] != ".":
        return False
    if starts[i + 1] == ends[i] and not words[i + 1][0].isupper():
        return True
    before = words[i - 1].lower() if i else ""
    glued = bool(i) and ends[i - 1] == starts[i]
    if not glued:
        return False
    if before in _ABBREVIATIONS and starts[i + 1] > ends[i]:
        return True
    return len(before) == 1 and before.isalpha() and i >= 2 and words[i - 2] == "."
