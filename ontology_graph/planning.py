"""From a finding to the edits that mend it: one planner per check.

A planner gives ``None`` where the file does not say enough to decide; such a finding is for
a person. Where it needs to know more than the file says, it asks :mod:`evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from ontology_graph.edits import Edit
from ontology_graph.evidence import (
    BENIGN,
    MALIGNANT,
    Kinds,
    contrary,
    evidence,
    kinds_above,
    kinds_of_group,
    known_node,
    own_kinds,
)
from ontology_graph.graph import Ontology
from ontology_graph.lexicon import normalise, word_set, words
from ontology_graph.lint import MAX_LEVELS, XREF_PREFIXES, Finding, contrary_parents, pieces_of
from ontology_graph.model import Term


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, in words, and the edits that do it."""

    what: str
    edits: tuple[Edit, ...]


Planner = Callable[[Ontology, Finding], Plan | None]


def _cycle(onto: Ontology, finding: Finding) -> Plan | None:
    """Drop the edge that closes the circle on a walk down from above it."""
    knot = set(finding.about)
    ordered = [t.id for t in onto.terms() if t.id in knot]
    entries = [n for n in ordered if any(p in onto and p not in knot for p in onto.parents(n))]
    start = (entries or ordered)[0]
    walk = [(start, iter(onto.children(start)))]
    done: set[str] = set()
    while walk:
        node, children = walk[-1]
        child = next((c for c in children if c in knot and c not in done), None)
        if child is None:
            done.add(walk.pop()[0])
        elif any(child == above for above, _ in walk):
            what = f"drop the parent {onto.term(node).name} of {onto.term(child).name}"
            return Plan(what, (Edit("drop parent", child, node),))
        else:
            walk.append((child, iter(onto.children(child))))
    return None


def _missing_parent(onto: Ontology, finding: Finding) -> Plan | None:
    node, (parent,) = finding.term, finding.about
    known = _node_called(onto, parent)
    if known is not None and known != node:
        what = f"the parent is {known}, {onto.term(known).name}"
        return Plan(what, (Edit("swap parent", node, parent, known),))
    if any(other in onto for other in onto.parents(node)):
        return Plan("drop it, there are other parents", (Edit("drop parent", node, parent),))
    if ":" not in parent:
        return Plan(f'declare a term "{parent}"', (Edit("declare parent", node, parent),))
    roots = [root for root in onto.roots if root != node and onto.children(root)]
    if len(roots) == 1:
        what = f"hang it under {onto.term(roots[0]).name}"
        return Plan(what, (Edit("swap parent", node, parent, roots[0]),))
    return None


def _node_called(onto: Ontology, reference: str) -> str | None:
    """Return the one term that has the reference as former id, name or exact synonym."""
    for node, data in onto.graph.nodes(data=True):
        if reference in data.get("alt_id", ()):
            return str(node)
    key = normalise(reference)
    owners = [t.id for t in onto.terms() if not t.obsolete and normalise(t.name) == key]
    if not owners:
        owners = sorted({f.node for f in onto.surface_forms()
                         if f.scope == "EXACT" and normalise(f.text) == key})  # fmt: skip
    return owners[0] if len(owners) == 1 and key else None


def _dignity(onto: Ontology, finding: Finding) -> Plan | None:
    term = onto.term(finding.term)
    said = (own_kinds(term) or evidence(term)) & {BENIGN, MALIGNANT}
    if len(said) != 1:
        return None
    right = next(iter(said))
    wrong = BENIGN if right == MALIGNANT else MALIGNANT
    bad = [p for p in term.parents if wrong in _kinds_through(onto, p)]
    return _regroup(onto, term, bad, frozenset({right}))


def _misplaced(onto: Ontology, finding: Finding) -> Plan | None:
    term = onto.term(finding.term)
    return _regroup(onto, term, contrary_parents(onto, term), evidence(term))


