"""What changed between two versions of an ontology, term by term.

Terms are the same where their ids are; a term whose id is in one version only is the same
as the one of that name, if that name has found no partner either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ontology_graph.graph import Ontology
from ontology_graph.lexicon import normalise
from ontology_graph.model import Term

KINDS: Final[tuple[str, ...]] = (
    "added", "removed", "obsoleted", "renumbered", "renamed", "moved", "definition",
    "synonyms", "xrefs",
)  # fmt: skip
"""Kinds of change, in the order they are listed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one term: the kind (one of :data:`KINDS`), and what went and came.

    ``id`` and ``name`` are those of the newer version, of a removed term the older ones.
    """

    kind: str
    id: str
    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def diff(old: Ontology, new: Ontology) -> list[Change]:
    """Return the changes from ``old`` to ``new``, by kind and then by id; none: same content.

    >>> from ontology_graph import load_default
    >>> diff(load_default(), load_default())
    []
    """
    partner = _partners(old, new)
    taken = set(partner.values())
    changes = [Change("added", t.id, t.name) for t in new.terms() if t.id not in taken]
    changes += [Change("removed", t.id, t.name) for t in old.terms() if t.id not in partner]
    for before, after in partner.items():
        changes += _changes(old, new, old.term(before), new.term(after), partner)
    return sorted(changes, key=lambda c: (KINDS.index(c.kind), c.id))


def _partners(old: Ontology, new: Ontology) -> dict[str, str]:
    partner = {t.id: t.id for t in old.terms() if t.id in new}
    free: dict[str, list[str]] = {}
    for term in new.terms():
        if term.id not in old:
            free.setdefault(normalise(term.name), []).append(term.id)
    for term in old.terms():
        same = free.get(normalise(term.name), [])
        if term.id not in partner and same:
            partner[term.id] = same.pop(0)
    return partner


def _changes(
    old: Ontology, new: Ontology, before: Term, after: Term, partner: dict[str, str]
) -> Iterable[Change]:
    def change(kind: str, gone: Iterable[str], come: Iterable[str]) -> Change:
        return Change(kind, after.id, after.name, tuple(gone), tuple(come))

    if before.id != after.id:
        yield change("renumbered", (before.id,), (after.id,))
    if before.name != after.name:
        yield change("renamed", (before.name,), (after.name,))
    if before.obsolete != after.obsolete:
        yield change("obsoleted", *((str(t.obsolete).lower(),) for t in (before, after)))
    parents = [partner.get(p, p) for p in before.parents]
    if parents != list(after.parents):
        # The order counts: the first parent makes the path.
        yield change("moved", _names(old, before.parents), _names(new, after.parents))
    if before.definition != after.definition:
        yield change("definition", (before.definition,), (after.definition,))
    pairs = (
        ("synonyms", _synonyms(before), _synonyms(after)),
        ("xrefs", set(before.xrefs), set(after.xrefs)),
    )
    for kind, had, has in pairs:
        if had != has:
            yield change(kind, sorted(had - has), sorted(has - had))


def _names(onto: Ontology, nodes: Iterable[str]) -> list[str]:
    return [onto.term(node).name if node in onto else node for node in nodes]


def _synonyms(term: Term) -> set[str]:
    return {f"{s.text} [{' '.join((s.scope, s.kind)).strip()}]" for s in term.synonyms}
