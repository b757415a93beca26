"""Ontology names in running text: spaCy's PhraseMatcher over normalised words.

The norm of a word (case, plural, spelling variant, typo) is computed once per distinct word.
Of a caption only the runs of words that may stand together in a name are looked at. Most are
one word. What a longer run holds is asked of the PhraseMatcher, as a spaCy document in which
the ontology's words stand and nothing else, once a distinct run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab
from symspellpy import SymSpell, Verbosity

from ontology_graph import Ontology, SurfaceForm
from ontology_graph.guards import common_words
from ontology_graph.lexicon import normalise_word
from structurer.compounds import Compounds, Key, abbreviated, key_of
from structurer.patterns import word_list
from structurer.sounds import sound
from structurer.valueclass import valueclass
from structurer.wordtable import WordTable

_MATCHED_SCOPES: Final = ("EXACT", "NARROW")
"""Broad and related synonyms serve a reader who asks; in running text they would overclaim."""

_TYPO_MIN: Final = 5
_TYPO_TWO_EDITS: Final = 10
"""Words of 5 letters may have one edit, of 10 or more two; shorter ones none."""

_SOUND_MIN: Final = 6
"""Letters of a word that may be spelt by ear (:mod:`structurer.sounds`)."""

_DROPPED_MIN: Final = 8
_SHORT: Final = range(4, 7)
"""Letters that are left of a short name with one dropped: "elbos", "paches", "fevr"."""
_ENDINGS: Final = (("in", "ing"), ("a", "er"))
"""Ends of words as they are spoken, and as names are written: "itchin", "blistas"."""
_STRETCHED: Final = re.compile(r"([a-z])\1\1+")
_LAST_TWICE: Final = re.compile(r"([a-z])\1$")
_SAME_START: Final = {1: 2, 2: 3}
"""Letters that must agree at the start, by edits: misspellings are rare there, and other words
("intubation" and "induration") are not."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """All readings of one normalised phrase."""

    words: tuple[str, ...]
    forms: tuple[SurfaceForm, ...]


@valueclass
class Match:
    """A phrase found at tokens ``[first, last)``; ``surface`` is ``None`` for a decoy."""

    first: int
    last: int
    surface: Surface | None
    corrected: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class KnownWord:
    """A word of some name."""

    norm: str
    followers: AbstractSet[str]
    """What stands behind it in names."""
    alone: tuple[Surface | None] | None
    """The name that it is by itself, or the decoy; ``None`` if it is none."""
    begins: bool
    """Is it the first word of a name?"""
    typo: bool


_Hits = tuple[tuple[int, int, "Surface | None"], ...]
"""Names in a run of words: first word, the word behind the last, and the name."""


class Normaliser:
    """Word -> NORM string, with typos of ontology words corrected."""

    def __init__(
        self, known: Iterable[str], spared: Iterable[str] = (), names: Iterable[str] = ()
    ) -> None:
        """Take the words of names, words that are no misspelling of them, and names of one word."""
        self._known = frozenset(known)
        self._spared = frozenset(spared)
        self._spell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        self._sounds: dict[str, list[str]] = {}
        self._shortened: dict[str, set[str]] = {}
        for word in names:
            if len(word) - 1 in _SHORT and word.isascii() and word.isalpha():
                for at in range(1, len(word)):
                    self._shortened.setdefault(word[:at] + word[at + 1 :], set()).add(word)
        for word in sorted(self._known):
            if len(word) >= _TYPO_MIN and word.isalpha():
                self._spell.create_dictionary_entry(word, 1)
                if word.isascii() and len(word) >= _SOUND_MIN:
                    self._sounds.setdefault(sound(word), []).append(word)

    def __call__(self, word: str) -> str:
        """Return the norm of a word; punctuation stands for itself."""
        norm = normalise_word(word) or word
        if norm in self._known:
            return norm
        inflamed = norm.removesuffix("ite") + "itis"  # "vasculites"
        if norm.endswith("ite") and inflamed in self._known:
            return inflamed
        return self.correct(word, norm) or norm

    def correct(self, word: str, norm: str) -> str | None:
        """Return the ontology word that an unknown long word misspells, if one is nearest."""
        length = len(norm)
        if not norm.isalpha() or not norm.isascii() or word.isupper():
            return None
        english = common_words()
        if norm in english or word.lower() in english or norm in self._spared:
            return None
        if length >= _TYPO_MIN:
            for spoken, written in _ENDINGS:
                whole = norm.removesuffix(spoken) + written
                if norm.endswith(spoken) and whole in self._known:
                    return whole
        for plain in map(normalise_word, _unstretched(word.lower())):
            if plain in self._known:
                return plain
        if word.islower() and word + "g" not in english:  # "goin"
            for stem in (norm, word.removesuffix("es")):
                longer = self._shortened.get(stem, ()) if len(stem) in _SHORT else ()
                if len(longer) == 1:
                    return next(iter(longer))
        if length < _TYPO_MIN:
            return None
        plural = word.lower() == norm + "s"
        if plural:
            # "dermatits" is no plural
            near = [t for t in self._near(word.lower(), 1) if t[-1] == "s" and t[-2:] != "ss"]
            if len(near) == 1:
                return near[0]
            if norm + "e" in self._known:  # "papuls"
                return norm + "e"
        edits = 2 if length >= _TYPO_TWO_EDITS and word.islower() else 1
        near = self._near(norm, edits)
        if length < 7:
            swapped = sorted(norm)
            near = [term for term in near if term[-1] == norm[-1] or sorted(term) == swapped]
        if len(near) > 1:  # a letter left out is likelier than another: "plaqes"
            near = [term for term in near if _is_left_out(norm, term)] or near
        if len(near) != 1:
            near = [term for term in self._sounds.get(sound(norm), ()) if term != norm]
        if len(near) != 1 and "rn" in norm:  # a scanner's "m"
            near = [term for term in (norm.replace("rn", "m"),) if term in self._known]
        return near[0] if len(near) == 1 else None

    def _near(self, norm: str, edits: int) -> list[str]:
        found = self._spell.lookup(norm, Verbosity.CLOSEST, max_edit_distance=edits)
        return [s.term for s in found if _same_start(s.term, norm, s.distance)]


def _unstretched(word: str) -> Iterator[str]:
    """Yield what a word may be that was drawn out: "itchyyyy", "kneees", "redd"."""
    if _STRETCHED.search(word):
        yield _STRETCHED.sub(r"\1\1", word)
        yield _STRETCHED.sub(r"\1", word)
    elif len(word) > _TYPO_MIN - 2 and _LAST_TWICE.search(word):
        yield word[:-1]


def _is_left_out(word: str, term: str) -> bool:
    """Return whether a word is a term without one of its letters."""
    return any(term[:at] + term[at + 1 :] == word for at in range(len(term)))


def _same_start(term: str, word: str, edits: int) -> bool:
    """Return whether the words begin alike; two swapped letters may come early."""
    swapped = edits == 1 and sorted(term) == sorted(word)
    # "uticaria": the second letter left out of a long word.
    dropped = edits == 1 and len(word) >= _DROPPED_MIN and term[:1] + term[2:] == word
    letters = 1 if swapped or dropped else _SAME_START.get(edits, 0)
    return term[:letters] == word[:letters]


class OntologyMatcher:
    """Finds the longest ontology names in a token sequence."""

    def __init__(self, ontology: Ontology, decoys: Iterable[str] = ()) -> None:
        surfaces: dict[tuple[str, ...], list[SurfaceForm]] = {}
        for form in ontology.surface_forms():
            if form.branch == "skin_tone" or form.scope not in _MATCHED_SCOPES:
                continue  # tones are found by patterns that look for a statement
            if form.branch != "body_site" and len(ontology.path(form.node)) == 1:
                continue  # "inflammatory disease", "colour": headings, not findings
            surfaces.setdefault(key_of(form.text), []).append(form)
        surfaces.pop((), None)
        splitter = Compounds(ontology, dict(surfaces))
        surfaces = {key: forms for key, forms in surfaces.items() if not splitter.splits(key)}
        surfaces.update(abbreviated(ontology, surfaces, frozenset(word_list("abbreviations"))))
        senseless = {key_of(decoy) for decoy in decoys} - {()}
        spared = (word for key in senseless for word in key)
        self._normalise = Normaliser(
            (word for key in surfaces for word in key),
            spared,
            (key[0] for key in surfaces if len(key) == 1),
        )
        self._table: dict[Key, Surface | None] = {
            key: Surface(key, tuple(forms)) for key, forms in surfaces.items()
        }
        self._table.update(_joined(surfaces, self._table))
        self._table.update(dict.fromkeys(senseless))
        self.single_words = _single_words(self._table)
        """Names of one word, lower case, in normal form and as they are written."""
        self._followers: dict[str, set[str]] = {word: set() for key in self._table for word in key}
        self._firsts = {key[0] for key in self._table}
        for key in self._table:
            for one, two in pairwise(key):
                self._followers[one].add(two)
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._surfaces: dict[int, Surface | None] = {}
        for key, surface in self._table.items():
            name = " ".join(key)
            self._matcher.add(name, [Doc(self._vocab, words=list(key))])
            self._surfaces[self._vocab.strings[name]] = surface
        self._in_run: WordTable[_Hits] = WordTable(self._hits)

    def known(self, word: str) -> KnownWord | None:
        """Return a word's part in names, if it has one."""
        norm = self._normalise(word)
        if norm not in self._followers:
            return None
        alone = (self._table[(norm,)],) if (norm,) in self._table else None
        typo = norm != (normalise_word(word) or word)
        return KnownWord(norm, self._followers[norm], alone, norm in self._firsts, typo)

    def within(self, runs: Sequence[tuple[int, list[KnownWord]]]) -> list[Match]:
        """Return the longest names in a text's runs of words, left to right, none overlapping.

        ``runs`` are the words that may stand together in a name, with the token of the first.
        A decoy that is also a name silences it.
        """
        found: list[Match] = []
        for first, run in runs:
            if len(run) == 1:
                word = run[0]
                if word.alone is not None:
                    found.append(Match(first, first + 1, word.alone[0], word.typo))
                continue
            hits = self._in_run[" ".join([word.norm for word in run])]
            if hits:
                typos = [word.typo for word in run]
                for low, high, surface in hits:
                    corrected = True in typos[low:high]
                    found.append(Match(first + low, first + high, surface, corrected))
        return found

    def _hits(self, run: str) -> _Hits:
        """Return the names in a run of words in normal form, the longest ones first taken."""
        hits = self._matcher(Doc(self._vocab, words=run.split(" ")))
        hits.sort(key=lambda hit: (hit[1] - hit[2], hit[1]))
        taken: set[int] = set()
        kept = []
        for name, low, high in hits:
            place = range(low, high)
            if taken.isdisjoint(place):
                taken.update(place)
                kept.append((low, high, self._surfaces[name]))
        return tuple(sorted(kept, key=lambda hit: hit[0]))


def _single_words(table: Mapping[Key, Surface | None]) -> frozenset[str]:
    found: set[str] = set()
    for key, surface in table.items():
        if len(key) == 1 and surface is not None:
            found.add(key[0])
            found |= {form.text.lower() for form in surface.forms if form.text.isalpha()}
    return frozenset(found)


_JOINED_MIN: Final = 10
"""Letters that the words of a name need, to be known when written as one: a hashtag's."""


def _joined(
    surfaces: Mapping[Key, Sequence[SurfaceForm]], known: Mapping[Key, object]
) -> dict[Key, Surface | None]:
    """Return names of conditions as one word: "#atopicdermatitis", "basalcellcarcinoma"."""
    found: dict[Key, Surface | None] = {}
    for key, forms in surfaces.items():
        word = "".join(key)
        if len(key) > 1 and len(word) >= _JOINED_MIN and word.isalpha():
            named = tuple(f for f in forms if f.branch == "condition" and f.scope == "EXACT")
            if named and (word,) not in known:
                found[(word,)] = Surface((word,), named)
    return found
