"""A text with what its words may be: beginnings of rules, of cues, and parts of names.

All of that depends on a word alone, but for two characters behind it, and captions are made of
few distinct words. So it is worked out when a word is first met and then looked up, once a
word for all who ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from structurer.beginnings import Beginnings, beginnings
from structurer.cues import Cue, CueLexicon, CueNode, default_cues
from structurer.leads import AHEAD
from structurer.rules import Rule, Ways
from structurer.tokens import Tokens, tokenize
from structurer.wordtable import WordTable

if TYPE_CHECKING:
    from structurer.matcher import KnownWord


class Entry(NamedTuple):
    """What a word may be, for each who asks."""

    begun: Beginnings | None
    """What rules may begin in it."""
    met: tuple[int, ...]
    """The rules that need a word like it, by number."""
    cue: CueNode | None
    """The cues that begin with it."""
    name: KnownWord | None
    """Its part in names."""


class Vocabulary:
    """Distinct words and what they may be: table by table as large as :data:`REMEMBERED`."""

    def __init__(
        self,
        name: Callable[[str], KnownWord | None] | None = None,
        cues: CueLexicon | None = None,
    ) -> None:
        """Take what tells a word's part in names, if names are asked for, and the cues."""
        self.cues = cues or default_cues()
        self._name = name
        self._made = Rule.made
        self.entries: WordTable[Entry | None] = WordTable(self._entry)

    def _entry(self, word: str) -> Entry | None:
        begun, met = beginnings(word)
        cue, name = self.cues.begun(word), self._name(word) if self._name else None
        if begun is not None or met or cue is not None or name is not None:
            return Entry(begun, met, cue, name)
        return None

    def renew(self) -> None:
        """Forget everything if rules were made since."""
        if self._made != Rule.made:
            self._made = Rule.made
            self.entries.clear()


class Scan:
    """A text, read word by word.

    ``places`` holds, by a rule's number, the starts of words with how to try the rule there;
    ``met`` the rules whose need (:mod:`structurer.needs`) the text meets; ``named`` the tokens
    that are part of names.
    """

    __slots__ = ("_begun", "met", "named", "places", "text", "tokens", "vocabulary")

    def __init__(self, tokens: Tokens, vocabulary: Vocabulary | None = None) -> None:
        known = vocabulary or _default()
        known.renew()
        self.vocabulary = known
        self.tokens = tokens
        self.text = text = tokens.text
        self.places: dict[int, list[tuple[int, Ways]]] = {}
        self.met: set[int] = set()
        self.named: list[tuple[int, KnownWord]] = []
        self._begun: list[tuple[int, CueNode]] = []
        places, met_, named, cues = self.places, self.met, self.named, self._begun
        starts, ends = tokens.starts, tokens.ends
        for i, entry in enumerate(map(known.entries.__getitem__, tokens.words)):
            if entry is None:
                continue
            begun, met, cue, name = entry
            if cue is not None:
                cues.append((i, cue))
            if name is not None:
                named.append((i, name))
            if met:
                met_.update(met)
            if begun is None:
                continue
            start = starts[i]
            tries = begun.always
            if tries is None:
                tries = begun.behind[text[ends[i] : ends[i] + AHEAD]]
            for number, ways in tries:
                if number in places:
                    places[number].append((start, ways))
                else:
                    places[number] = [(start, ways)]

    def cues(self) -> list[Cue]:
        """Return the cues of the text, left to right."""
        return self.vocabulary.cues.at(self._begun, self.tokens.words)


def scanned(text: str | Scan) -> Scan:
    """Return the scan of a text; a scan is returned as it is."""
    return text if isinstance(text, Scan) else Scan(tokenize(text))


_default: Final = lru_cache(maxsize=1)(Vocabulary)
"""The vocabulary of texts that are not asked for names."""
