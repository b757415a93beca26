"""Candidate generation: which surface forms a phrase may stand for, and how it met them.

Each generator is one way of reading a phrase. It proposes and never judges: scores are the
linker's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ontology_graph.guards import edit_bound, is_word, word_by_word
from ontology_graph.index import HEADS, Index, bag, surface_key
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

MAX_WORDS: Final = 12
MAX_FUZZY_LENGTH: Final = 80
_ASIDE: Final = re.compile(r"^([^()\[\]]+)[(\[]([^()\[\]]+)[)\]]$")
_ALTERNATIVES: Final = re.compile(r"[/|;]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A surface form that a phrase may stand for.

    ``way`` is the generator's name, a key of the linker's weights; ``distance`` counts
    edits (0 but for fuzzy); ``note`` says what was changed to meet the form. Of a broader
    term, ``coverage`` is the share of the phrase's weight that it accounts for, ``head``
    whether it holds the head noun, ``place`` the number of the segment it stands in.
    """

    form: SurfaceForm
    way: str
    distance: int = 0
    note: str = ""
    coverage: float = 1.0
    head: bool = True
    place: int = 0


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


def safely(phrase: Phrase, index: Index) -> Iterator[Candidate]:
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
    for found in safely(Phrase.of(rest), index):
        if not (is_sign and found.form.branch == "body_site"):
            yield Candidate(found.form, "qualifier", note=left_out)


def parts(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms of "X (Y)" by either side, and of "X/Y" where every side is known."""
    aside = _ASIDE.match(phrase.text.strip())
    pieces = list(aside.groups()) if aside else _ALTERNATIVES.split(phrase.text)
    if not 2 <= len(pieces) <= 4:
        return
    found = [
        [Candidate(hit.form, "part", note=piece.strip()) for hit in safely(read, index)]
        for piece in pieces
        for read in (Phrase.read(piece),)
    ]
    if aside or all(found):
        yield from (candidate for hits in found for candidate in hits)


def misspelt(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms a few edits away, the number bounded by the phrase's length.

    A phrase in which every word that the form does not have is a word in its own right is
    taken at its word ("plague" is no plaque, "phonophobia" no photophobia).
    """
    for form, distance, near in _near(phrase.tokens, index):
        yield Candidate(form, "fuzzy", distance, near)


def misspelt_unqualified(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Forms a few edits away from the phrase without its qualifiers."""
    rest = tuple(token for token in phrase.tokens if token not in QUALIFIERS)
    if not rest or len(rest) == len(phrase.tokens) or len(phrase.tokens) > MAX_WORDS:
        return
    left_out = " ".join(token for token in phrase.tokens if token in QUALIFIERS)
    is_sign = not FINDINGS.isdisjoint(phrase.tokens)
    for form, distance, _ in _near(rest, index):
        if not (is_sign and form.branch == "body_site"):
            yield Candidate(form, "fuzzy qualifier", distance, left_out)


def _near(tokens: Sequence[str], index: Index) -> Iterator[tuple[SurfaceForm, int, str]]:
    key = " ".join(tokens)
    bound = edit_bound(len(key))
    if not bound or len(key) > MAX_FUZZY_LENGTH or all(map(is_word, tokens)):
        return
    for near, distance in index.near(key, bound):
        meant = near.split()
        if all(token in meant or is_word(token) or index.knows(token) for token in tokens):
            continue
        if not word_by_word(tokens, meant):
            continue
        for form in index.normal[near]:
            if form.kind != "abbreviation":
                yield form, distance, near
