"""The cue lexicon: words that negate, doubt, date or ascribe what stands around them.

The cues are rows of ``data/cues.tsv``; :mod:`structurer.assertion` says what they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Final, NamedTuple

from structurer.tokens import tokenize
from structurer.valueclass import valueclass
from structurer.wordtable import WordTable

_FINDING: Final = ("diagnosis", "concept", "symptom", "body_site", "history")
PRIORITY: Final = ("absent", "family", "possible", "historical")
"""Which cue wins where several reach a mention: "no family history of" is a negation, and a
relative's suspected disease is still the relative's."""


class CueNode(NamedTuple):
    """A branch of the tree of cues: the rules that end here, and where words lead on to."""

    rules: list[CueRule]
    onward: dict[str, CueNode]


CONFIRMED: Final = "confirmed"
"""What takes a doubt back: "the suspicion of pemphigus was confirmed"."""

_CATEGORIES: Final = frozenset((*PRIORITY, CONFIRMED, "stop", "skip"))
_DIRECTIONS: Final = frozenset(("pre", "post", "both", "back"))


@dataclass(frozen=True, slots=True)
class CueRule:
    """One row of the cue lexicon."""

    words: tuple[str, ...]
    category: str
    direction: str
    scope: int
    fields: frozenset[str]


@valueclass
class Cue:
    """A cue where it stands: token range ``[first, last)``."""

    first: int
    last: int
    rule: CueRule


_VERBS: Final = "ai are could did does do had has have is must need should was were would".split()
_UNMARKED: Final = {f"{verb}nt": verb for verb in _VERBS} | {
    "cannot": "can", "cant": "can", "wont": "will",
}  # fmt: skip
"""Denials written together with no apostrophe, and the verb that they deny."""


def negates(word: str) -> bool:
    """Tell if a word, lower case, denies as "not" does: "didn't", "didnt", "cannot"."""
    return word.endswith("n't") or word in _UNMARKED


def affirmed(word: str) -> str:
    """Return the verb that a word, lower case, denies: "isn't" and "isnt" give "is"."""
    return _UNMARKED.get(word) or word.removesuffix("n't")


def _cue_word(word: str) -> str:
    lowered = word.lower()
    return "not" if negates(lowered) else lowered


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
        every = PRIORITY if category == "stop" else _FINDING
        names = frozenset(every if fields == "finding" else fields.split(","))
        for words in product(*(part.split("|") for part in trigger.split())):
            folded = tuple(_cue_word(word) for word in tokenize(" ".join(words)).words)
            rules.append(CueRule(folded, category, direction, int(scope), names))
    return tuple(rules)


class CueLexicon:
    """Cues as a tree of words, so that a word which begins none costs one look-up."""

    def __init__(self, rules: Iterable[CueRule]) -> None:
        # Rows overlap ("can't exclude", "can|could not exclude"): the wider one says it all.
        widest: dict[tuple[object, ...], CueRule] = {}
        for rule in rules:
            key = (rule.words, rule.category, rule.direction, rule.fields)
            if key not in widest or widest[key].scope < rule.scope:
                widest[key] = rule
        self._root = CueNode([], {})
        self._rules = tuple(widest.values())
        for rule in self._rules:
            node = self._root
            for word in rule.words:
                node = node.onward.setdefault(word, CueNode([], {}))
            node.rules.append(rule)
        self._folded: WordTable[str] = WordTable(_cue_word)

    def rules(self) -> tuple[CueRule, ...]:
        """Return the rules, in no order that means anything."""
        return self._rules

    def begun(self, word: str) -> CueNode | None:
        """Return the cues that begin with a word."""
        return self._root.onward.get(self._folded[word])

    def find(self, words: Sequence[str]) -> list[Cue]:
        """Return the cues of a text, left to right; at each place the longest one only.

        Cues of different categories may share a trigger ("spared" works both ways).
        """
        begun = ((i, self.begun(word)) for i, word in enumerate(words))
        return self.at([(i, node) for i, node in begun if node is not None], words)

    def at(self, begun: Iterable[tuple[int, CueNode]], words: Sequence[str]) -> list[Cue]:
        """Return the same where it is known at which words cues begin (:meth:`begun`)."""
        folded = self._folded
        cues: list[Cue] = []
        count, after = len(words), 0
        for i, (rules, onward) in begun:
            if i < after:
                continue
            at = last = i + 1
            while onward and at < count:
                node = onward.get(folded[words[at]])
                if node is None:
                    break
                further, onward = node
                at += 1
                if further:
                    last, rules = at, further
            if rules:
                for rule in rules:
                    cues.append(Cue(i, last, rule))
                if rules[-1].category != "stop":  # ", with the exception of" is two cues
                    after = last
        return cues


@lru_cache(maxsize=1)
def default_cues() -> CueLexicon:
    """Return the packaged cue lexicon."""
    text = (files("structurer") / "data" / "cues.tsv").read_text(encoding="utf-8")
    return CueLexicon(parse_cues(text.splitlines()))