def _regroup(onto: Ontology, term: Term, bad: list[str], right: Kinds) -> Plan | None:
    """Take a term away from bad parents, to a group of the right kind if none is left."""
    good = [p for p in term.parents if p not in bad and p in onto]
    edits = [Edit("drop parent", term.id, p) for p in bad]
    dropped = "drop " + ", ".join(onto.term(p).name for p in bad)
    why = f"{term.name} is {' and '.join(sorted(right))}"
    if any(right & _kinds_through(onto, p) for p in good):
        return Plan(f"{dropped}: {why}", tuple(edits))
    target = _group(onto, term, right)
    if target is None:
        return Plan(f"{dropped}: {why}", tuple(edits)) if good else None
    edits.append(Edit("add parent", term.id, target))
    return Plan(f"{dropped}, hang it under {onto.term(target).name}: {why}", tuple(edits))


def _group(onto: Ontology, term: Term, right: Kinds) -> str | None:
    """Return the group of a kind: the deepest above the term, else the broadest there is."""
    below = onto.descendants(term.id) | {term.id}
    fit = [
        g.id
        for g in onto.terms()
        if g.id not in below
        and not onto.is_leaf(g.id)
        and onto.max_depth(g.id) < MAX_LEVELS
        and right & kinds_of_group(g.name)
        and not contrary(right, kinds_of_group(g.name))
        and not _against(right, _kinds_through(onto, g.id))
    ]
    above = [g for g in fit if g in onto.ancestors(term.id)]
    if above:
        return max(above, key=onto.max_depth)
    return min(fit, key=onto.max_depth, default=None)


def _against(right: Kinds, kinds: Kinds) -> bool:
    return any(contrary(right, frozenset({kind})) for kind in kinds - right)


def _kinds_through(onto: Ontology, node: str) -> Kinds:
    if node not in onto:
        return frozenset()
    return kinds_of_group(onto.term(node).name) | kinds_above(onto, node)


def _too_deep(onto: Ontology, finding: Finding) -> Plan | None:
    """Hang a term under the ancestor that leaves it on the last level allowed."""
    term = onto.term(finding.term)
    edits, names = [], []
    kept = {p for p in term.parents if p in onto and onto.max_depth(p) < MAX_LEVELS}
    reached = kept.union(*(onto.ancestors(p) for p in kept))
    for parent in term.parents:
        if parent not in onto or parent in kept:
            continue
        target = _climb(onto, parent)
        if target in reached:
            edits.append(Edit("drop parent", term.id, parent))
        else:
            edits.append(Edit("swap parent", term.id, parent, target))
            reached = reached | {target} | onto.ancestors(target)
        names.append(onto.term(target).name)
    return Plan(f"hang it under {' and '.join(dict.fromkeys(names))}", tuple(edits))


def _climb(onto: Ontology, node: str) -> str:
    """Return the ancestor on the last level but one, along the longest way up."""
    seen = {node}
    while onto.max_depth(node) >= MAX_LEVELS:
        above = [p for p in onto.parents(node) if p in onto and p not in seen]
        if not above:
            break
        node = max(above, key=onto.max_depth)
        seen.add(node)
    return node


def _shared(onto: Ontology, finding: Finding) -> Plan | None:
    key, *nodes = finding.about
    named = [n for n in nodes if normalise(onto.term(n).name) == key]
    if len(named) > 1:
        return _merge(onto, named[0], named[1])
    owner = named[0] if named else _nearest(onto, key, nodes)
    if owner is None:
        return _readings(onto, key, nodes)
    edits = [
        Edit("drop synonym", node, synonym.text)
        for node in nodes
        if node != owner
        for synonym in onto.term(node).synonyms
        if synonym.scope == "EXACT" and normalise(synonym.text) == key
    ]
    return Plan(f"keep it on {onto.term(owner).name} only", tuple(edits))


_NEAR_ENOUGH: Final = 60.0


def _nearest(onto: Ontology, key: str, nodes: list[str]) -> str | None:
    """Return the one term whose name is clearly nearest to a surface."""
    scores = sorted(((_likeness(key, onto.term(n).name), n) for n in nodes), reverse=True)
    (best, owner), (second, _) = scores[:2]
    return owner if best >= _NEAR_ENOUGH and best > second else None


def _likeness(key: str, name: str) -> float:
    tokens = words(name)
    if "".join(token[0] for token in tokens) == key.replace(" ", ""):
        return 100.0
    return fuzz.ratio(key, " ".join(tokens)) if len(key) > 4 else 0.0


