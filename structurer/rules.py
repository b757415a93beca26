"""Regular expressions that are tried only at the words they can begin with.

A :class:`Rule` finds what its pattern finds, match for match, but looks only where the word
of the text can begin a match (:mod:`structurer.firsts`), and there only for the alternatives
which that word and the characters behind it can begin (:mod:`structurer.splitting`). All that
is worked out once a distinct word for all rules together, and once a word and what follows, so
a caption costs a look-up or two a word and not a search a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

from structurer.firsts import is_readable
from structurer.needs import needed_runs
from structurer.parts import Part, plain_of
from structurer.phrases import phrase_pattern
from structurer.splitting import alternatives
from structurer.wordtable import WordTable

if TYPE_CHECKING:
    from structurer.scan import Scan

_Try = Callable[..., "re.Match[str] | None"]
Ways = tuple[tuple[int, _Try], ...]
"""Letters into a word and how to try a rule there, in the order to try."""
Tries = tuple[tuple[int, Ways], ...]
"""Rules by number, and how to try them."""
_Places = tuple[tuple[int, tuple[Part, ...]], ...]
"""Letters into a word and the alternatives of a rule that may begin there."""
_Near = tuple[tuple["Rule", tuple[Part, ...]], ...]
"""Rules with the alternatives that may begin with some characters."""
Beginnings = tuple[tuple["Rule", _Places], ...]
"""The rules that may begin in a word, and where in it."""

AHEAD: Final = 2
"""Characters behind a word that are looked at: mostly a space and the next word's first letter.
They settle half of what the word leaves open; more would settle little more, and be new more
often."""


_FEW: Final = 5


class Rule:
    """A pattern whose matches begin at a token, never at a space or a hyphen between words."""

    made: ClassVar[int] = 0
    """How many rules were ever made: what is remembered of words holds until there are more."""

    def __init__(self, pattern: re.Pattern[str], *, sparse: bool = False) -> None:
        """Take a compiled pattern.

        ``sparse`` is for patterns that begin with words which stand everywhere: they are
        tried only in texts that hold letters which the pattern needs.

        Raises:
            ValueError: if the pattern can match the empty string or begin between tokens, or
                is sparse and needs no letters.
        """
        self.pattern = pattern
        self._parts = [Part(one) for one in alternatives(pattern)]
        self._needs = _pattern_of(needed_runs(pattern)) if sparse else None
        if sparse and self._needs is None and is_readable(pattern):
            raise ValueError(f"pattern needs no letters: {pattern.pattern!r}")
        self._is_open = any(part.runs is not None for part in self._parts)
        self.number = len(RULES)
        RULES.append(self)
        Rule.made += 1
        _NEAR.clear()
        _NEAR_WITHIN.clear()

    @property
    def closed(self) -> tuple[Part, ...]:
        """The alternatives that the word they begin in tells, in order."""
        return tuple([one for one in self._parts if one.runs is None])

    @cached_property
    def _open(self) -> re.Pattern[str] | None:
        """Letters without which no alternative matches that may begin with any word."""
        runs = [part.runs for part in self._parts if part.runs is not None]
        return _pattern_of(frozenset().union(*runs)) if runs else None

    def onward(self, places: _Places, piece: str) -> Ways:
        """Return how to try the rule in a word that goes on as ``piece`` does."""
        ways: list[tuple[int, _Try]] = []
        for at, parts in places:
            plain = plain_of(piece[at:])
            left = [one.way.match for one in parts if one.goes_on(piece, at, plain)]
            if len(left) > _FEW:
                left = [self.pattern.match]  # one call for many
            ways += [(at, way) for way in left]
        return tuple(ways)

    @cached_property
    def asks(self) -> bool:
        """Whether it looks for letters anywhere in a text."""
        return self._needs is not None or self._open is not None

    def met_by(self, plain: str) -> tuple[int, ...]:
        """Return the rule's numbers: its need, and below zero that of an open alternative."""
        met = []
        if self._needs is not None and self._needs.search(plain):
            met.append(self.number)
        if self._open is not None and self._open.search(plain):
            met.append(~self.number)
        return tuple(met)

    def finditer(self, scan: Scan) -> Sequence[re.Match[str]]:
        """Return the matches that ``pattern.finditer`` gives."""
        number = self.number
        if self._is_open and ~number in scan.met:
            return list(self.pattern.finditer(scan.text))
        places = scan.places.get(number)
        if places is None or (self._needs is not None and number not in scan.met):
            return ()
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
        if ~self.number in scan.met:
            return self.pattern.search(scan.text)
        if self._needs is None or self.number in scan.met:
            for start, ways in scan.places.get(self.number, ()):
                for at, way in ways:
                    hit = way(scan.text, start + at)
                    if hit is not None:
                        return hit
        return None

    def before(self, scan: Scan, end: int, low: int = 0) -> re.Match[str] | None:
        """Return the match that ``pattern.search(text, low, end)`` gives.

        ``end`` must be where a token starts.
        """
        if ~self.number in scan.met:
            return self.pattern.search(scan.text, low, end)
        for start, ways in scan.places.get(self.number, ()):
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

