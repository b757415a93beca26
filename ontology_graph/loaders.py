"""Files to an Ontology: OBO through obonet, nested-list JSON, and TSV.

Every loader yields the attribute layout of obonet, so the rest of the package knows one
form only.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import networkx as nx
import obonet

from ontology_graph.graph import Ontology
from ontology_graph.model import OntologyError

DEFAULT_PATH: Final = Path(__file__).parent / "data" / "derm.obo"
_LIST_MARK: Final = "|"
_COLUMN_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id",),
    "name": ("name", "label"),
    "parents": ("parents", "parent"),
    "synonyms": ("synonyms", "exact_syn"),
}
"""TSV column -> header words it may stand under."""


def _read_obo(text: str) -> nx.MultiDiGraph[str]:
    # obonet logs a complaint for a headless file; a file object keeps it off the network.
    try:
        graph: nx.MultiDiGraph[str] = obonet.read_obo(io.StringIO(text), ignore_obsolete=False)
        return graph
    except KeyError as error:
        raise OntologyError(f"a [Term] stanza has no {error.args[0]} tag: add it") from None
    except ValueError as error:
        raise OntologyError(" ".join(str(error).split())) from None


def _read_json(text: str) -> nx.MultiDiGraph[str]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise OntologyError(f"line {error.lineno}: not JSON ({error.msg})") from None
    if not isinstance(data, dict):
        raise OntologyError("the JSON must be an object {parent: [child, ...]}")
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for parent, children in data.items():
        if not isinstance(children, list) or not all(isinstance(c, str) for c in children):
            raise OntologyError(f"the value of {parent!r} must be a list of names")
        for name in (parent, *children):
            graph.add_node(_name_id(name), name=name.strip())
        for child in children:
            graph.add_edge(_name_id(child), _name_id(parent), key="is_a")
    return graph


def _name_id(name: str) -> str:
    """Return an id for a file that has none: the same name gives the same id in every load."""
    return "NAME:" + "_".join(name.lower().split())


def _read_tsv(text: str) -> nx.MultiDiGraph[str]:
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = reader.fieldnames or []
    columns = {
        key: next((word for word in words if word in header), None)
        for key, words in _COLUMN_NAMES.items()
    }
    missing = [key for key in ("id", "name") if columns[key] is None]
    if missing:
        raise OntologyError(
            f"line 1: no column {' or '.join(missing)}: the header must name "
            "id, name, parents, synonyms, separated by tabs"
        )
    rows = [
        {key: (row.get(word) or "").strip() if word else "" for key, word in columns.items()}
        for row in reader
    ]
    return _graph_of_rows(rows)


def _graph_of_rows(rows: Iterable[dict[str, str]]) -> nx.MultiDiGraph[str]:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    rows = list(rows)
    ids = {row["name"].lower(): row["id"] for row in rows}
    ids.update({row["id"].lower(): row["id"] for row in rows})
    for number, row in enumerate(rows, start=2):
        if not row["id"] or not row["name"]:
            raise OntologyError(f"line {number}: id and name must not be empty")
        if row["id"] in graph:
            raise OntologyError(f"line {number}: id {row['id']} stands twice: give each term one")
        synonyms = [_obo_synonym(text) for text in _listed(row["synonyms"])]
        graph.add_node(row["id"], name=row["name"], synonym=synonyms)
    for row in rows:
        for parent in _listed(row["parents"]):
            graph.add_edge(row["id"], ids.get(parent.lower(), parent), key="is_a")
    return graph


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(_LIST_MARK) if part.strip()]


def _obo_synonym(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" EXACT []'


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    ".obo": _read_obo,
    ".json": _read_json,
    ".tsv": _read_tsv,
}


def load_ontology(path: str | Path) -> Ontology:
    """Return the ontology of a ``.obo``, ``.json`` or ``.tsv`` file.

    JSON is an object ``{parent: [child, ...]}``; TSV has a header with id, name, parents and
    synonyms, lists separated by ``|``, parents given by id or name. The version is the
    SHA-256 of the file's bytes.

    Raises:
        OntologyError: for an unknown suffix or content that does not follow the format.
        OSError: where the file cannot be read.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise OntologyError(f"{path}: unknown format: use one of {', '.join(_READERS)}")
    content = path.read_bytes()
    try:
        graph = reader(content.decode("utf-8-sig"))
        return Ontology(graph, hashlib.sha256(content).hexdigest())
    except UnicodeDecodeError as error:
        raise OntologyError(f"{path}: byte {error.start} is not UTF-8: save it as UTF-8") from None
    except OntologyError as error:
        raise OntologyError(f"{path}: {error}") from None


@lru_cache(maxsize=1)
def load_default() -> Ontology:
    """Return the ontology that comes with the package, read once.

    >>> load_default().branches
    ('condition', 'concept', 'symptom', 'body_site', 'skin_tone')
    """
    return load_ontology(DEFAULT_PATH)
