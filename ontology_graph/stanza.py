"""From the raw tags of an OBO stanza to a Term: the grammar of synonyms and properties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ontology_graph.model import OntologyError, Synonym, Term

_QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
_SYNONYM: Final = re.compile(rf"{_QUOTED}\s+(EXACT|NARROW|BROAD|RELATED)(?:\s+([\w:-]+))?\s*\[")
_DEFINITION: Final = re.compile(_QUOTED)
_PROPERTY: Final = re.compile(rf"(\S+)\s+(?:{_QUOTED}|(\S+))")
_ESCAPE: Final = re.compile(r"\\(.)")
BROAD_XREF: Final = "skos:broadMatch"
"""Property of a code that covers more than the term: an ``xref`` line has no predicate."""

READING_MARK: Final = " = "
"""Between the surface and the cue words of a ``reading`` property."""


def unescape(text: str) -> str:
    r"""Return the text of a quoted OBO value.

    >>> unescape(r'so-called \"kissing\" nevus')
    'so-called "kissing" nevus'
    """
    return _ESCAPE.sub(r"\1", text)


def parse_synonym(value: str) -> Synonym:
    """Return the synonym that a ``synonym:`` value holds.

    Raises:
        OntologyError: where the value does not follow the OBO grammar.

    >>> parse_synonym('"BCC" EXACT ABBREVIATION []')
    Synonym(text='BCC', scope='EXACT', kind='ABBREVIATION')
    """
    match = _SYNONYM.match(value)
    if match is None:
        raise OntologyError(
            f'synonym {value!r} is malformed: write "text" SCOPE [TYPE] [] as in OBO 1.4'
        )
    return Synonym(unescape(match[1]), match[2], match[3] or "")


def properties(values: Iterable[str]) -> dict[str, list[str]]:
    """Return the ``property_value`` lines as relation -> values, in order.

    >>> properties(['caution "back" xsd:string', 'primary_parent DERM:0010001'])
    {'caution': ['back'], 'primary_parent': ['DERM:0010001']}
    """
    found: dict[str, list[str]] = {}
    for value in values:
        match = _PROPERTY.match(value)
        if match is not None:
            text = unescape(match[2]) if match[2] is not None else match[3]
            found.setdefault(match[1], []).append(text)
    return found


def term_from_attributes(
    node: str, data: Mapping[str, Any], branch: str, parents: tuple[str, ...]
) -> Term:
    """Return the term of a node that obonet (or a loader with the same layout) has read.

    Raises:
        OntologyError: for a malformed synonym; the message names the term.
    """
    try:
        synonyms = tuple(parse_synonym(value) for value in data.get("synonym", ()))
    except OntologyError as error:
        raise OntologyError(f"term {node}: {error}") from None
    quoted = _DEFINITION.match(data.get("def") or "")
    facts = properties(data.get("property_value", ()))
    readings = (value.partition(READING_MARK) for value in facts.get("reading", ()))
    return Term(
        id=node,
        name=data["name"],
        branch=branch,
        definition=unescape(quoted[1]) if quoted else "",
        synonyms=synonyms,
        xrefs=tuple(value.split(" ")[0] for value in data.get("xref", ())),
        parents=parents,
        primary_parent=parents[0] if parents else None,
        obsolete=data.get("is_obsolete") == "true",
        caution=tuple(facts.get("caution", ())),
        readings=tuple((surface, cue) for surface, _, cue in readings),
        distinct_from=tuple(data.get("disjoint_from", ())),
        broad_xrefs=tuple(facts.get(BROAD_XREF, ())),
    )