_LISTENERS: Final[list[Callable[[str], object]]] = []


def on_new_word(listener: Callable[[str], object]) -> None:
    """Have a function told of every distinct word when a scan first meets it."""
    _LISTENERS.append(listener)


def beginnings(word: str) -> tuple[Beginnings, tuple[int, ...]]:
    """Return the rules that may begin in a word, and the numbers that it meets the need of."""
    for listener in _LISTENERS:
        listener(word)
    begun: dict[Rule, list[tuple[int, tuple[Part, ...]]]] = {}
    for at in range(len(word)):
        near = (_NEAR_WITHIN if _is_within(word, at) else _NEAR)[word[at : at + _NEAR_SIZE]]
        if near:
            plain = plain_of(word[at:])
            for rule, parts in near:
                left = tuple([one for one in parts if one.begins(word, at, plain)])
                if left:
                    begun.setdefault(rule, []).append((at, left))
    plain = plain_of(word)
    met = tuple([number for rule in RULES if rule.asks for number in rule.met_by(plain)])
    return tuple([(rule, tuple(places)) for rule, places in begun.items()]), met


_NEAR_SIZE: Final = 3
"""Characters by which alternatives are told apart before a whole word is compared with each."""


def _near(beginning: str) -> _Near:
    if len(beginning) > 1:
        return _narrowed(_NEAR[beginning[:-1]], beginning)
    return _narrowed(tuple((rule, rule.closed) for rule in RULES), beginning)


def _near_within(beginning: str) -> _Near:
    if len(beginning) > 1:
        return _narrowed(_NEAR_WITHIN[beginning[:-1]], beginning)
    inner = ((rule, tuple([one for one in rule.closed if one.way.inner])) for rule in RULES)
    return _narrowed(tuple(inner), beginning)


def _narrowed(near: _Near, beginning: str) -> _Near:
    plain = plain_of(beginning)
    kept = ((rule, [p for p in parts if p.goes_on(beginning, 0, plain)]) for rule, parts in near)
    return tuple((rule, tuple(parts)) for rule, parts in kept if parts)


_NEAR: Final = WordTable(_near)
"""The first characters of a word, or of a part of it, to the alternatives that may begin so."""

_NEAR_WITHIN: Final = WordTable(_near_within)
"""The same for a place between two letters, where few rules look."""


def onward(begun: Beginnings, piece: str) -> Tries:
    """Return what is to be tried in a word that goes on as ``piece`` does."""
    return tuple(
        (rule.number, ways) for rule, places in begun if (ways := rule.onward(places, piece))
    )


def _pattern_of(runs: frozenset[str] | None) -> re.Pattern[str] | None:
    return None if runs is None else re.compile(phrase_pattern(runs))


def _is_within(word: str, at: int) -> bool:
    return at > 0 and word[at - 1].isalnum() and word[at].isalnum()
