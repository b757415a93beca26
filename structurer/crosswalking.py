"""Terms and whole runs in the words of another vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ontology_graph import Linker
    from ontology_graph.crosswalk import Crosswalk

COUNTED: Final = ("diagnosis", "concept", "symptom", "body_site")
"""Fields whose mentions are counted: those that are tied to a node."""


def of_terms(walk: Crosswalk, linker: Linker, terms: Iterable[str]) -> list[dict[str, Any]]:
    """Return one answer per term (a node id or any name), in order.

    ``node`` is ``None`` and ``mappings`` empty where the ontology does not know the term. A
    term without a mapping has that of the nearest broader term, as ``skos:broadMatch``.
    """
    answers = []
    for term in terms:
        node = term if term in linker.ontology else linker.link(term).node
        name = linker.ontology.term(node).name if node else None
        mappings = list(_mappings(walk, node)) if node else []
        answers.append({"term": term, "node": node, "name": name, "mappings": mappings})
    return answers


def of_run(
    walk: Crosswalk, linker: Linker, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return one answer per node and field of a run's rows, the most frequent first.

    ``captions`` is the number of captions that state the node as present. Nodes that the
    ontology does not know (a run with another one) have no mappings.
    """
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for row in rows:
        stated = {
            (mention["field"], mention["node"]): mention["name"]
            for mention in row["mentions"]
            if mention["node"] and mention["assertion"] == "present" and mention["field"] in COUNTED
        }
        counts.update(stated.keys())
        names.update({node: name for (_, node), name in stated.items()})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "field": field,
            "node": node,
            "name": names[node],
            "captions": count,
            "mappings": list(_mappings(walk, node)) if node in linker.ontology else [],
        }
        for (field, node), count in ordered
    ]


def _mappings(walk: Crosswalk, node: str) -> Iterator[dict[str, str]]:
    for mapping in walk.nearest(node):
        yield {"id": mapping.object, "label": mapping.label, "predicate": mapping.predicate}
