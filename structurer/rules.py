"""Regular expressions that are tried only at the words they can begin with.

A :class:`Rule` finds what its pattern finds, match for match, but looks only where the word
of the text can begin a match (:mod:`structurer.firsts`), and there only for the alternatives
which that word can begin (:mod:`structurer.splitting`). All that is worked out once a distinct
word for all rules together, so a caption costs one look-up a word and not a search a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

from structurer.firsts import begins_word, first_token
from structurer.needs import needed_runs
from structurer.phrases import phrase_pattern
from structurer.splitting import alternatives
from structurer.tokens import Tokens, tokenize
from structurer.wordtable import WordTable

_Try = Callable[..., "re.Match[str] | None"]
_Ways = tuple[tuple[int, _Try], ...]
"""Letters into a word and how to try a rule there, in the order to try."""
_Known = tuple[tuple[tuple[int, _Ways], ...], tuple[int, ...] | None]
"""Of a word: the rules that may begin in it, and those that need a word like it."""


class Scan:
    """A text with what its words have to do with rules, by the rules' numbers.

    ``places`` holds the starts of words with how to try the rule there; ``met`` the rules whose
    need (:mod:`structurer.needs`) the text meets.
    """

    __slots__ = ("met", "places", "text", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.text = tokens.text
        self.places: dict[int, list[tuple[int, _Ways]]] = {}
        self.met: set[int] = set()
        places = self.places
        of_word = _OF_WORD
        for start, known in zip(
            tokens.starts, [of_word[word] for word in tokens.words], strict=True
        ):
            if known is None:
                continue
            begun, met = known
            if met is not None:
                self.met.update(met)
            for number, ways in begun:
                if number in places:
                    places[number].append((start, ways))
                else:
                    places[number] = [(start, ways)]


def scanned(text: str | Scan) -> Scan:
    """Return the scan of a text; a scan is returned as it is."""
    return text if isinstance(text, Scan) else Scan(tokenize(text))


class _Part:
    """An alternative of a rule."""

    __slots__ = ("at", "first", "runs", "way")

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.way = pattern.match
        self.first = first_token(pattern)
        self.runs = needed_runs(pattern) if self.first.match(_NO_WORD) else None


_FEW: Final = 5
_NO_WORD: Final = "zqxwv"
"""What begins with this begins with anything."""


class Rule:
    """A pattern whose matches begin at a token, never at a space or a hyphen between words."""

    def __init__(self, pattern: re.Pattern[str], *, sparse: bool = False) -> None:
        """Take a compiled pattern.

        ``sparse`` is for patterns that begin with words which stand everywhere: they are
        tried only in texts that hold letters which the pattern needs.

        Raises:
            ValueError: if the pattern can match the empty string or begin between tokens, or
                is sparse and needs no letters.
        """
        self.pattern = pattern
        self._first = first_token(pattern)
        self._inner = not begins_word(pattern)
        self._needs = _pattern_of(needed_runs(pattern)) if sparse else None
        if sparse and self._needs is None:
            raise ValueError(f"pattern needs no letters: {pattern.pattern!r}")
        self._number = len(RULES)
        RULES.append(self)
        _OF_WORD.clear()

    @cached_property
    def _parts(self) -> list[_Part]:
        return [_Part(part) for part in alternatives(self.pattern)]

    @cached_property
    def _open(self) -> re.Pattern[str] | None:
        """Letters without which no alternative matches that may begin with any word."""
        runs = [part.runs for part in self._parts if part.runs is not None]
        return _pattern_of(frozenset().union(*runs)) if runs else None

    def begun_by(self, word: str) -> _Ways:
        """Return where in a word the rule may begin, and how to try it."""
        found: list[tuple[int, _Try]] = []
        for at in range(len(word)):
            if (self._inner or not _is_within(word, at)) and self._first.match(word, at):
                ways = [
                    part.way
                    for part in self._parts
                    if part.runs is None and part.first.match(word, at)
                ]
                if len(ways) > _FEW:
                    ways = [self.pattern.match]  # one call for many
                found += [(at, way) for way in ways]
        return tuple(found)

    def met_by(self, plain: str) -> tuple[int, ...]:
        """Return the rule's numbers: its need, and below zero that of an open alternative."""
        met = []
        if self._needs is not None and self._needs.search(plain):
            met.append(self._number)
        if self._open is not None and self._open.search(plain):
            met.append(~self._number)
        return tuple(met)

    def finditer(self, scan: Scan) -> Sequence[re.Match[str]]:
        """Return the matches that ``pattern.finditer`` gives."""
        number = self._number
        if scan.met and ~number in scan.met:
            return list(self.pattern.finditer(scan.text))
        if number not in scan.places or (self._needs is not None and number not in scan.met):
            return ()
        places = scan.places[number]
        text = scan.text
        found = []
        end = 0
        for start, ways in places:
            for at, way in ways:
                if start + at >= end:
                    hit = way(text, start + at)
                    if hit is not None:
                        found.append(hit)
                        end = hit.end()
        return found

    def search(self, scan: Scan) -> re.Match[str] | None:
        """Return the match that ``pattern.search`` gives."""
        if ~self._number in scan.met:
            return self.pattern.search(scan.text)
        if self._needs is None or self._number in scan.met:
            for start, ways in scan.places.get(self._number, ()):
                for at, way in ways:
                    hit = way(scan.text, start + at)
                    if hit is not None:
                        return hit
        return None

    def before(self, scan: Scan, end: int, low: int = 0) -> re.Match[str] | None:
        """Return the match that ``pattern.search(text, low, end)`` gives.

        ``end`` must be where a token starts.
        """
        if ~self._number in scan.met:
            return self.pattern.search(scan.text, low, end)
        for start, ways in scan.places.get(self._number, ()):
            for at, way in ways:
                if low <= start + at < end:
                    hit = way(scan.text, start + at, end)
                    if hit is not None:
                        return hit
        return None


def rule(pattern: str, *, ignore_case: bool = True, sparse: bool = False) -> Rule:
    """Return the rule of a pattern, blind to letter case unless told otherwise."""
    return Rule(re.compile(pattern, re.I if ignore_case else 0), sparse=sparse)


RULES: Final[list[Rule]] = []
"""Every rule made so far."""


def _known(word: str) -> _Known | None:
    plain = word.lower().translate(_LIKE_ASCII)
    begun = tuple((i, ways) for i, rule in enumerate(RULES) if (ways := rule.begun_by(word)))
    met = tuple(number for rule in RULES for number in rule.met_by(plain))
    return (begun, met or None) if begun or met else None


_OF_WORD: Final = WordTable(_known)


def _pattern_of(runs: frozenset[str] | None) -> re.Pattern[str] | None:
    return None if runs is None else re.compile(phrase_pattern(runs))


_LIKE_ASCII: Final = {0x131: "i", 0x17F: "s"}
"""Letters that `re` takes for an ASCII letter in another case, and that lower case leaves."""


def _is_within(word: str, at: int) -> bool:
    return at > 0 and word[at - 1].isalnum() and word[at].isalnum()
