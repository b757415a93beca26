"""SKOS and OWL to rows, through rdflib (extra ``owl``).

Read are concepts (``skos:Concept``) and named classes (``owl:Class``) with their labels in
English or without language, synonyms, definitions, cross references and named parents.
Restrictions and other class expressions are left out: they name no term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ontology_graph.model import OntologyError, Synonym
from ontology_graph.rows import Row

if TYPE_CHECKING:
    from rdflib import Graph

_OBO: Final = "http://purl.obolibrary.org/obo/"
_OBO_LOCAL: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)_(\S+)")
_OBOINOWL: Final = "http://www.geneontology.org/formats/oboInOwl#"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC: Final = "http://purl.org/dc/terms/"

_KINDS: Final = (_SKOS + "Concept", _OWL + "Class")
_LABELS: Final = (_SKOS + "prefLabel", _RDFS + "label")
_DEFINITIONS: Final = (_SKOS + "definition", _OBO + "IAO_0000115", _DC + "description")
_UP: Final = (_SKOS + "broader", _RDFS + "subClassOf")
_DOWN: Final = (_SKOS + "narrower",)
_XREFS: Final = (_OBOINOWL + "hasDbXref", _SKOS + "exactMatch", _SKOS + "closeMatch")
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "EXACT": (_SKOS + "altLabel", _OBOINOWL + "hasExactSynonym"),
    "NARROW": (_OBOINOWL + "hasNarrowSynonym",),
    "BROAD": (_OBOINOWL + "hasBroadSynonym",),
    "RELATED": (_SKOS + "hiddenLabel", _OBOINOWL + "hasRelatedSynonym"),
}
_TOP: Final = frozenset({_OWL + "Thing", _OWL + "Nothing"})


def read_rdf(text: str) -> list[Row]:
    """Return the concepts and classes of an RDF/XML or Turtle text, sorted by id.

    Raises:
        OntologyError: rdflib is not installed, the text is neither format, or it holds no
            concept and no class.
    """
    graph = _parse(text)
    found = sorted(_terms(graph))
    if not found:
        raise OntologyError("no skos:Concept and no owl:Class in it")
    ids = _ids(graph, found)
    return sorted((_row(graph, iri, ids) for iri in found), key=lambda row: row.id)


def _parse(text: str) -> Graph:
    try:
        import rdflib
    except ImportError:
        raise OntologyError(
            'SKOS and OWL need rdflib: pip install "caption-structurer[owl]"'
        ) from None
    kind = "xml" if text.lstrip().startswith("<?xml") or "<rdf:RDF" in text else "turtle"
    try:
        return rdflib.Graph().parse(data=text, format=kind)
    except Exception as error:  # rdflib's parsers raise what their own parsers raise
        cause = " ".join(str(error).split())[:200]
        raise OntologyError(f"not {'RDF/XML' if kind == 'xml' else 'Turtle'}: {cause}") from None


def _ref(iri: str) -> Any:
    from rdflib import URIRef

    return URIRef(iri)


def _terms(graph: Graph) -> Iterator[str]:
    from rdflib import URIRef

    deprecated = {
        subject
        for subject, value in graph.subject_objects(_ref(_OWL + "deprecated"))
        if str(value).lower() in ("true", "1")
    }
    seen = set()
    for kind in _KINDS:
        for node in graph.subjects(_ref(_RDF + "type"), _ref(kind)):
            named = isinstance(node, URIRef) and str(node) not in _TOP
            if named and node not in deprecated and node not in seen:
                seen.add(node)
                yield str(node)


def _ids(graph: Graph, iris: Iterable[str]) -> dict[str, str]:
    """Return a short id for each IRI; two that would get the same keep their IRI."""
    ids = {iri: _short(graph, iri) for iri in iris}
    twice = {short for short in ids.values() if list(ids.values()).count(short) > 1}
    return {iri: iri if short in twice else short for iri, short in ids.items()}


def _short(graph: Graph, iri: str) -> str:
    local = _OBO_LOCAL.fullmatch(iri.removeprefix(_OBO)) if iri.startswith(_OBO) else None
    if local:
        return f"{local[1]}:{local[2]}"
    try:
        prefix, _, name = graph.compute_qname(iri, generate=False)
    except (KeyError, ValueError):
        return iri
    return f"{prefix}:{name}" if prefix else iri


def _row(graph: Graph, iri: str, ids: dict[str, str]) -> Row:
    labels = _texts(graph, iri, _LABELS)
    name = labels[0] if labels else re.split(r"[/#:]", iri)[-1].replace("_", " ")
    synonyms = [
        Synonym(text, scope)
        for scope, relations in _SYNONYMS.items()
        for text in _texts(graph, iri, relations)
        if text != name
    ]
    synonyms += [Synonym(text) for text in labels[1:]]
    definitions = _texts(graph, iri, _DEFINITIONS)
    xrefs = (_short(graph, str(value)) for value in _values(graph, iri, _XREFS))
    return Row(
        id=ids[iri],
        name=name,
        parents=tuple(_parents(graph, iri, ids)),
        synonyms=tuple(dict.fromkeys(synonyms)),
        definition=definitions[0] if definitions else "",
        xrefs=tuple(dict.fromkeys(xrefs)),
    )


def _parents(graph: Graph, iri: str, ids: dict[str, str]) -> list[str]:
    from rdflib import URIRef

    above = {str(v) for v in _values(graph, iri, _UP) if isinstance(v, URIRef)}
    for relation in _DOWN:
        above.update(str(subject) for subject in graph.subjects(_ref(relation), _ref(iri)))
    return sorted(ids.get(parent, _short(graph, parent)) for parent in above - _TOP)


def _values(graph: Graph, iri: str, relations: Iterable[str]) -> list[Any]:
    return [
        value
        for relation in relations
        for value in sorted(graph.objects(_ref(iri), _ref(relation)), key=str)
    ]


def _texts(graph: Graph, iri: str, relations: Iterable[str]) -> list[str]:
    """Return the English texts, or those without a language, or any: the first kind there is."""
    values = _values(graph, iri, relations)
    languages = [(str(getattr(v, "language", None) or "")).partition("-")[0] for v in values]
    for wanted in ("en", ""):
        found = [v for v, lang in zip(values, languages, strict=True) if lang == wanted]
        if found:
            return [" ".join(str(v).split()) for v in found]
    return [" ".join(str(v).split()) for v in values]
