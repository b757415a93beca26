"""Small changes of an OBO document: each op leaves everything else as it is.

An edit of something that is not there does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ontology_graph.model import PARENT_RELATIONS
from ontology_graph.normalise import REFERENCES
from ontology_graph.obotext import Document, Stanza
from ontology_graph.rows import quoted
from ontology_graph.stanza import BROAD_XREF

_SINGLE: Final = frozenset({"id", "name", "def", "comment", "namespace", "is_obsolete"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: the op (a key of :data:`OPS`), the term, and what the op needs."""

    op: str
    node: str
    value: str = ""
    new: str = ""


def apply(document: Document, edit: Edit) -> None:
    """Carry out an edit.

    Raises:
        KeyError: for an unknown op.
    """
    stanza = document.term(edit.node)
    if stanza is not None:
        OPS[edit.op](document, stanza, edit)


def _drop_parent(document: Document, stanza: Stanza, edit: Edit) -> None:
    for tag, value in _parent_lines(edit.value):
        stanza.drop(tag, value)
    stanza.drop("property_value", f"primary_parent {edit.value}")


def _swap_parent(document: Document, stanza: Stanza, edit: Edit) -> None:
    for (tag, value), (_, new) in zip(
        _parent_lines(edit.value), _parent_lines(edit.new), strict=True
    ):
        stanza.replace(tag, value, new)
    old, new = f"primary_parent {edit.value}", f"primary_parent {edit.new}"
    stanza.replace("property_value", old, new)


def _parent_lines(parent: str) -> list[tuple[str, str]]:
    relations = [("relationship", f"{r} {parent}") for r in PARENT_RELATIONS if r != "is_a"]
    return [("is_a", parent), *relations]


def _put(tag: str, form: str) -> Callable[[Document, Stanza, Edit], None]:
    def op(document: Document, stanza: Stanza, edit: Edit) -> None:
        stanza.put(tag, form.format(value=edit.value, quoted=quoted(edit.value)))

    return op


def _drop_synonym(document: Document, stanza: Stanza, edit: Edit) -> None:
    start = quoted(edit.value) + " "
    for value in stanza.values("synonym"):
        if value.startswith(start):
            stanza.drop("synonym", value)


def _rename(document: Document, stanza: Stanza, edit: Edit) -> None:
    old = stanza.value("name")
    stanza.replace("name", old, edit.value)
    _drop_synonym(document, stanza, edit)
    for other in document.stanzas:  # the comment of a reference repeats the name
        other.lines = [_recommented(line, edit.node, old, edit.value) for line in other.lines]


def _recommented(line: str, node: str, old: str, new: str) -> str:
    tag, _, value = line.partition(":")
    known = tag in REFERENCES and value.endswith(f"{node} ! {old}")
    return line.removesuffix(old) + new if known else line


def _swap_xref(document: Document, stanza: Stanza, edit: Edit) -> None:
    """Write another code for ``value``, or none; a code declared broad counts as well."""
    for tag in ("xref", "property_value"):
        for value in stanza.values(tag):
            words = value.split(" ")
            code = words[0] if tag == "xref" else words[-1] if words[0] == BROAD_XREF else None
            if code == edit.value and edit.new:
                stanza.replace(tag, value, value.replace(edit.value, edit.new, 1))
            elif code == edit.value:
                stanza.drop(tag, value)


def _sibling(document: Document, stanza: Stanza, edit: Edit) -> None:
    """Add a term with the parents of this one."""
    node = document.new_id(edit.value)
    document.add_term(node, edit.value, (), after=edit.node)
    added = document.term(node)
    for tag in ("is_a", "relationship"):
        for value in stanza.values(tag):
            if added is not None and (tag == "is_a" or value.split(" ")[0] in PARENT_RELATIONS):
                added.put(tag, value)


def _declare_parent(document: Document, stanza: Stanza, edit: Edit) -> None:
    """Add the unknown parent as a term without parents; ``value`` is its name."""
    node = document.new_id(edit.value)
    document.add_term(node, edit.value, ())
    for other in document.terms():
        _swap_parent(document, other, Edit("swap parent", "", edit.value, node))


def _merge(document: Document, stanza: Stanza, edit: Edit) -> None:
    """Join this term into ``value``: names, codes, parents and children go over."""
    target = document.term(edit.value)
    if target is None or target is stanza:
        return
    names = {target.value("name")}
    if stanza.value("name") not in names:
        target.put("synonym", f"{quoted(stanza.value('name'))} EXACT []")
    take(target, stanza, skip={"id", "name"})
    if edit.node != edit.value:
        target.put("alt_id", edit.node)
    document.remove(stanza)
    _redirect(document, edit.node, edit.value)
    for tag, value in (*_parent_lines(edit.value), ("disjoint_from", edit.value)):
        target.drop(tag, value)
    target.drop("property_value", f"primary_parent {edit.value}")


def take(target: Stanza, source: Stanza, skip: set[str]) -> None:
    """Add the lines of ``source`` to ``target``; a tag that stands once keeps its value."""
    for line in source.lines:
        tag = line.partition(":")[0].strip()
        if not tag or tag in skip or (tag in _SINGLE and target.value(tag)):
            continue
        for value in source.values(tag):
            primary = value.startswith("primary_parent ")
            if not (primary and tag == "property_value"):
                target.put(tag, value)


def _redirect(document: Document, old: str, new: str) -> None:
    for stanza in document.terms():
        _swap_parent(document, stanza, Edit("swap parent", "", old, new))
        for tag in sorted(REFERENCES - {"is_a", "relationship"}):
            stanza.replace(tag, old, new)


OPS: Final[dict[str, Callable[[Document, Stanza, Edit], None]]] = {
    "drop parent": _drop_parent,
    "swap parent": _swap_parent,
    "add parent": _put("is_a", "{value}"),
    "declare parent": _declare_parent,
    "rename": _rename,
    "add synonym": _put("synonym", "{quoted} EXACT []"),
    "drop synonym": _drop_synonym,
    "add reading": _put("property_value", "reading {quoted} xsd:string"),
    "declare distinct": _put("disjoint_from", "{value}"),
    "swap xref": _swap_xref,
    "add sibling": _sibling,
    "merge into": _merge,
}
"""Name of an op -> what it does."""
