"""Ontologies that come as rows or name lists: one form for JSON, TSV and SKOS/OWL.

A reader gives rows in file order; ids may repeat and parents may be unknown, so that
:mod:`ontology_graph.repair` sees the file as it is. :func:`graph_of` is strict.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx

from ontology_graph.model import OntologyError, Synonym

LIST_MARK: Final = "|"

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id",),
    "name": ("name", "label"),
    "parents": ("parents", "parent"),
    "EXACT": ("synonyms", "exact_syn", "exact_synonyms"),
    "NARROW": ("narrow_syn", "narrow_synonyms"),
    "BROAD": ("broad_syn", "broad_synonyms"),
    "RELATED": ("other_syn", "related_synonyms"),
    "definition": ("definition", "def"),
    "xrefs": ("xrefs", "xref"),
}
"""What a TSV column holds -> header words it may stand under; id and name must be there."""

_SCOPES: Final = ("EXACT", "NARROW", "BROAD", "RELATED")


@dataclass(frozen=True, slots=True)
class Row:
    """One term as a file gives it; ``parents`` are ids where they could be resolved."""

    id: str
    name: str
    parents: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    definition: str = ""
    xrefs: tuple[str, ...] = ()


def name_id(name: str) -> str:
    """Return an id for a term that has none: the same name gives the same id in every load.

    >>> name_id("Basal  Cell Carcinoma")
    'NAME:basal_cell_carcinoma'
    """
    return "NAME:" + "_".join(name.lower().split())


def read_json(text: str) -> list[Row]:
    """Return the rows of an object ``{parent: [child, ...]}``, in order of first mention.

    A parent that stands twice has the children of both.

    Raises:
        OntologyError: for anything that is no such object; the message says where.
    """
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise OntologyError(f"line {error.lineno}: not JSON ({error.msg})") from None
    if not text.lstrip().startswith("{"):
        raise OntologyError("the JSON must be an object {parent: [child, ...]}")
    names: dict[str, str] = {}
    parents: dict[str, dict[str, None]] = {}
    for parent, children in pairs:
        if not isinstance(children, list) or not all(isinstance(c, str) for c in children):
            raise OntologyError(f"the value of {parent!r} must be a list of names")
        for name in (parent, *children):
            if not name.strip():
                raise OntologyError(f"an empty name at {parent!r}: give each term a name")
            names.setdefault(name_id(name), " ".join(name.split()))
            parents.setdefault(name_id(name), {})
        for child in children:
            parents[name_id(child)][name_id(parent)] = None
    return [Row(node, name, tuple(parents[node])) for node, name in names.items()]


def read_tsv(text: str) -> list[Row]:
    """Return the rows of a table with a header; :data:`COLUMNS` says what is understood.

    Lists are separated by ``|``; parents are ids or names.

    Raises:
        OntologyError: for a missing column or an empty id or name; the message says where.
    """
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = reader.fieldnames or []
    columns = {
        key: next((word for word in words if word in header), None)
        for key, words in COLUMNS.items()
    }
    missing = [key for key in ("id", "name") if columns[key] is None]
    if missing:
        raise OntologyError(
            f"line 1: no column {' or '.join(missing)}: the header must name "
            "id, name, parents, synonyms, separated by tabs"
        )
    cells = [
        {key: (line.get(word) or "").strip() if word else "" for key, word in columns.items()}
        for line in reader
    ]
    for number, cell in enumerate(cells, start=2):
        if not cell["id"] or not cell["name"]:
            raise OntologyError(f"line {number}: id and name must not be empty")
    ids = _resolver((cell["id"], cell["name"]) for cell in cells)
    return [_row(cell, ids) for cell in cells]


def _resolver(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(pairs)
    ids: dict[str, str] = {}
    for identity, _ in pairs:
        ids.setdefault(identity.lower(), identity)
    for identity, name in pairs:
        ids.setdefault(name.lower(), identity)
    return ids


def _row(cell: dict[str, str], ids: dict[str, str]) -> Row:
    synonyms = [Synonym(text, scope) for scope in _SCOPES for text in _listed(cell[scope])]
    parents = dict.fromkeys(ids.get(p.lower(), p) for p in _listed(cell["parents"]))
    return Row(
        id=cell["id"],
        name=cell["name"],
        parents=tuple(parents),
        synonyms=tuple(dict.fromkeys(s for s in synonyms if s.text != cell["name"])),
        definition=cell["definition"],
        xrefs=tuple(dict.fromkeys(_listed(cell["xrefs"]))),
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(LIST_MARK) if part.strip()]


def quoted(text: str) -> str:
    r"""Return the text as a quoted OBO value.

    >>> print(quoted('a "big" wart'))
    "a \"big\" wart"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def tags_of(row: Row) -> dict[str, Any]:
    """Return the OBO tags of a row but for id and parents, as obonet lays them out."""
    tags: dict[str, Any] = {"name": row.name}
    if row.definition:
        tags["def"] = f"{quoted(row.definition)} []"
    if row.synonyms:
        tags["synonym"] = [f"{quoted(s.text)} {s.scope} []" for s in row.synonyms]
    if row.xrefs:
        tags["xref"] = list(row.xrefs)
    return tags


def graph_of(rows: Sequence[Row]) -> nx.MultiDiGraph[str]:
    """Return the rows as the graph that obonet would give for them.

    Raises:
        OntologyError: for an id that stands twice; the message names both rows.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if row.id in lines:
            raise OntologyError(
                f"line {number}: id {row.id} stands twice (also on line {lines[row.id]}): "
                "give each term one"
            )
        lines[row.id] = number
        graph.add_node(row.id, **tags_of(row))
    for row in rows:
        for parent in row.parents:
            graph.add_edge(row.id, parent, key="is_a")
    return graph
