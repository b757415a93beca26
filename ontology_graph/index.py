"""Surface forms under the keys they are looked up by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ontology_graph.lexicon import word_set, words
from ontology_graph.model import SurfaceForm

STOP_WORDS: Final[frozenset[str]] = word_set("a an the of on in at to and or with for from")
HEADS: Final[frozenset[str]] = word_set(
    "disease disorder syndrome condition phenomenon sign tumor neoplasm infection"
)
"""Generic head words that eponyms take in turn ("Behcet disease", "Behcet syndrome")."""


Forms = dict[str, list[SurfaceForm]]
Bags = dict[tuple[str, ...], list[SurfaceForm]]


class Index:
    """Surface forms as written, normalised, joined, in any word order, by length and ends.

    The keys of the daring ways are built when one is first tried: a phrase that is written
    as in the ontology costs no more than two look-ups.
    """

    def __init__(self, forms: Iterable[SurfaceForm]) -> None:
        self.exact: Forms = defaultdict(list)
        self.normal: Forms = defaultdict(list)
        self._read: list[tuple[SurfaceForm, list[str]]] = []
        for form in forms:
            tokens = words(form.text)
            self.exact[surface_key(form.text)].append(form)
            if tokens:
                self.normal[" ".join(tokens)].append(form)
                self._read.append((form, tokens))

    @cached_property
    def joined(self) -> Forms:
        """Forms by their normalised words without spaces."""
        found: Forms = defaultdict(list)
        for form, tokens in self._read:
            found["".join(tokens)].append(form)
        return found

    @cached_property
    def order(self) -> Bags:
        """Forms by their normalised words, sorted."""
        found: Bags = defaultdict(list)
        for form, tokens in self._read:
            found[bag(tokens)].append(form)
        return found

    @cached_property
    def headless(self) -> Bags:
        """Forms that have a generic head word, by their other words, sorted."""
        found: Bags = defaultdict(list)
        for form, tokens in self._read:
            rest = [token for token in tokens if token not in HEADS]
            if rest and len(rest) < len(tokens):
                found[bag(rest)].append(form)
        return found

    @cached_property
    def expansions(self) -> dict[str, list[tuple[str, ...]]]:
        """Abbreviation -> the words of the names it stands for."""
        names = {form.node: tuple(tokens) for form, tokens in self._read if form.kind == "name"}
        found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for form, tokens in self._read:
            if form.kind == "abbreviation" and len(tokens) == 1 and form.node in names:
                found[tokens[0]].add(names[form.node])
        return {short: sorted(long) for short, long in found.items()}

    @cached_property
    def _by_ends(self) -> dict[tuple[int, str, int], list[str]]:
        found: dict[tuple[int, str, int], list[str]] = defaultdict(list)
        for key in self.normal:
            # The first letter or the last is right in nearly every typo.
            found[len(key), key[0], 0].append(key)
            found[len(key), key[-1], 1].append(key)
        return found

    def near(self, key: str, bound: int) -> Iterator[tuple[str, int]]:
        """Yield the normalised forms within ``bound`` edits, with their distance."""
        ends = ((key[:1], 0), (key[-1:], 1))
        found: dict[str, int] = {}
        for length in range(len(key) - bound, len(key) + bound + 1):
            for letter, side in ends:
                choices = self._by_ends.get((length, letter, side))
                if choices:
                    hits = process.extract(
                        key, choices, scorer=OSA.distance, score_cutoff=bound, limit=None
                    )
                    found.update((text, int(distance)) for text, distance, _ in hits)
        yield from sorted(found.items(), key=lambda hit: (hit[1], hit[0]))


def surface_key(text: str) -> str:
    r"""Return the text in one case with single spaces: the key of an exact match.

    >>> surface_key("  Basal Cell\tCarcinoma ")
    'basal cell carcinoma'
    """
    return " ".join(text.split()).casefold()


def bag(tokens: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens without stop words, sorted: the same for every word order.

    >>> bag(["carcinoma", "of", "the", "skin"])
    ('carcinoma', 'skin')
    """
    return tuple(sorted([token for token in tokens if token not in STOP_WORDS]))
