"""Words written as one: "plaques on the elbows andknees", "#notmelanoma", "erythematousscaly".

An unknown word that is made of words of names, and of the small words which stand between them,
is read as those. A word is cut only where every part is such a word, and one of them a name by
itself, so that other compounds ("headscarf") stay whole.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from ontology_graph.guards import common_words
from structurer.tokens import Tokens

_WORD_MIN: Final = 7
"""Letters of a word that may be several."""
_PART_MIN: Final = 4
"""Letters of a part that is a name; one less beside a long name: "redpapules"."""
_LONG: Final = 6
_PARTS_MAX: Final = 4
_SMALL: Final = frozenset("and the on with of not no my his her at from".split())
_BETWEEN: Final = _SMALL | {"in", "or", "for", "but", "over"}
"""Behind a name only: "inflexure" and "overdried" are words."""


class RunOns:
    """Finds words that are several, and remembers the few that were met."""

    def __init__(self, names: AbstractSet[str]) -> None:
        """Take the names of one word, lower case."""
        self._names = names
        self.met: dict[str, tuple[int, ...]] = {}
        """Such words among those that were noted, with the places to cut them at."""

    def note(self, word: str) -> None:
        """Look at a word that has no part in names."""
        if len(word) < _WORD_MIN or not word.isalpha() or not word.isascii():
            return
        lowered = word.lower()
        if lowered in common_words():
            return
        cuts = self._cuts(lowered, _PARTS_MAX)
        if cuts:
            self.met[word] = cuts

    def cut(self, tokens: Tokens) -> Tokens:
        """Return tokens with such words cut; the same where there are none."""
        if self.met.keys().isdisjoint(tokens.words):
            return tokens
        return tokens.cut({
            i: self.met[word] for i, word in enumerate(tokens.words) if word in self.met
        })  # fmt: skip

    def _cuts(self, word: str, parts: int, small: AbstractSet[str] = _SMALL) -> tuple[int, ...]:
        """Return where to cut a word into names and small words, the longest name first."""
        for size in range(len(word) - 2, 1, -1):
            head, rest = word[:size], word[size:]
            named = self._is_named(head, _PART_MIN - (len(rest) >= _LONG))
            if not named and head not in small:
                continue
            if self._is_named(rest, _PART_MIN - (len(head) >= _LONG)):
                return (size,)
            if named and rest in _BETWEEN:
                return (size,)
            if parts > 2:
                further = self._cuts(rest, parts - 1, _BETWEEN if named else _SMALL)
                if further:
                    return (size, *(size + at for at in further))
        return ()

    def _is_named(self, part: str, least: int) -> bool:
        """Return whether a part is a name by itself, or the plural of one."""
        if len(part) < least:
            return False
        names = self._names
        if part in names:
            return True
        return part[-1] == "s" and (part[:-1] in names or (part[-2] == "e" and part[:-2] in names))
