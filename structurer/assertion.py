"""Assertion of a mention by cue and scope, after NegEx and ConText.

Chapman et al. 2001 (doi:10.1006/jbin.2001.1029) and Harkema et al. 2009
(doi:10.1016/j.jbi.2009.05.002) give the method: a trigger word, the side it works on, how
far it reaches, and the words that end its reach. The cues are rows of ``data/cues.tsv``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from structurer.tokens import Tokens, tokenize

_FINDING: Final = ("diagnosis", "concept", "symptom", "body_site", "history")
_PRIORITY: Final = ("absent", "family", "possible", "historical")
"""Which cue wins where several reach a mention: "no family history of" is a negation, and a
relative's suspected disease is still the relative's."""

_CATEGORIES: Final = frozenset((*_PRIORITY, "stop", "skip"))
_DIRECTIONS: Final = frozenset(("pre", "post", "both"))


@dataclass(frozen=True, slots=True)
class CueRule:
    """One row of the cue lexicon."""

    words: tuple[str, ...]
    category: str
    direction: str
    scope: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue where it stands: token range ``[first, last)``."""

    first: int
    last: int
    rule: CueRule


def _cue_word(word: str) -> str:
    """Fold contractions: "didn't", "can't" and "cannot" negate as "not" does."""
    lowered = word.lower()
    return "not" if lowered.endswith("n't") or lowered == "cannot" else lowered


def parse_cues(lines: Iterable[str]) -> tuple[CueRule, ...]:
    """Read cue rows (tab-separated: trigger, category, direction, scope, fields).

    Raises:
        ValueError: for a malformed row, naming its line.
    """
    rules = []
    for number, line in enumerate(lines, start=1):
        row = line.rstrip("\n")
        if not row or row.startswith(("#", "trigger\t")):
            continue
        parts = row.split("\t")
        if len(parts) != 5:
            raise ValueError(f"cue line {number}: {len(parts)} columns, expected 5: {row!r}")
        trigger, category, direction, scope, fields = parts
        if category not in _CATEGORIES or direction not in _DIRECTIONS:
            raise ValueError(f"cue line {number}: unknown category or direction: {row!r}")
        words = tuple(_cue_word(word) for word in tokenize(trigger).words)
        names = _FINDING if fields == "finding" else tuple(fields.split(","))
        rules.append(CueRule(words, category, direction, int(scope), frozenset(names)))
    return tuple(rules)


class CueLexicon:
    """Cues by first word, longest first."""

    def __init__(self, rules: Iterable[CueRule]) -> None:
        self._by_first: dict[str, list[CueRule]] = {}
        for rule in rules:
            self._by_first.setdefault(rule.words[0], []).append(rule)
        for group in self._by_first.values():
            group.sort(key=lambda rule: len(rule.words), reverse=True)

    def find(self, words: Sequence[str]) -> list[Cue]:
        """Return the cues of a text, left to right; at each place the longest one only.

        Cues of different categories may share a trigger ("spared" works both ways).
        """
        folded = [_cue_word(word) for word in words]
        cues: list[Cue] = []
        i = 0
        while i < len(folded):
            length = 0
            for rule in self._by_first.get(folded[i], ()):
                size = len(rule.words)
                if size < length:
                    break
                if tuple(folded[i : i + size]) == rule.words:
                    cues.append(Cue(i, i + size, rule))
                    length = size
            ends_clause = length and cues[-1].rule.category == "stop"
            i += 1 if ends_clause else length or 1  # ", with the exception of" is two cues
        return cues


@lru_cache(maxsize=1)
def default_cues() -> CueLexicon:
    """Return the packaged cue lexicon."""
    text = (files("structurer") / "data" / "cues.tsv").read_text(encoding="utf-8")
    return CueLexicon(parse_cues(text.splitlines()))


# A question that asks for help states its diagnosis; one that asks "is this X?" does not.
_ASKING: Final = frozenset("is are could can does do may might or was has am would".split())
_REQUEST: Final = frozenset(
    "how help please treat treated treatment treating cure cured medicine medication look "
    "suggest recommend advice advise why when where drug cream ointment prevent".split()
)


class CaptionAssertions:
    """The cues of one caption, ready to judge its mentions."""

    def __init__(self, tokens: Tokens, lexicon: CueLexicon | None = None) -> None:
        self._tokens = tokens
        self._cues = (lexicon or default_cues()).find(tokens.words)
        self._stops = [cue.first for cue in self._cues if cue.rule.category == "stop"]

    def of(self, field: str, first: int, last: int, kind: str | None = None) -> str:
        """Return the assertion of the mention at tokens ``[first, last)``.

        ``kind`` is the kind of a history mention: durations and courses are what they
        are, and only exposures can be suspected.
        """
        low, high = self._tokens.sentence_of(first)
        found = {
            cue.rule.category
            for cue in self._cues
            if low <= cue.first < high
            and _may_change(cue.rule, field, kind)
            and self._reaches(cue, first, last)
        }
        for category in _PRIORITY:
            if category in found:
                return category
        if field == "diagnosis" and self._is_asked(low, high, last):
            return "possible"
        return "present"

    def _reaches(self, cue: Cue, first: int, last: int) -> bool:
        rule = cue.rule
        if rule.words == ("?",) and not self._glued(cue.first):
            return False
        if rule.direction in ("pre", "both") and cue.last <= first:
            near = first - cue.last < rule.scope
            return near and not self._stopped(cue.last, first)
        if rule.direction in ("post", "both") and last <= cue.first:
            near = cue.first - last < rule.scope
            return near and not self._stopped(last, cue.first)
        return False

    def _stopped(self, low: int, high: int) -> bool:
        return any(low <= stop < high for stop in self._stops)

    def _glued(self, token: int) -> bool:
        after = token + 1
        tokens = self._tokens
        return after < len(tokens.words) and tokens.starts[after] == tokens.ends[token]

    def _is_asked(self, low: int, high: int, last: int) -> bool:
        words = self._tokens.words
        if words[high - 1] != "?":
            return False
        sentence = [word.lower() for word in words[low:high]]
        if _REQUEST & set(sentence):
            return False
        return sentence[0] in _ASKING or len(sentence) <= 6 or last == high - 1


def _may_change(rule: CueRule, field: str, kind: str | None) -> bool:
    if field == "history":
        if kind in ("duration",):
            return False
        return "history" in rule.fields or (kind or "") in rule.fields
    return field in rule.fields
