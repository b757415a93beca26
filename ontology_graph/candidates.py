"""Candidate generation: which surface forms a phrase may stand for, and how it met them.

Each generator is one way of reading a phrase. It proposes and never judges: scores are the
linker's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import OSA

from ontology_graph.index import HEADS, STOP_WORDS, Index, bag, surface_key
from ontology_graph.lexicon import word_set, words
from ontology_graph.model import SurfaceForm

QUALIFIERS: Final[frozenset[str]] = word_set(
    """
    acute subacute chronic possible probable likely suspected presumed presumptive confirmed
    definite left right bilateral unilateral mild moderate severe early late advanced recurrent
    persistent typical classic classical extensive widespread localized generalized multiple
    single solitary several numerous active inactive refractory resistant untreated treated new
    old known unspecified nos other primary cutaneous skin dermal lesion rash eruption area
    region some few many marked slight progressive lt rt biopsy proven bilaterally
    symmetrically
    """
)
"""Normalised words that say how, where or how sure, and leave the term the same."""

FINDINGS: Final[frozenset[str]] = word_set("lesion rash eruption")
"""Qualifiers that make a sign of a phrase: "hand rash" is no hand."""

EDIT_BOUNDS: Final[tuple[tuple[int, int], ...]] = ((20, 3), (12, 2), (5, 1))
"""(shortest length, edits allowed): a short word has too many neighbours for a typo.

Holds for the phrase and again for each of its words.
"""

SENSE_PREFIXES: Final[tuple[str, ...]] = tuple(
    sorted(
        word_set(
            """
            a an non un in hyper hypo macro micro pre post endo exo ecto intra inter supra infra
            sub epi peri para iso aniso mono poly pauci oligo
            """
        )
    )
)
"""Prefixes that change what a word means: a swap of these is no typo."""

MAX_WORDS: Final = 12
MAX_FUZZY_LENGTH: Final = 80
_ASIDE: Final = re.compile(r"^([^()\[\]]+)[(\[]([^()\[\]]+)[)\]]$")
_ALTERNATIVES: Final = re.compile(r"[/|;]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A surface form that a phrase may stand for.

    ``way`` is the generator's name, a key of the linker's weights; ``distance`` counts
    edits (0 but for fuzzy); ``note`` says what was changed to meet the form.
    """

    form: SurfaceForm
    way: str
    distance: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as written, and its normalised words: read once, looked up many times."""

    text: str
    tokens: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Phrase:
        """Return the phrase of a text.

        >>> Phrase.read("Left Hands").tokens
        ('left', 'hand')
        """
        return cls(text, tuple(words(text)))

    @classmethod
    def of(cls, tokens: Sequence[str]) -> Phrase:
        """Return the phrase of words that are normalised already."""
        return cls(" ".join(tokens), tuple(tokens))


Generator = Callable[[Phrase, Index], Iterator[Candidate]]


def edit_bound(length: int) -> int:
    """Return how many edits a phrase of this length may have.

    >>> [edit_bound(n) for n in (4, 5, 12, 30)]
    [0, 1, 2, 3]
    """
    return next((edits for shortest, edits in EDIT_BOUNDS if length >= shortest), 0)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return English words: a phrase of these alone is no typo of a term.

    The frequency dictionary that symspellpy carries (82,765 words: Google n-grams met with
    SCOWL; MIT).
    """
    source = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = source.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.partition(" ")[0] for line in lines)


