"""Files to an Ontology: OBO through obonet, nested-list JSON, TSV, SKOS and OWL.

Every loader yields the attribute layout of obonet, so the rest of the package knows one
form only.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import networkx as nx
import obonet

from ontology_graph.building import uncollected
from ontology_graph.graph import Ontology
from ontology_graph.model import OntologyError
from ontology_graph.rows import Row, graph_of, read_json, read_tsv

DEFAULT_PATH: Final = Path(__file__).parent / "data" / "derm.obo"
_PADDED: Final = re.compile(r"^((?:is_a|relationship|disjoint_from):.*?\S)[ \t]+(?=[ ]!|$)", re.M)
"""Blanks before the comment of a reference, which obonet takes for a part of the id."""


def _read_rdf(text: str) -> list[Row]:
    from ontology_graph.skos import read_rdf

    return read_rdf(text)


ROW_READERS: Final[dict[str, Callable[[str], list[Row]]]] = {
    ".json": read_json,
    ".tsv": read_tsv,
    ".ttl": _read_rdf,
    ".rdf": _read_rdf,
    ".owl": _read_rdf,
    ".skos": _read_rdf,
}
"""Suffix -> reader of rows; ``.obo`` is read by obonet."""

SUFFIXES: Final[tuple[str, ...]] = (".obo", *ROW_READERS)


def read_obo(text: str) -> nx.MultiDiGraph[str]:
    """Return the graph of an OBO text, obsolete terms included.

    Raises:
        OntologyError: where the text does not follow the format.
    """
    # obonet logs a complaint for a headless file; a file object keeps it off the network.
    try:
        tidy = _PADDED.sub(r"\1", text)
        graph: nx.MultiDiGraph[str] = obonet.read_obo(io.StringIO(tidy), ignore_obsolete=False)
        return graph
    except KeyError as error:
        raise OntologyError(f"a [Term] stanza has no {error.args[0]} tag: add it") from None
    except ValueError as error:
        raise OntologyError(" ".join(str(error).split())) from None


@uncollected()
def load_ontology(path: str | Path) -> Ontology:
    """Return the ontology of a file; the suffix says the format, one of :data:`SUFFIXES`.

    JSON is an object ``{parent: [child, ...]}``; TSV has a header with id, name, parents and
    synonyms, lists separated by ``|``, parents given by id or name; ``.ttl``, ``.rdf``,
    ``.owl`` and ``.skos`` hold SKOS or OWL as RDF/XML or Turtle and need the extra ``owl``.
    The version is the SHA-256 of the file's bytes.

    Raises:
        OntologyError: for an unknown suffix or content that does not follow the format.
        OSError: where the file cannot be read.
    """
    path = Path(path)
    text, version = read_text(path)
    try:
        reader = ROW_READERS.get(path.suffix.lower())
        graph: nx.MultiDiGraph[str] = graph_of(reader(text)) if reader else read_obo(text)
        return Ontology(graph, version)
    except OntologyError as error:
        raise OntologyError(f"{path}: {error}") from None


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of an ontology file and the SHA-256 of its bytes.

    Raises:
        OntologyError: for an unknown suffix or bytes that are no UTF-8.
        OSError: where the file cannot be read.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OntologyError(f"{path}: unknown format: use one of {', '.join(SUFFIXES)}")
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig"), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as error:
        raise OntologyError(f"{path}: byte {error.start} is not UTF-8: save it as UTF-8") from None


@lru_cache(maxsize=1)
def load_default() -> Ontology:
    """Return the ontology that comes with the package, read once.

    >>> load_default().branches
    ('condition', 'concept', 'symptom', 'body_site', 'skin_tone')
    """
    return load_ontology(DEFAULT_PATH)