def _readings(onto: Ontology, key: str, nodes: list[str]) -> Plan | None:
    """Declare on each term when the surface means it: by the words that the others lack."""
    bags = {node: dict.fromkeys(words(onto.term(node).name)) for node in nodes}
    edits = []
    for node in nodes:
        term = onto.term(node)
        if any(normalise(surface) == key for surface, _ in term.readings):
            continue
        others = {word for other in nodes if other != node for word in bags[other]}
        cue = " ".join(word for word in bags[node] if word not in others)
        surface = next(s.text for s in term.synonyms if normalise(s.text) == key)
        if not cue:
            return None
        edits.append(Edit("add reading", node, f"{surface} = {cue}"))
    return Plan("declare a reading on each", tuple(edits))


_AND: Final = re.compile(r"\s*\b(?:and|or)\b\s*|\s*&\s*")
_ADJECTIVE: Final = re.compile(
    r".*(?:al|ic|ous|ed|ar|ary|ive|oid|ant|ent|form|type|tic|ine)|nos|other|unspecified|due|to|with"
)
_DESIGNATOR: Final = word_set("type group grade stage class variant subtype histology pattern")
_SHARED_HEAD: Final = word_set(
    "disease disorder infection lesion tumor neoplasm condition reaction syndrome symptom"
)


def _comma(onto: Ontology, finding: Finding) -> Plan | None:
    term = onto.term(finding.term)
    plain = _unlisted(term.name)
    if plain is not None:
        return _renamed(term, plain)
    pieces = _members(term.name)
    if not onto.is_leaf(term.id):
        return _renamed(term, " and ".join(pieces))
    known = [known_node(piece) for piece in pieces]
    if None not in known and len(set(known)) == 1:
        edits = [Edit("rename", term.id, pieces[0])]
        edits += [Edit("add synonym", term.id, piece) for piece in pieces[1:]]
        return Plan(f'name it "{pieces[0]}", the rest are synonyms', tuple(edits))
    taken = {normalise(t.name) for t in onto.terms() if t.id != term.id}
    edits = [Edit("rename", term.id, pieces[0])]
    # Each new term goes behind this one, so the last comes first.
    edits += [
        Edit("add sibling", term.id, piece)
        for piece in reversed(pieces[1:])
        if normalise(piece) not in taken
    ]
    return Plan("split it into " + ", ".join(f'"{piece}"' for piece in pieces), tuple(edits))


def _renamed(term: Term, name: str) -> Plan:
    what = f'name it "{name}", the old name is a synonym'
    return Plan(what, (Edit("rename", term.id, name), Edit("add synonym", term.id, term.name)))


def _unlisted(name: str) -> str | None:
    """Return the natural order of an inverted name, ``None`` for a list.

    >>> _unlisted("Hidradenoma, Apocrine"), _unlisted("warts, nevi")
    ('Apocrine Hidradenoma', None)
    """
    pieces = pieces_of(name)
    if len(pieces) != 2:
        return " ".join(pieces) if len(pieces) < 2 else None
    first, second = pieces
    if _AND.search(second):
        return None
    tokens = words(second)
    if _DESIGNATOR & set(tokens[:1]):
        return f"{first} {second}"
    turned = f"{second} {first}"
    adjective = all(_ADJECTIVE.fullmatch(token) for token in tokens) or tokens[-1:] == ["type"]
    if known_node(turned) or (adjective and known_node(second) is None):
        return turned
    return f"{first} {second}" if _DESIGNATOR & set(tokens) else None


def _members(name: str) -> list[str]:
    """Return the members of a list, a shared head word given to each.

    >>> _members("hair, nail and mucosal disorders")
    ['hair disorders', 'nail disorders', 'mucosal disorders']
    >>> _members("moles, warts; and cysts")
    ['moles', 'warts', 'cysts']
    """
    parts = [part for piece in pieces_of(name) for part in _AND.split(piece)]
    parts = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    head = parts[-1].split()[-1]
    shared = normalise(head) in _SHARED_HEAD and len(parts[-1].split()) > 1
    if shared and not any(normalise(p.split()[-1]) in _SHARED_HEAD for p in parts[:-1]):
        parts[:-1] = [f"{part} {head}" for part in parts[:-1]]
    return parts


