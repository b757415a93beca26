"""A text with what its words may be: beginnings of rules, of cues, and parts of names.

All of that depends on a word alone, but for two characters behind it, and captions are made of
few distinct words. So it is worked out when a word is first met, and met with what is behind
it, and then looked up, once a word for all who ask.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from structurer.beginnings import Tries, beginnings
from structurer.cues import Cue, CueLexicon, CueNode, default_cues
from structurer.gates import Gate, opened
from structurer.leads import AHEAD
from structurer.rules import Rule
from structurer.splitting import Try, reads_as_ascii
from structurer.tokens import Tokens, tokenize
from structurer.wordtable import WordTable

if TYPE_CHECKING:
    from structurer.matcher import KnownWord


class Entry(NamedTuple):
    """What a word may be, for each who asks."""

    cue: CueNode | None
    """The cues that begin with it."""
    name: KnownWord | None
    """Its part in names."""
    met: tuple[int | Gate, ...]
    """The rules that need a word like it, by number, and the gates that it opens."""
    tries: Tries
    """The rules that may begin in it whatever follows, and how to try them."""
    behind: WordTable[Tries] | None
    """The same by the :data:`AHEAD` characters that follow, if it depends on them."""


_NOTHING: Final = Entry(None, None, (), (), None)


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
        self._entries = WordTable(self._entry)
        self._in_ascii = WordTable(partial(self._entry, ascii_only=True))

    def entries(self, text: str) -> WordTable[Entry | None]:
        """Return what words may be in such a text as this."""
        if self._made != Rule.made:  # rules were made since
            self._made = Rule.made
            self._entries.clear()
            self._in_ascii.clear()
        return self._in_ascii if reads_as_ascii(text) else self._entries

    def _entry(self, word: str, ascii_only: bool = False) -> Entry | None:
        begun, met = beginnings(word, ascii_only=ascii_only)
        cue, name = self.cues.begun(word), self._name(word) if self._name else None
        entry = Entry(cue, name, (*met, *opened(word)), *begun)
        return None if entry == _NOTHING else entry


class Scan:
    """A text, read word by word.

    ``places`` holds, by a rule's number, where to try the rule, in characters, and how;
    ``met`` the rules whose need (:mod:`structurer.needs`) the text meets, and the gates that it
    opens; ``runs`` the words that may stand together in a name, with the token of the first.
    """

    __slots__ = ("_begun", "met", "places", "runs", "text", "tokens", "vocabulary")

    def __init__(self, tokens: Tokens, vocabulary: Vocabulary | None = None) -> None:
        known = vocabulary or _default()
        self.vocabulary = known
        self.tokens = tokens
        self.text = text = tokens.text
        self.places: dict[int, list[tuple[int, Try]]] = {}
        self.met: set[int | Gate] = set()
        self.runs: list[tuple[int, list[KnownWord]]] = []
        self._begun: list[tuple[int, CueNode]] = []
        places, met_, runs, cues = self.places, self.met, self.runs, self._begun
        starts, ends = tokens.starts, tokens.ends
        run: list[KnownWord] = []
        followed = -1  # the token that may go on with the run
        followers: AbstractSet[str] = frozenset()
        for i, entry in enumerate(map(known.entries(text).__getitem__, tokens.words)):
            if entry is None:
                continue
            cue, name, met, tries, behind = entry
            if cue is not None:
                cues.append((i, cue))
            if name is not None:
                if followed == i and name.norm in followers:
                    run.append(name)
                    followed, followers = i + 1, name.followers
                elif name.begins:
                    run = [name]
                    runs.append((i, run))
                    followed, followers = i + 1, name.followers
            if met:
                met_.update(met)
            if behind is not None:
                tries = behind[text[ends[i] : ends[i] + AHEAD]]
            if tries:
                start = starts[i]
                for number, at, way in tries:
                    if number in places:
                        places[number].append((start + at, way))
                    else:
                        places[number] = [(start + at, way)]

    def cues(self) -> list[Cue]:
        """Return the cues of the text, left to right."""
        return self.vocabulary.cues.at(self._begun, self.tokens.words)


def scanned(text: str | Scan) -> Scan:
    """Return the scan of a text; a scan is returned as it is."""
    return text if isinstance(text, Scan) else Scan(tokenize(text))


_default: Final = lru_cache(maxsize=1)(Vocabulary)
"""The vocabulary of texts that are not asked for names."""
