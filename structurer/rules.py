"""Regular expressions that are tried only at the words they can begin with.

A :class:`Rule` finds what its pattern finds, match for match, but looks only where the word
of the text can begin a match, and there only for the alternatives
(:mod:`structurer.splitting`) which that word and the characters behind it can begin
(:mod:`structurer.beginnings`). So a caption costs a look-up or two a word and not a search a
rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from structurer.firsts import is_readable
from structurer.needs import needed_runs
from structurer.parts import Part
from structurer.phrases import any_of
from structurer.splitting import Alternative, alternatives

if TYPE_CHECKING:
    from structurer.scan import Scan


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
        self.whole = Alternative(pattern.pattern, pattern.flags, ready=pattern)
        self.parts = [Part(one) for one in alternatives(pattern)]
        needed = needed_runs(pattern) if sparse else None
        if sparse and needed is None and is_readable(pattern):
            raise ValueError(f"pattern needs no letters: {pattern.pattern!r}")
        runs = [part.runs for part in self.parts if part.runs is not None]
        self._is_open = bool(runs)
        self.asked = frozenset().union(needed or (), *runs)
        """Runs of letters that it looks for anywhere in a text."""
        self._needs = any_of(needed)
        self._open = any_of(frozenset().union(*runs) if runs else None)
        """Letters without which no alternative matches that may begin with any word."""
        self.number = len(RULES)
        RULES.append(self)
        Rule.made += 1

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
        for at, way in places:
            if at >= end:
                hit = way(text, at)
                if hit is not None:
                    found.append(hit)
                    end = hit.end()
        return found

    def search(self, scan: Scan) -> re.Match[str] | None:
        """Return the match that ``pattern.search`` gives."""
        if ~self.number in scan.met:
            return self.pattern.search(scan.text)
        if self._needs is None or self.number in scan.met:
            for at, way in scan.places.get(self.number, ()):
                hit = way(scan.text, at)
                if hit is not None:
                    return hit
        return None

    def before(self, scan: Scan, end: int, low: int = 0) -> re.Match[str] | None:
        """Return the match that ``pattern.search(text, low, end)`` gives.

        ``end`` must be where a token starts.
        """
        if ~self.number in scan.met:
            return self.pattern.search(scan.text, low, end)
        for at, way in scan.places.get(self.number, ()):
            if low <= at < end:
                hit = way(scan.text, at, end)
                if hit is not None:
                    return hit
        return None


class Group:
    """Rules of which most texts match none: that is told before they are asked one by one."""

    def __init__(self, *rules: Rule) -> None:
        self._begun = frozenset(one.number for one in rules if one._needs is None)
        self._met = frozenset(n for one in rules for n in (one.number, ~one.number))

    def may_match(self, scan: Scan) -> bool:
        """Return whether any of them may match in a text."""
        return not (self._met.isdisjoint(scan.met) and scan.places.keys().isdisjoint(self._begun))


def rule(pattern: str, *, ignore_case: bool = True, sparse: bool = False) -> Rule:
    """Return the rule of a pattern, blind to letter case unless told otherwise."""
    return Rule(re.compile(pattern, re.I if ignore_case else 0), sparse=sparse)


RULES: Final[list[Rule]] = []
"""Every rule made so far."""
