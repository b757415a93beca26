"""Between nodes and the codes of other vocabularies."""

from __future__ import annotations

from collections import defaultdict

from ontology_graph.graph import Ontology


class Crosswalk:
    """The cross references of one ontology with one prefix, both ways.

    >>> from ontology_graph import load_default
    >>> onto = load_default()
    >>> walk = Crosswalk(onto, "doid")
    >>> psoriasis = onto.by_name("psoriasis").id
    >>> walk.codes(psoriasis)
    ('DOID:8893',)
    >>> psoriasis in walk.nodes("DOID:8893")
    True
    """

    def __init__(self, ontology: Ontology, prefix: str) -> None:
        self.prefix = prefix.upper()
        self._codes: dict[str, tuple[str, ...]] = {}
        self._nodes: dict[str, list[str]] = defaultdict(list)
        for term in ontology.terms():
            codes = tuple(x for x in term.xrefs if x.partition(":")[0].upper() == self.prefix)
            self._codes[term.id] = codes
            for code in codes:
                self._nodes[code.upper()].append(term.id)

    def codes(self, node: str) -> tuple[str, ...]:
        """Return the codes of a node in file order, empty where it has none.

        Raises:
            KeyError: for an unknown id.
        """
        return self._codes[node]

    def nodes(self, code: str) -> tuple[str, ...]:
        """Return the ids of the terms that carry a code, empty where none does."""
        return tuple(self._nodes.get(code.upper(), ()))

    def __len__(self) -> int:
        return sum(1 for codes in self._codes.values() if codes)


def prefixes(ontology: Ontology) -> dict[str, int]:
    """Return how many terms carry a cross reference of each prefix, by prefix.

    >>> from ontology_graph import load_default
    >>> prefixes(load_default())["DOID"] > 0
    True
    """
    counts: dict[str, int] = defaultdict(int)
    for term in ontology.terms():
        for prefix in {xref.partition(":")[0] for xref in term.xrefs}:
            counts[prefix] += 1
    return dict(sorted(counts.items()))
