"""Regular expressions that are tried only at the words they can begin with.

A :class:`Rule` finds what its pattern finds, match for match, but looks only where the word
of the text can begin a match (:mod:`structurer.firsts`). That is worked out once a distinct
word for all rules together, so a caption costs one look-up a word and not a search a rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from structurer.firsts import begins_word, first_token
from structurer.tokens import Tokens, tokenize
from structurer.wordtable import WordTable

_Places = tuple[tuple[int, int], ...]


class Scan:
    """A text with the places where rules may match: rule number -> ascending offsets."""

    __slots__ = ("places", "text", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.text = tokens.text
        self.places: dict[int, list[int]] = {}
        places, starts = self.places, tokens.starts
        known = _BEGINNINGS.of_word
        for i, found in enumerate([known[word] for word in tokens.words]):
            if found is not None:
                at = starts[i]
                for rule, offset in found:
                    if rule in places:
                        places[rule].append(at + offset)
                    else:
                        places[rule] = [at + offset]


def scanned(text: str | Scan) -> Scan:
    """Return the scan of a text; a scan is returned as it is."""
    return text if isinstance(text, Scan) else Scan(tokenize(text))


class _Beginnings:
    """Of every word, the rules that may begin in it and how many letters in; ``None`` for none."""

    def __init__(self) -> None:
        self._firsts: list[re.Pattern[str]] = []
        self._inner: list[int] = []
        self.of_word: WordTable[_Places | None] = WordTable(self._find)

    def add(self, pattern: re.Pattern[str]) -> int:
        """Take in a pattern and return its number."""
        number = len(self._firsts)
        self._firsts.append(first_token(pattern))
        if not begins_word(pattern):
            self._inner.append(number)
        self.of_word.clear()
        return number

    def _find(self, word: str) -> _Places | None:
        found = tuple(
            (rule, at)
            for at in range(len(word))
            for rule in (self._inner if _is_within(word, at) else range(len(self._firsts)))
            if self._firsts[rule].match(word, at)
        )
        return found or None


def _is_within(word: str, at: int) -> bool:
    return at > 0 and word[at - 1].isalnum() and word[at].isalnum()


_BEGINNINGS: Final = _Beginnings()


class Rule:
    """A pattern whose matches begin at a token, never at a space or a hyphen between words."""

    __slots__ = ("_number", "pattern")

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Take a compiled pattern.

        Raises:
            ValueError: if the pattern can match the empty string or begin between tokens.
        """
        self.pattern = pattern
        self._number = _BEGINNINGS.add(pattern)
        RULES.append(self)

    def finditer(self, scan: Scan) -> Sequence[re.Match[str]]:
        """Return the matches that ``pattern.finditer`` gives."""
        places = scan.places.get(self._number)
        if places is None:
            return ()
        text, match = scan.text, self.pattern.match
        found = []
        end = 0
        for place in places:
            if place >= end:
                hit = match(text, place)
                if hit is not None:
                    found.append(hit)
                    end = hit.end()
        return found

    def search(self, scan: Scan) -> re.Match[str] | None:
        """Return the match that ``pattern.search`` gives."""
        places = scan.places.get(self._number)
        if places is not None:
            text, match = scan.text, self.pattern.match
            for place in places:
                hit = match(text, place)
                if hit is not None:
                    return hit
        return None

    def before(self, scan: Scan, end: int, low: int = 0) -> re.Match[str] | None:
        """Return the match that ``pattern.search(text, low, end)`` gives.

        For patterns that end with ``$``: ``end`` must be where a token starts.
        """
        places = scan.places.get(self._number)
        if places is not None:
            text, match = scan.text, self.pattern.match
            for place in places:
                if low <= place < end:
                    hit = match(text, place, end)
                    if hit is not None:
                        return hit
        return None


RULES: Final[list[Rule]] = []
"""Every rule made so far."""


def rule(pattern: str, *, ignore_case: bool = True) -> Rule:
    """Return the rule of a pattern, blind to letter case unless told otherwise."""
    return Rule(re.compile(pattern, re.I if ignore_case else 0))