def as_written(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms equal to the phrase up to case, spelling, number, hyphens and joins."""
    written = " ".join(phrase.text.split())
    for form in index.exact.get(surface_key(phrase.text), ()):
        # "AD" is an abbreviation, "ad" mostly is not: case counts here only.
        cased = form.kind == "abbreviation" and form.text != written
        yield Candidate(form, "case" if cased else "exact")
    for form in index.normal.get(" ".join(phrase.tokens), ()):
        yield Candidate(form, "case" if form.kind == "abbreviation" else "normalised")
    together = "".join(phrase.tokens)
    for form in index.joined.get(together, ()) if len(together) > 5 else ():
        yield Candidate(form, "joined")


def reordered(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms with the same words in another order, or with an abbreviation written out."""
    tokens = phrase.tokens
    if len(tokens) > MAX_WORDS:
        return
    yield from _any_order(tokens, index, "order", "")
    rest = [token for token in tokens if token not in HEADS]
    if rest and len(rest) < len(tokens):
        for form in index.headless.get(bag(rest), ()):
            yield Candidate(form, "head", note=next(t for t in tokens if t in HEADS))
    for place, token in enumerate(tokens) if len(tokens) > 1 else ():
        for name in index.expansions.get(token, ()):
            written_out = [*tokens[:place], *name, *tokens[place + 1 :]]
            yield from _any_order(written_out, index, "expanded", token)
            # "superficial spreading melanoma SSM": the abbreviation only repeats the name
            repeated = [*tokens[:place], *tokens[place + 1 :]]
            for found in _any_order(repeated, index, "expanded", token):
                if name == tuple(words(found.form.text)):
                    yield found


def _safely(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Yield what a piece of a phrase stands for by the two surest ways."""
    yield from as_written(phrase, index)
    yield from reordered(phrase, index)


def _any_order(tokens: Sequence[str], index: Index, way: str, note: str) -> Iterator[Candidate]:
    for form in index.order.get(bag(tokens), ()):
        yield Candidate(form, way, note=note)


def unqualified(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms that the phrase meets once its qualifiers are left out."""
    tokens = phrase.tokens
    if len(tokens) > MAX_WORDS:
        return
    rest = [token for token in tokens if token not in QUALIFIERS]
    if not rest or len(rest) == len(tokens):
        return
    left_out = " ".join(token for token in tokens if token in QUALIFIERS)
    is_sign = not FINDINGS.isdisjoint(tokens)
    for found in _safely(Phrase.of(rest), index):
        if not (is_sign and found.form.branch == "body_site"):
            yield Candidate(found.form, "qualifier", note=left_out)


def parts(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms of "X (Y)" by either side, and of "X/Y" where every side is known."""
    aside = _ASIDE.match(phrase.text.strip())
    pieces = list(aside.groups()) if aside else _ALTERNATIVES.split(phrase.text)
    if not 2 <= len(pieces) <= 4:
        return
    found = [
        [Candidate(hit.form, "part", note=piece.strip()) for hit in _safely(read, index)]
        for piece in pieces
        for read in (Phrase.read(piece),)
    ]
    if aside or all(found):
        yield from (candidate for hits in found for candidate in hits)


def misspelt(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms a few edits away, the number bounded by the phrase's length.

    A phrase in which every word that the form does not have is an ordinary English word
    is taken at its word ("plague" is no plaque).
    """
    tokens = phrase.tokens
    key = " ".join(tokens)
    bound = edit_bound(len(key))
    if not bound or len(key) > MAX_FUZZY_LENGTH:
        return
    for near, distance in index.near(key, bound):
        known = set(near.split())
        unknown = [token for token in tokens if token not in known]
        if unknown and all(token in common_words() or token.isdigit() for token in unknown):
            continue
        if not _word_by_word(tokens, near.split()):
            continue
        for form in index.normal[near]:
            if form.kind != "abbreviation":
                yield Candidate(form, "fuzzy", distance, near)


def _word_by_word(typed: Sequence[str], meant: Sequence[str]) -> bool:
    """Return whether every word alone is near enough, its sense-giving prefix unchanged."""
    if len(typed) != len(meant):
        return True  # a space too many or too few: the bound on the phrase is all there is
    return all(
        one == two or (OSA.distance(one, two) <= edit_bound(len(one)) and not _opposed(one, two))
        for one, two in zip(typed, meant, strict=True)
    )


def _opposed(one: str, two: str) -> bool:
    """Return whether two words differ by a prefix alone ("hyper-", "hypo-")."""
    rests = [
        {
            word.removeprefix(prefix): prefix
            for prefix in ("", *SENSE_PREFIXES)
            if word.startswith(prefix)
        }
        for word in (one, two)
    ]
    return any(rests[0][rest] != rests[1][rest] for rest in rests[0].keys() & rests[1].keys())


def broader(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms that the longest run of the phrase's words stands for, later runs first.

    English puts the head last before "of" and "on": of equal runs the one that ends nearest
    before a preposition is proposed first.
    """
    tokens = phrase.tokens[:MAX_WORDS]
    for size in range(len(tokens) - 1, 0, -1):
        found = [
            Candidate(hit.form, "broader", note=" ".join(tokens[start : start + size]))
            for start in _head_first(tokens, size)
            for hit in _safely(Phrase.of(tokens[start : start + size]), index)
        ]
        if found:
            yield from found
            return


def _head_first(tokens: Sequence[str], size: int) -> list[int]:
    end = next((i for i, token in enumerate(tokens) if token in STOP_WORDS), len(tokens))
    starts = (
        start
        for start in range(len(tokens) - size + 1)
        if tokens[start] not in STOP_WORDS and tokens[start + size - 1] not in STOP_WORDS
    )
    return sorted(starts, key=lambda s: (abs(end - (s + size)), s))
