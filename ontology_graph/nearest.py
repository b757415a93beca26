"""Terms that resemble a phrase, however far: what is offered where no answer is sure.

A phrase that the linker cannot place still has words. A term is the nearer, the more of their
weight its best surface form shares, and the more of them its definition and the names above it
hold. A word that no name has is read as the known words nearest to it in spelling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rapidfuzz import fuzz, process

from ontology_graph.graph import Ontology
from ontology_graph.index import STOP_WORDS, Index
from ontology_graph.lexicon import words

SPELLING_CUTOFF: Final = 70.0
"""Least rapidfuzz ratio, 0 to 100, of two words of which one may stand for the other."""
READINGS: Final = 4
"""Known words that an unknown one is read as, at most."""
NAME_SHARE: Final = 0.7
"""What the best surface form counts for; the rest goes to the definition and the path."""

Readings = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Near:
    """A term that a phrase may stand for.

    ``score`` in 0..1 says how near its wording is: the linker's own score where a stage of
    it, or backing off, meets the term, else something below its threshold.
    """

    node: str
    name: str
    path: tuple[str, ...]
    score: float


class Resemblance:
    """How much terms resemble a phrase by shared words, weighed by their rarity."""

    def __init__(self, ontology: Ontology, index: Index) -> None:
        self._ontology = ontology
        self._index = index

    @cached_property
    def _forms(self) -> list[tuple[str, str, frozenset[str]]]:
        """Node, branch and words of each surface form."""
        return [
            (form.node, form.branch, frozenset(key))
            for key, forms in self._index.order.items()
            for form in forms
            if form.kind != "abbreviation"
        ]

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for place, (_, _, tokens) in enumerate(self._forms):
            for token in tokens:
                found[token].append(place)
        return found

    @cached_property
    def _branches(self) -> dict[str, str]:
        return {node: branch for node, branch, _ in self._forms}

    @cached_property
    def _told(self) -> dict[str, frozenset[str]]:
        """The words of a node's definition and of the names above it."""
        return {
            node: frozenset(
                token
                for text in (self._ontology.term(node).definition, *self._ontology.path(node))
                for token in words(text)
            )
            for node in self._branches
        }

    @cached_property
    def _telling(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for node in sorted(self._told):
            for token in self._told[node]:
                found[token].append(node)
        return found

    def scores(self, tokens: Iterable[str], branch: str | None) -> dict[str, float]:
        """Return node -> resemblance in 0..1 for the terms that share any word.

        Of names: the Dice coefficient of the two sets of words, each word counted with its
        inverse document frequency (:meth:`Index.weight`).
        """
        content = [token for token in dict.fromkeys(tokens) if token not in STOP_WORDS]
        read = {token: self._readings(token) for token in content}
        total = sum(map(self._index.weight, content))
        if not total:
            return {}
        found = {
            node: NAME_SHARE * alike for node, alike in self._named(read, total, branch).items()
        }
        for node in {n for r in read.values() for t in r for n in self._telling.get(t, ())}:
            if branch is None or self._branches[node] == branch:
                covered = self._shared(read, self._told[node]) / total
                found[node] = found.get(node, 0.0) + (1.0 - NAME_SHARE) * covered
        return found

    def _named(
        self, read: Mapping[str, Readings], total: float, branch: str | None
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for place in {p for r in read.values() for t in r for p in self._by_word.get(t, ())}:
            node, of, tokens = self._forms[place]
            if branch is not None and of != branch:
                continue
            whole = total + sum(map(self._index.weight, tokens))
            alike = min(1.0, 2.0 * self._shared(read, tokens) / whole)
            found[node] = max(alike, found.get(node, 0.0))
        return found

    def _shared(self, read: Mapping[str, Readings], tokens: frozenset[str]) -> float:
        return sum(
            max((self._index.weight(t) * near for t, near in r.items() if t in tokens), default=0.0)
            for r in read.values()
        )

    def _readings(self, token: str) -> Readings:
        if token in self._by_word or token in self._telling:
            return {token: 1.0}
        near = process.extract(
            token, self._known, scorer=fuzz.ratio, score_cutoff=SPELLING_CUTOFF, limit=READINGS
        )
        return {word: value / 100.0 for word, value, _ in near}

    @cached_property
    def _known(self) -> list[str]:
        return sorted(self._by_word)
