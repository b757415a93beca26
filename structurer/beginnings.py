"""Which rules may begin in a word, and how to try them there.

Worked out once a distinct word for all rules together, and once a word with the characters
behind it where these matter. Alternatives that begin with one of a few words are looked up by
their leads (:mod:`structurer.leads`), for which all numbers of as many digits are one word; the
others, "any word that ends in -azole", are compared by the expression that tells what they may
begin with (:mod:`structurer.firsts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

from structurer.leads import AHEAD, follows, lead_in, run_of
from structurer.parts import Part
from structurer.phrases import any_of
from structurer.rules import RULES, Rule
from structurer.splitting import Try
from structurer.wordtable import WordTable

_Held = tuple[Rule, int, Part]
"""A rule, the place of one of its alternatives among them, and the alternative."""
_Loose = tuple[_Held, ...]
_Places = Sequence[tuple[int, _Loose]]
"""Letters into a word at which rules may begin, with the alternatives that have no leads."""
_One = tuple[int, int, Try]
Tries = tuple[_One, ...]
"""Rules by number, how many letters into a word, and how to try them there, in order."""


_FEW: Final = 5
_NEAR: Final = 3
"""Characters by which alternatives without leads are told apart before a whole word is
compared with each."""


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
        self.tails: dict[str, set[str]] = {}
        """What goes on to a lead, to the last characters of it, as many as are looked at."""
        for lead in self.by_lead:
            for size in range(1, min(AHEAD, len(lead) - 1) + 1):
                self.tails.setdefault(lead[:-size], set()).add(lead[-size:])
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


class Beginnings(NamedTuple):
    """What rules may begin in a word, and how to try them."""

    always: Tries
    """What is to be tried whatever follows."""
    behind: WordTable[Tries] | None
    """What is to be tried, by the :data:`AHEAD` characters that follow, if it depends on them."""


class _Led(NamedTuple):
    """What may begin in a word, written as leads are, with a lead, and what it is asked for."""

    places: tuple[int, ...]
    tails: frozenset[str]
    met: tuple[int, ...]


class _Index:
    """All alternatives of all rules, by where they may begin."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        held = [
            (rule, place, part)
            for rule in rules
            for place, part in enumerate(rule.parts)
            if part.runs is None
        ]
        self._everywhere = _Ways(held)  # where a word or a number begins
        inner = [one for one in held if one[2].way.inside_after != frozenset()]
        # Between two letters or digits, by the first of them: few patterns look there.
        self._within = WordTable(
            lambda char: _Ways(
                [one for one in inner if char in (one[2].way.inside_after or (char,))]
            )
        )
        self._asking = tuple([rule for rule in rules if rule.asked])
        self._asked = any_of(frozenset().union(*(rule.asked for rule in self._asking)))
        self.led: WordTable[_Led] = WordTable(self._led)
        self.plainly = {way: WordTable(partial(self._plainly, way)) for way in (False, True)}
        """What may begin in a word with a lead, by whether it is tried in texts in ASCII."""
        self._tries: dict[_One, _One] = {}

    def _ways(self, plain: str, at: int) -> _Ways:
        if at and plain[at].isalnum() and plain[at - 1].isalnum():
            return self._within[plain[at - 1]]
        return self._everywhere

    def _led(self, plain: str) -> _Led:
        places = []
        tails: set[str] = set()
        for at in range(len(plain)):
            ways = self._ways(plain, at)
            starts = ways.starts
            if plain[at : at + 2] in starts or plain[at] in starts:
                rest = plain[at:]
                if ways.begin(rest):
                    places.append(at)
                    tails.update(ways.tails.get(rest, ()))
        met: list[int] = []
        if self._asked is not None and self._asked.search(plain):  # one search for most words
            met = [number for rule in self._asking for number in rule.met_by(plain)]
        return _Led(tuple(places), frozenset(tails), tuple(met))

    def _plainly(self, ascii_only: bool, plain: str) -> Beginnings:
        led = self.led[plain]
        return self.begun(plain, [(at, ()) for at in led.places], led.tails, ascii_only)

    def begun(
        self, plain: str, places: _Places, tails: frozenset[str], ascii_only: bool
    ) -> Beginnings:
        """Return what may begin at some places of a word."""
        plainly = self._try_in(places, plain, ascii_only)
        if not tails:
            return Beginnings(plainly, None)

        def behind(tail: str) -> Tries:
            more = lead_in(tail)
            goes_on = more in tails or more[:1] in tails
            return self._try_in(places, plain + more, ascii_only) if goes_on else plainly

        return Beginnings((), WordTable(behind))

    def loose(self, word: str, plain: str) -> dict[int, _Loose]:
        """Return those without leads by where in a word they may begin."""
        found = {}
        for at in range(len(plain)):
            ways = self._ways(plain, at)
            if ways.loose and (some := ways.loose_in(word, at)):
                found[at] = some
        return found

    def _try_in(self, places: _Places, piece: str, ascii_only: bool) -> Tries:
        """Return what is to be tried at some places of a piece, written as leads are."""
        tries: dict[int, list[_One]] = {}
        for at, loose in places:
            found: dict[Rule, dict[int, Part]] = {}
            for rule, place, part in (*self._ways(piece, at).at(piece[at:]), *loose):
                found.setdefault(rule, {})[place] = part
            for rule, parts in found.items():
                ways = [parts[place].way for place in sorted(parts)]
                if len(ways) > _FEW:
                    ways = [rule.whole]  # one call for many
                tries.setdefault(rule.number, []).extend([
                    self._same((rule.number, at, way.match_ascii if ascii_only else way.match))
                    for way in ways
                ])  # fmt: skip
        return tuple([one for ones in tries.values() for one in ones])

    def _same(self, one: _One) -> _One:
        """Return the try that other words and tails have as well: one is read quicker than many."""
        return self._tries.setdefault(one, one)


@lru_cache(maxsize=1)
def _index(_made: int) -> _Index:
    return _Index(RULES)


def beginnings(word: str, *, ascii_only: bool = False) -> tuple[Beginnings, tuple[int, ...]]:
    """Return what rules may begin in a word, and the numbers of those that it meets the need of.

    ``ascii_only`` asks for ways to try them that are faster, for texts in ASCII.
    """
    index = _index(Rule.made)
    plain = lead_in(word)
    led = index.led[plain]
    loose = index.loose(word, plain)
    if not loose:
        return index.plainly[ascii_only][plain], led.met
    places = [(at, loose.get(at, ())) for at in sorted({*led.places, *loose})]
    return index.begun(plain, places, led.tails, ascii_only), led.met
