"""Between nodes and other vocabularies: codes of terminologies, labels of image benchmarks.

Codes are the cross references of the ontology, those that cover more than a term included;
labels come from the tables in ``labels/``. Both are mappings with a SKOS predicate, read
from our term to theirs: ``skos:broadMatch`` says that theirs is broader.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from ontology_graph.graph import Ontology
from ontology_graph.lexicon import normalise
from ontology_graph.model import Term

LABELS: Final = Path(__file__).parent / "labels"

LABEL_SETS: Final[dict[str, str]] = {
    "fitzpatrick17k": "Fitzpatrick17k, 114 conditions",
    "sd128": "SD-128, 128 conditions",
    "skincon": "SkinCon, 48 concepts",
    "derm7pt": "derm7pt, 7 dermoscopic criteria",
    "isic": "ISIC Archive, diagnoses and body sites, levels joined by a colon",
    "ham10000": "HAM10000, 7 classes",
    "pad": "PAD-UFES-20, 6 classes",
    "daffodil": "Daffodil skin disease images, 5 classes",
}
"""Label sets with a table in ``labels/``, and what they are."""

EXACT: Final = "skos:exactMatch"
CLOSE: Final = "skos:closeMatch"
BROAD: Final = "skos:broadMatch"
PREDICATES: Final[tuple[str, ...]] = (
    EXACT, CLOSE, BROAD, "skos:narrowMatch", "skos:relatedMatch",
)  # fmt: skip
"""Best first."""

LEXICAL: Final = "semapv:LexicalMatching"
MANUAL: Final = "semapv:ManualMappingCuration"
UNSPECIFIED: Final = "semapv:UnspecifiedMatching"

_RESIDUAL: Final = re.compile(r"\b(?:other|unspecified|not elsewhere classified)\b", re.IGNORECASE)
_RESIDUAL_CODE: Final = re.compile(r"ICD10(?:CM)?:[A-Z]\d\w\.(?:8|9|\d8|\d9|\d\d9)$")
"""By the conventions of ICD-10 a last 8 is "other specified" and a last 9 "unspecified"."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One of our terms and one of theirs.

    ``object`` is a code such as ``DOID:8893`` or a label as its benchmark writes it;
    ``label`` is its name where known; ``predicate`` is one of :data:`PREDICATES`.
    """

    node: str
    object: str
    label: str
    predicate: str
    justification: str


class Crosswalk:
    """The mappings of one ontology to one vocabulary, both ways.

    The vocabulary is the prefix of cross references, in any case, or a key of
    :data:`LABEL_SETS`.

    >>> from ontology_graph import load_default
    >>> onto = load_default()
    >>> walk = Crosswalk(onto, "doid")
    >>> psoriasis = onto.by_name("psoriasis").id
    >>> walk.codes(psoriasis)
    ('DOID:8893',)
    >>> psoriasis in walk.nodes("DOID:8893")
    True
    >>> [m.predicate for m in Crosswalk(onto, "ham10000").mappings(onto.by_name("melanoma").id)]
    ['skos:exactMatch']
    """

    def __init__(self, ontology: Ontology, vocabulary: str) -> None:
        self.vocabulary = vocabulary.lower()
        read = _label_mappings if self.vocabulary in LABEL_SETS else _code_mappings
        self._mappings: dict[str, list[Mapping]] = defaultdict(list)
        self._nodes: dict[str, list[str]] = defaultdict(list)
        for mapping in read(ontology, self.vocabulary):
            self._mappings[mapping.node].append(mapping)
            self._nodes[mapping.object.upper()].append(mapping.node)
        self._ontology = ontology

    def mappings(self, node: str) -> tuple[Mapping, ...]:
        """Return the mappings of a node, best predicate first, empty where it has none.

        Raises:
            KeyError: for an unknown id.
        """
        self._ontology.term(node)
        found = self._mappings.get(node, [])
        return tuple(sorted(found, key=lambda m: PREDICATES.index(m.predicate)))

    def nearest(self, node: str) -> tuple[Mapping, ...]:
        """Return the mappings of a node, else those of the nearest broader term that has any.

        What a broader term is matched to exactly or closely is broader than the node. A
        nearer term wins; of equally near ones the primary parent.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> [found] = Crosswalk(onto, "ham10000").nearest(onto.by_name("nodular melanoma").id)
        >>> found.object, found.predicate
        ('melanoma', 'skos:broadMatch')
        """
        own = self.mappings(node)
        if own:
            return own
        level, seen = [node], {node}
        while level:
            level = [p for n in level for p in self._ontology.parents(n) if p in self._ontology]
            level = [p for p in dict.fromkeys(level) if p not in seen]
            seen.update(level)
            for above in level:
                found = [m for m in self.mappings(above) if m.predicate in (EXACT, CLOSE, BROAD)]
                if found:
                    return tuple(replace(m, predicate=BROAD) for m in found)
        return ()

    def codes(self, node: str) -> tuple[str, ...]:
        """Return the codes or labels of a node, best predicate first.

        Raises:
            KeyError: for an unknown id.
        """
        return tuple(mapping.object for mapping in self.mappings(node))

    def nodes(self, code: str) -> tuple[str, ...]:
        """Return the ids of the terms that carry a code or label, empty where none does."""
        return tuple(self._nodes.get(code.upper(), ()))

    def __iter__(self) -> Iterator[Mapping]:
        for term in self._ontology.terms():
            yield from self.mappings(term.id)

    def __len__(self) -> int:
        return len(self._mappings)


def vocabularies(ontology: Ontology) -> dict[str, int]:
    """Return how many terms each vocabulary has a mapping for: codes first, then labels.

    >>> from ontology_graph import load_default
    >>> known = vocabularies(load_default())
    >>> known["doid"] > 0, set(LABEL_SETS) <= set(known)
    (True, True)
    """
    codes = {x for term in ontology.terms() for x in (*term.xrefs, *term.broad_xrefs)}
    names = sorted({code.partition(":")[0].lower() for code in codes})
    known = {name: len(Crosswalk(ontology, name)) for name in (*names, *LABEL_SETS)}
    return {name: count for name, count in known.items() if count}


def prefixes(ontology: Ontology) -> dict[str, int]:
    """Return how many terms carry a cross reference that means the same, by prefix.

    >>> from ontology_graph import load_default
    >>> prefixes(load_default())["DOID"] > 0
    True
    """
    counts: dict[str, int] = defaultdict(int)
    for term in ontology.terms():
        for prefix in {xref.partition(":")[0] for xref in term.xrefs}:
            counts[prefix] += 1
    return dict(sorted(counts.items()))


@lru_cache(maxsize=16)
def label_rows(name: str) -> tuple[tuple[str, str, str], ...]:
    """Return the rows (label, node, predicate) of a label set, in file order.

    Raises:
        KeyError: for a set that is none of :data:`LABEL_SETS`.
    """
    if name not in LABEL_SETS:
        raise KeyError(f"no label set {name!r}: choose from {', '.join(LABEL_SETS)}")
    _, *lines = (LABELS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple((label, node, predicate) for label, node, predicate in rows)


def _label_mappings(ontology: Ontology, name: str) -> Iterator[Mapping]:
    for label, node, predicate in label_rows(name):
        if node in ontology and not ontology.term(node).obsolete:
            # Of a label with levels the last names the thing.
            same = predicate == EXACT and _is_name(ontology.term(node), label.rpartition(":")[2])
            yield Mapping(node, label, label, predicate, LEXICAL if same else MANUAL)


@lru_cache(maxsize=1)
def _code_labels() -> dict[str, str]:
    _, *lines = (LABELS / "codes.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines)
    return {code: label for code, _, label in pairs}


def _code_mappings(ontology: Ontology, prefix: str) -> Iterator[Mapping]:
    found: dict[str, list[Term]] = defaultdict(list)
    for term in ontology.terms():
        for xref in dict.fromkeys((*term.xrefs, *term.broad_xrefs)):
            if xref.partition(":")[0].lower() == prefix and not term.obsolete:
                found[xref].append(term)
    for code, terms in found.items():
        label = _code_labels().get(code, "")
        broadest = _covering(ontology, terms)
        for term in terms:
            same = bool(label) and _is_name(term, label)
            alone = broadest == term.id and code in term.xrefs and not _is_residual(code, label)
            predicate = EXACT if same or alone else BROAD
            yield Mapping(term.id, code, label, predicate, LEXICAL if same else UNSPECIFIED)


def _covering(ontology: Ontology, terms: Iterable[Term]) -> str | None:
    """Return the term that is above all others: the one a shared code can mean as a whole."""
    ids = [term.id for term in terms]
    for node in ids:
        if all(other == node or node in ontology.ancestors(other) for other in ids):
            return node
    return None


def _is_residual(code: str, label: str) -> bool:
    return bool(_RESIDUAL.search(label) if label else _RESIDUAL_CODE.match(code))


def _is_name(term: Term, label: str) -> bool:
    texts = [term.name, *(s.text for s in term.synonyms if s.scope == "EXACT")]
    return normalise(label) in map(normalise, texts)
