"""All mappings as one SSSOM table (Simple Standard for Sharing Ontology Mappings, 1.0).

Source: Matentzoglu et al., Database 2022, baac035; https://mapping-commons.github.io/sssom/.
Labels of image benchmarks have no identifiers, so their rows have ``object_type``
``rdfs literal``, as the standard asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ontology_graph.crosswalk import LABEL_SETS, Crosswalk, Mapping, vocabularies
from ontology_graph.graph import Ontology
from ontology_graph.model import OntologyError

COLUMNS: Final[tuple[str, ...]] = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label",
    "mapping_justification", "subject_type", "object_type", "object_source", "comment",
)  # fmt: skip
"""Columns of the table: slots of the SSSOM class Mapping."""

PREFIX_IRIS: Final[dict[str, str]] = {
    "DERM": "urn:derm:",
    "DOID": "http://purl.obolibrary.org/obo/DOID_",
    "HP": "http://purl.obolibrary.org/obo/HP_",
    "ICD10CM": "http://purl.bioontology.org/ontology/ICD10CM/",
    "NCIT": "http://purl.obolibrary.org/obo/NCIT_",
    "SYMP": "http://purl.obolibrary.org/obo/SYMP_",
    "labelset": "urn:derm:labelset:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
"""Prefix -> IRI of the CURIE map; other prefixes of cross references get a Bioregistry IRI."""

_BIOREGISTRY: Final = "https://bioregistry.io/{}:"


def to_sssom(ontology: Ontology, names: Iterable[str] | None = None) -> str:
    """Return the mappings to the named vocabularies (default: all) as SSSOM TSV.

    Rows are sorted; the same ontology gives the same text.

    Raises:
        OntologyError: for a vocabulary that no term has a mapping to.
    """
    known = vocabularies(ontology)
    chosen = list(known) if names is None else [name.lower() for name in names]
    for name in chosen:
        if name not in known:
            raise OntologyError(f"no mapping to {name!r}: choose from {', '.join(known)}")
    rows = sorted(row for name in chosen for row in _rows(ontology, name))
    lines = [*_header(ontology, rows), "\t".join(COLUMNS)]
    lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def _rows(ontology: Ontology, name: str) -> Iterator[tuple[str, ...]]:
    for mapping in Crosswalk(ontology, name):
        yield _row(ontology, name, mapping)


def _row(ontology: Ontology, name: str, mapping: Mapping) -> tuple[str, ...]:
    literal = name in LABEL_SETS
    return (
        mapping.node,
        ontology.term(mapping.node).name,
        mapping.predicate,
        "" if literal else mapping.object,
        mapping.label,
        mapping.justification,
        "owl class",
        "rdfs literal" if literal else "owl class",
        f"labelset:{name}" if literal else "",
        LABEL_SETS.get(name, ""),
    )


def _header(ontology: Ontology, rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the metadata block: YAML, each line behind a ``#``."""
    used = {cell.partition(":")[0] for row in rows for cell in (row[0], row[3]) if cell}
    iris = {prefix: _BIOREGISTRY.format(prefix.lower()) for prefix in used} | PREFIX_IRIS
    version = ontology.version
    lines = [
        "#curie_map:",
        *(f'#  {prefix}: "{iri}"' for prefix, iri in sorted(iris.items())),
        f'#mapping_set_id: "urn:derm:mappings:{version[:16]}"',
        '#mapping_set_title: "Mappings of the dermatology ontology"',
        f'#mapping_set_version: "{version}"',
        '#license: "https://www.apache.org/licenses/LICENSE-2.0"',
        '#subject_source: "DERM:ontology"',
    ]
    return lines