def _near(onto: Ontology, finding: Finding) -> Plan | None:
    first, second = (onto.term(node) for node in finding.about)
    nodes = known_node(first.name), known_node(second.name)
    if all(nodes) and nodes[0] != nodes[1]:
        what = "declare that they are not the same"
        return Plan(what, (Edit("declare distinct", second.id, first.id),))
    same_words = sorted(words(first.name)) == sorted(words(second.name))
    if first.branch == second.branch and (same_words or any(nodes)):
        return _merge(onto, first.id, second.id)
    return None


def _merge(onto: Ontology, one: str, two: str) -> Plan | None:
    """Merge into the name that is known, else the fuller term, else the one that comes first."""
    first, second = onto.term(one), onto.term(two)
    if first.branch != second.branch:
        return None
    place = {t.id: number for number, t in enumerate(onto.terms())}
    keep, lose = sorted((first, second), key=lambda t: (*_worth(onto, t), place[t.id]))
    what = f'merge {lose.id} into {keep.id}, "{keep.name}"'
    return Plan(what, (Edit("merge into", lose.id, keep.id),))


def _worth(onto: Ontology, term: Term) -> tuple[int, int, int, int]:
    node = known_node(term.name)
    known = 0 if node is None else 1
    listed = 1 if pieces_of(term.name)[1:] else 0
    content = len(term.synonyms) + len(term.xrefs) + len(onto.children(term.id))
    return listed, -known, -int(bool(term.definition)), -content


XREF_ALIASES: Final[dict[str, str]] = dict(
    pair.split("/")
    for pair in """
    UMLS_CUI/UMLS CUI/UMLS MSH/MESH NCI/NCIT NCI_THESAURUS/NCIT NCITHESAURUS/NCIT HPO/HP DO/DOID
    SNOMED/SNOMEDCT SCTID/SNOMEDCT SNOMED_CT/SNOMEDCT SNOMEDCT_US/SNOMEDCT SNOMEDCT/SNOMEDCT
    ORPHANET/ORPHA MIM/OMIM OMIMPS/OMIM ICD10_CM/ICD10CM ICD_10_CM/ICD10CM ICD_10/ICD10
    ICD_9_CM/ICD9CM ICD9_CM/ICD9CM ICD_11/ICD11 ICD_O/ICDO ICDO3/ICDO ICD_O_3/ICDO
    SYMPTOM/SYMP MEDDRA_LLT/MEDDRA
    """.split()
)
"""Other spellings of prefixes, in capitals with underscores -> the prefix."""

_EDITION: Final = re.compile(r"(?:_\d{4})(?:_\d{2}){0,2}$")


def _xref(onto: Ontology, finding: Finding) -> Plan:
    (xref,) = finding.about
    prefix, mark, local = xref.partition(":")
    plain = _EDITION.sub("", re.sub(r"[\s-]", "_", prefix.upper()))
    known = plain if plain in XREF_PREFIXES else XREF_ALIASES.get(plain)
    if known and mark and local:
        new = f"{known}:{local}"
        return Plan(f"write {new}", (Edit("swap xref", finding.term, xref, new),))
    return Plan("drop it", (Edit("swap xref", finding.term, xref),))


PLANNERS: Final[dict[str, Planner]] = {
    "cycle": _cycle,
    "missing-parent": _missing_parent,
    "benign-and-malignant": _dignity,
    "misplaced": _misplaced,
    "too-deep": _too_deep,
    "shared-surface": _shared,
    "comma-list": _comma,
    "near-duplicate": _near,
    "unknown-xref-prefix": _xref,
}
"""Check -> planner; the findings of other checks are for a person."""


def plan(onto: Ontology, finding: Finding) -> Plan | None:
    """Return how to mend a finding, ``None`` where a person must decide."""
    planner = PLANNERS.get(finding.check)
    found = planner(onto, finding) if planner else None
    return found if found is not None and found.edits else None


_TOUCHING: Final = frozenset({"merge into", "declare parent"})


def touched(edits: Sequence[Edit]) -> frozenset[str]:
    """Return the ids of what the edits change: no two repairs of one round may share any."""
    named = {edit.node for edit in edits} | {e.value for e in edits if e.op in _TOUCHING}
    return frozenset(named)
