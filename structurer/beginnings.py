"""Which rules may begin in a word, and how to try them there.

Worked out once a distinct word for all rules together, and once a word with the characters
behind it. Alternatives that begin with one of a few words are looked up by their leads
(:mod:`structurer.leads`); the others, some numbers and "any word, then ...", are compared by
the expression that tells what they may begin with (:mod:`structurer.firsts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from structurer.leads import follows, lead_in, run_of
from structurer.parts import Part
from structurer.phrases import any_of
from structurer.rules import RULES, Rule, Ways
from structurer.wordtable import WordTable

_Held = tuple[Rule, int, Part]
"""A rule, the place of one of its alternatives among them, and the alternative."""
_Loose = tuple[_Held, ...]
Beginnings = tuple[tuple[int, _Loose], ...]
"""Letters into a word at which rules may begin, with the alternatives that have no leads."""
Tries = tuple[tuple[int, Ways], ...]
"""Rules by number, and how to try them."""

_FEW: Final = 5
_NEAR: Final = 3
"""Characters by which alternatives without leads are told apart before a whole word is
compared with each."""

_LISTENERS: Final[list[Callable[[str], object]]] = []


def on_new_word(listener: Callable[[str], object]) -> None:
    """Have a function told of every distinct word when a scan first meets it."""
    _LISTENERS.append(listener)


class _Ways:
    """Alternatives that may begin at some sort of place, by what they begin with."""

    def __init__(self, parts: Sequence[_Held]) -> None:
        self.by_lead: dict[str, tuple[list[_Held], list[_Held]]] = {}
        """Leads to those that anything may follow, and those with a boundary behind them."""
        self.ends: set[str] = set()
        """Leads cut where their first word may end."""
        self.starts: set[str] = set()
        """Their first characters: they settle most places."""
        for held in parts:
            for lead, bounded in held[2].leads or ():
                self.by_lead.setdefault(lead, ([], []))[bounded].append(held)
                run = run_of(lead)
                self.ends |= {lead[:run], lead[: run + 1]}
                self.starts |= {lead[:2], lead[:run][:2]}
        self.longest = max(map(len, self.by_lead), default=0)
        self.loose = tuple([held for held in parts if held[2].leads is None])
        """Those without leads."""
        self._near: WordTable[_Loose] = WordTable(self._narrowed)

    def _narrowed(self, beginning: str) -> _Loose:
        before = self._near[beginning[:-1]] if len(beginning) > 1 else self.loose
        return tuple([one for one in before if one[2].goes_on(beginning, 0)])

    def loose_in(self, word: str, at: int) -> _Loose:
        """Return those without leads that may begin in a word, so many letters into it."""
        near = self._near[word[at : at + _NEAR]]
        return tuple([one for one in near if one[2].begins(word, at)]) if near else ()

    def begin(self, word: str) -> bool:
        """Return whether one with a lead may begin a word, written as leads are."""
        return word in self.ends or next(self.at(word), None) is not None

    def at(self, piece: str) -> Iterator[_Held]:
        """Yield those that may begin a piece, written as leads are, of which more may come."""
        by_lead = self.by_lead
        for size in range(1, min(len(piece), self.longest) + 1):
            held = by_lead.get(piece[:size])
            if held is not None:
                yield from held[0]
                if held[1] and (size == len(piece) or follows(piece[size - 1], piece[size])):
                    yield from held[1]


class _Index(NamedTuple):
    """All alternatives of all rules, by where they may begin."""

    everywhere: _Ways
    """Where a word or a number begins."""
    within: _Ways
    """Between two letters or digits, where few patterns look."""
    asked: re.Pattern[str] | None
    """What finds any run of letters that a rule asks for."""
    asking: tuple[Rule, ...]


@lru_cache(maxsize=1)
def _index(_made: int) -> _Index:
    held = [
        (rule, place, part)
        for rule in RULES
        for place, part in enumerate(rule.parts)
        if part.runs is None
    ]
    asking = tuple([rule for rule in RULES if rule.asked])
    return _Index(
        _Ways(held),
        _Ways([one for one in held if one[2].way.inner]),
        any_of(frozenset().union(*(rule.asked for rule in asking))),
        asking,
    )


def beginnings(word: str) -> tuple[Beginnings, tuple[int, ...]]:
    """Return where in a word rules may begin, and the numbers that it meets the need of."""
    for listener in _LISTENERS:
        listener(word)
    index = _index(Rule.made)
    plain = lead_in(word)
    begun = []
    for at in range(len(word)):
        within = at and word[at - 1].isalnum() and word[at].isalnum()
        ways = index.within if within else index.everywhere
        loose = ways.loose_in(word, at) if ways.loose else ()
        starts = ways.starts
        known = plain[at : at + 2] in starts or plain[at] in starts
        if loose or (known and ways.begin(plain[at:])):
            begun.append((at, loose))
    met: list[int] = []
    if index.asked is not None and index.asked.search(plain):  # one search for most words
        met = [number for rule in index.asking for number in rule.met_by(plain)]
    return tuple(begun), tuple(met)


def onward(begun: Beginnings, piece: str) -> Tries:
    """Return what is to be tried in a word that goes on as ``piece`` does."""
    index = _index(Rule.made)
    plain = lead_in(piece)
    tries: dict[int, list[tuple[int, Callable[..., re.Match[str] | None]]]] = {}
    for at, loose in begun:
        within = at and piece[at - 1].isalnum() and piece[at].isalnum()
        leads = index.within if within else index.everywhere
        found: dict[Rule, dict[int, Part]] = {}
        for rule, place, part in leads.at(plain[at:]):
            found.setdefault(rule, {})[place] = part
        for rule, place, part in loose:
            if part.goes_on(piece, at):
                found.setdefault(rule, {})[place] = part
        for rule, parts in found.items():
            ways = [parts[place].way.match for place in sorted(parts)]
            if len(ways) > _FEW:
                ways = [rule.pattern.match]  # one call for many
            tries.setdefault(rule.number, []).extend([(at, way) for way in ways])
    return tuple([(number, tuple(ways)) for number, ways in tries.items()])
