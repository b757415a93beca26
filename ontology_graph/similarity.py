"""How alike two terms are by a corpus, and how right a set of terms is by the hierarchy.

Wu-Palmer similarity needs no corpus and is a method of the ontology. What needs counts is
here: information content, Resnik's and Lin's similarity, and hierarchical precision, recall
and F of predicted against true sets of terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

import networkx as nx

from ontology_graph.graph import Ontology


class InformationContent:
    """Information content of every term from the counts of a corpus.

    ``IC(t) = -ln p(t)`` with ``p(t) = n(t) / n(root)``, where ``n(t)`` adds up the counts of
    the term and of all its descendants, each once however many ways lead to it (Resnik,
    IJCAI 1995). Every term gets ``smoothing`` pseudo-counts before that (Lidstone; 1 is
    Laplace), so that unseen terms have a finite content and, without any counts, content
    depends on the hierarchy alone. Each branch is its own universe: its root has content 0.

    >>> from ontology_graph import load_default
    >>> onto = load_default()
    >>> ids = [onto.by_name(name).id for name in ("psoriasis", "guttate psoriasis", "scabies")]
    >>> content = InformationContent(onto, {ids[0]: 50, ids[1]: 5, ids[2]: 20})
    >>> content.of(ids[0]) < content.of(ids[1])
    True
    >>> content.lin(ids[0], ids[1]) > content.lin(ids[0], ids[2])
    True
    """

    def __init__(
        self, ontology: Ontology, counts: Mapping[str, float], *, smoothing: float = 1.0
    ) -> None:
        """Add up the counts along the hierarchy.

        Raises:
            KeyError: for a count of an id that the ontology does not have.
            ValueError: for a negative count, or a smoothing that is not positive.
        """
        if smoothing <= 0:
            raise ValueError(f"smoothing must be positive, not {smoothing}")
        for node, count in counts.items():
            ontology.term(node)
            if count < 0:
                raise ValueError(f"the count of {node} is negative: {count}")
        self._ontology = ontology
        self._content: dict[str, float] = {}
        added: dict[str, float] = {}
        for term in ontology.terms():
            own = smoothing + counts.get(term.id, 0.0)
            for node in (term.id, *ontology.ancestors(term.id)):
                added[node] = added.get(node, 0.0) + own
        for term in ontology.terms():
            root = ontology.root(term.id)
            self._content[term.id] = max(0.0, log(added[root]) - log(added[term.id]))

    def of(self, node: str) -> float:
        """Return the information content of a term in nats; 0 for a root.

        Raises:
            KeyError: for an unknown id.
        """
        self._ontology.term(node)
        return self._content[node]

    def most_informative_ancestor(self, first: str, second: str) -> str | None:
        """Return the term at or above both with the highest content, ``None`` without any.

        Of equally informative terms the smaller id is taken.

        Raises:
            KeyError: for an unknown id.
        """
        common = self._ontology.common_ancestors(first, second)
        return min(common, key=lambda i: (-self._content[i], i)) if common else None

    def resnik(self, first: str, second: str) -> float:
        """Return the content of the most informative common ancestor; 0 without any.

        Resnik, IJCAI 1995. Not bounded by 1.

        Raises:
            KeyError: for an unknown id.
        """
        meet = self.most_informative_ancestor(first, second)
        return 0.0 if meet is None else self._content[meet]

    def lin(self, first: str, second: str) -> float:
        """Return Lin's similarity in 0..1; 1 for a term and itself, 0 across branches.

        ``2 * IC(meet) / (IC(first) + IC(second))`` with the most informative common
        ancestor (Lin, ICML 1998).

        Raises:
            KeyError: for an unknown id.
        """
        shared = self.resnik(first, second)
        if first == second:
            return 1.0
        total = self._content[first] + self._content[second]
        return min(1.0, 2 * shared / total) if total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class HierarchicalScore:
    """Counts of nodes in the ancestor-closed sets, and the ratios that follow from them.

    Scores add up: the sum over items is the micro-average of Kiritchenko et al.
    """

    shared: int = 0
    predicted: int = 0
    true: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted closure that is in the true one; 0 where nothing is predicted."""
        return self.shared / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the true closure that is in the predicted one; 0 where nothing is true."""
        return self.shared / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are 0."""
        return self.f_beta(1.0)

    def f_beta(self, beta: float) -> float:
        """Return the F measure in which recall counts ``beta`` times as much as precision.

        Raises:
            ValueError: for a beta that is not positive.
        """
        if beta <= 0:
            raise ValueError(f"beta must be positive, not {beta}")
        below = beta**2 * self.precision + self.recall
        return (1 + beta**2) * self.precision * self.recall / below if below else 0.0

    def __add__(self, other: HierarchicalScore) -> HierarchicalScore:
        return HierarchicalScore(
            self.shared + other.shared, self.predicted + other.predicted, self.true + other.true
        )


def hierarchical_score(
    ontology: Ontology, predicted: Iterable[str], true: Iterable[str]
) -> HierarchicalScore:
    """Return how well predicted terms cover true ones, near misses counted in part.

    Both sets are closed under ancestors, roots left out; precision is the shared part of
    the predicted closure, recall that of the true one (Kiritchenko, Matwin, Nock and
    Famili, Canadian AI 2006). For a whole test set add the scores of its items:
    ``sum(scores, HierarchicalScore())``.

    Raises:
        KeyError: for an unknown id.

    >>> from ontology_graph import load_default
    >>> onto = load_default()
    >>> broad, narrow = (onto.by_name(n).id for n in ("psoriasis", "guttate psoriasis"))
    >>> score = hierarchical_score(onto, predicted=[broad], true=[narrow])
    >>> score.precision, score.recall < 1
    (1.0, True)
    """
    ours, theirs = _closure(ontology, predicted), _closure(ontology, true)
    return HierarchicalScore(len(ours & theirs), len(ours), len(theirs))


def _closure(ontology: Ontology, nodes: Iterable[str]) -> set[str]:
    nodes = list(nodes)
    for node in nodes:
        ontology.term(node)
    closed = set(nodes)
    for node in nodes:
        closed |= nx.descendants(ontology.hierarchy, node)  # edges run upwards
    return closed.difference(ontology.roots)
