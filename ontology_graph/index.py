"""Surface forms under the keys they are looked up by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import log
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

    Only the forms as written are read at once. Every other key is built when a phrase first
    needs it, so that a phrase that stands in the ontology costs one look-up.
    """

    def __init__(self, forms: Iterable[SurfaceForm]) -> None:
        self.exact: Forms = {}
        for form in forms:
            self.exact.setdefault(surface_key(form.text), []).append(form)

    @cached_property
    def _read(self) -> list[tuple[SurfaceForm, list[str]]]:
        """Each form with its normalised words; forms without any are left out."""
        read = ((form, words(form.text)) for forms in self.exact.values() for form in forms)
        return [(form, tokens) for form, tokens in read if tokens]

    @cached_property
    def normal(self) -> Forms:
        """Forms by their normalised words."""
        found: Forms = defaultdict(list)
        for form, tokens in self._read:
            found[" ".join(tokens)].append(form)
        return found

    @cached_property
    def joined(self) -> Forms:
        """Forms by their normalised words without spaces."""
        found: Forms = defaultdict(list)
        for form, tokens in self._read:
            found["".join(tokens)].append(form)
        return found

    def build(self) -> None:
        """Build every key now."""
        for name, member in vars(Index).items():
            if isinstance(member, cached_property):
                getattr(self, name)

    def resembled(self, key: str) -> int:
        """Return how many forms are the same as a surface but for spelling or spaces."""
        tokens = words(key)
        alike = self.normal.get(" ".join(tokens), ())
        return max(len(alike), len(self.joined.get("".join(tokens), ())))

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
    def _frequency(self) -> Counter[str]:
        return Counter(token for key in self.order for token in set(key))

    def knows(self, token: str) -> bool:
        """Return whether a normalised word stands in any form."""
        return token in self._frequency

    def weight(self, token: str) -> float:
        """Return how much a normalised word tells: its inverse document frequency.

        ``1 + ln(N / df)`` over the distinct word bags of the ontology (Sparck Jones 1972,
        with the usual 1 added so that no word tells nothing); a word that no form has
        counts like one that a single form has.
        """
        return 1.0 + log((len(self.order) + 1) / max(1, self._frequency[token]))

    @cached_property
    def _by_rarest(self) -> dict[str, list[tuple[str, ...]]]:
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for key in self.order:
            if len(key) > 1:
                found[min(key, key=lambda t: (self._frequency[t], t))].append(key)
        return found

    def within(
        self, tokens: Sequence[str], gap: int
    ) -> Iterator[tuple[SurfaceForm, tuple[str, ...]]]:
        """Yield the forms of two or more words that all stand among the tokens, close by.

        Between the first and the last of them at most ``gap`` other words may stand, stop
        words not counted; the words come as they stand.
        """
        content = [token for token in tokens if token not in STOP_WORDS]
        present = set(content)
        for key in sorted({k for token in present for k in self._by_rarest.get(token, ())}):
            if not present.issuperset(key) or len(set(key)) < len(key):
                continue
            places = [place for place, token in enumerate(content) if token in key]
            if places[-1] - places[0] + 1 - len(places) <= gap:
                for form in self.order[key]:
                    yield form, tuple(content[place] for place in places)

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
