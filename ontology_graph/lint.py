"""What is wrong with an ontology, and how to repair it.

Each check is one function from an ontology to findings and one row of :data:`CHECKS`. A
sound ontology gives no finding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import networkx as nx
from rapidfuzz import process
from rapidfuzz.distance import OSA

from ontology_graph.evidence import (
    BENIGN,
    MALIGNANT,
    contrary,
    evidence,
    kinds_above,
    kinds_by_words,
    kinds_of_group,
)
from ontology_graph.graph import Ontology
from ontology_graph.guards import common_words
from ontology_graph.index import bag
from ontology_graph.lexicon import normalise, word_set, words
from ontology_graph.model import PARENT_RELATIONS, Term

MAX_LEVELS: Final = 4
"""Levels allowed below a branch root."""

XREF_PREFIXES: Final[frozenset[str]] = word_set(
    """
    DOID ICD10CM ICD11 ICD9CM ICDO HP NCIT SYMP MESH UMLS SNOMEDCT OMIM ORPHA ORDO GARD MONDO
    EFO FMA UBERON MP PATO GO MEDDRA
    """
)
"""Known prefixes of cross references, as the Bioregistry spells them for OBO files."""

_LIST: Final = re.compile(r";|,(?=\s)|(?<=[^\W\d]{2}),(?=[^\W\d]{2})")
"""A comma between locants ("2,4-D", "N,N'-diethyl") makes no list."""
_NEAR_LENGTH: Final = 8
_CONTRAST: Final = re.compile(r"[ivx]+[a-h]?|[a-z]|\w*\d\w*")
"""Numerals and single letters: names that differ by these alone are members of a series."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the check that found it, the term's id, what is wrong, and a repair.

    ``about`` holds what the fault is made of (the ids in a knot, the shared surface and its
    owners, ...), for :mod:`ontology_graph.repair`.
    """

    check: str
    term: str
    message: str
    repair: str
    about: tuple[str, ...] = ()


Check = Callable[[Ontology], Iterable[Finding]]


def cycles(onto: Ontology) -> Iterator[Finding]:
    """Find terms that are their own ancestor; one finding per knot of terms."""
    hierarchy = nx.DiGraph(
        (child, parent)
        for child, parent, relation in onto.graph.edges(keys=True)
        if relation in PARENT_RELATIONS
    )
    for knot in nx.strongly_connected_components(hierarchy):
        if len(knot) > 1 or any(hierarchy.has_edge(node, node) for node in knot):
            first = min(knot)
            names = " -> ".join(_name(onto, node) for node in sorted(knot))
            yield Finding(
                "cycle", first, f"terms are above one another: {names}",
                f"remove a parent of {_name(onto, first)} that is in this circle",
                tuple(sorted(knot)),
            )  # fmt: skip


def both_dignities(onto: Ontology) -> Iterator[Finding]:
    """Find leaves that can be reached as benign and as malignant."""
    sides = {t.id: kinds_of_group(t.name) & {BENIGN, MALIGNANT} for t in onto.terms()}
    for term in onto.terms():
        if term.obsolete or not onto.is_leaf(term.id):
            continue
        above = sorted(a for a in onto.ancestors(term.id) if a in sides)
        benign = [a for a in above if sides[a] == {BENIGN}]
        malignant = [a for a in above if sides[a] == {MALIGNANT}]
        if benign and malignant:
            yield Finding(
                "benign-and-malignant", term.id,
                f"{term.name} lies below {_name(onto, benign[0])} "
                f"and below {_name(onto, malignant[0])}",
                "keep the parent that fits its behaviour and remove the other",
            )  # fmt: skip


def misplaced(onto: Ontology) -> Iterator[Finding]:
    """Find terms under a group that excludes them: a lymphoma under bacterial infections.

    Terms below a misplaced one are not told again.
    """
    found: dict[str, str] = {}
    for term in onto.terms():
        if not term.obsolete and (wrong := contrary_parents(onto, term)):
            found[term.id] = wrong[0]
    for node, parent in found.items():
        if not onto.ancestors(node) & found.keys():
            yield Finding(
                "misplaced", node,
                f"{_name(onto, node)} lies below {_name(onto, parent)}, "
                f"but is {' and '.join(sorted(evidence(onto.term(node))))}",
                "give it a parent of its own kind",
            )  # fmt: skip


def contrary_parents(onto: Ontology, term: Term) -> list[str]:
    """Return the parents of a term that lead to groups its kind excludes, in order.

    Benign against malignant counts only where the term's own name says so, as authors place
    borderline tumors differently, and where nothing above agrees: a leaf under both is the
    business of :func:`both_dignities`.
    """
    groups = {p: kinds_of_group(_name(onto, p)) | kinds_above(onto, p) for p in term.parents
              if p in onto}  # fmt: skip
    every = frozenset[str]().union(*groups.values())
    if not every:
        return []
    own = kinds_by_words(term.name)
    known = evidence(term)
    dignity = {BENIGN, MALIGNANT}
    doubtful = bool(own & every) or not own
    return [
        parent
        for parent, kinds in groups.items()
        if contrary(known, kinds - dignity if doubtful else kinds)
    ]


def too_deep(onto: Ontology) -> Iterator[Finding]:
    """Find terms more than four levels below a branch root by any way."""
    for term in onto.terms():
        levels = onto.max_depth(term.id)
        if levels > MAX_LEVELS:
            parent = _name(onto, term.parents[0])
            yield Finding(
                "too-deep", term.id,
                f"{term.name} lies {levels} levels below its root, {MAX_LEVELS} are allowed",
                f"hang it under a broader term than {parent}, or make it a narrow synonym there",
            )  # fmt: skip


def shared_surfaces(onto: Ontology) -> Iterator[Finding]:
    """Find exact names and synonyms of two terms for which no reading is declared."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for form in onto.surface_forms():
        if form.scope == "EXACT":
            owners[normalise(form.text)].setdefault(form.node, form.text)
    for key, nodes in owners.items():
        undeclared = [node for node in nodes if not _has_reading(onto.term(node), key)]
        if len(nodes) > 1 and undeclared:
            first, *others = sorted(nodes)
            names = ", ".join(_name(onto, node) for node in others)
            yield Finding(
                "shared-surface", first,
                f'"{nodes[first]}" means {_name(onto, first)} and also {names}',
                "remove it from all but one, or declare a reading on "
                + " and ".join(_name(onto, node) for node in undeclared),
                (key, *sorted(nodes)),
            )  # fmt: skip


def comma_lists(onto: Ontology) -> Iterator[Finding]:
    """Find preferred names that hold a list or an inverted order."""
    for term in onto.terms():
        if _LIST.search(term.name):
            pieces = pieces_of(term.name)
            natural = " ".join(reversed(pieces))
            yield Finding(
                "comma-list", term.id, f'the name "{term.name}" is a list',
                f'one term each for {" and ".join(pieces)}, or "{natural}" if it is one thing',
            )  # fmt: skip


def pieces_of(name: str) -> list[str]:
    """Return what the commas and semicolons of a name separate.

    >>> pieces_of("warts, oral"), pieces_of("2,4-dinitrobenzene allergy")
    (['warts', 'oral'], ['2,4-dinitrobenzene allergy'])
    """
    return [piece.strip() for piece in _LIST.split(name) if piece.strip()]


def near_duplicates(onto: Ontology) -> Iterator[Finding]:
    """Find pairs of names that differ by word order, spelling, number or one letter."""
    roots = set(onto.roots)
    named = [t for t in onto.terms() if not t.obsolete and t.id not in roots]
    keys = [" ".join(bag(words(t.name))) for t in named]
    lengths = [len(key) for key in keys]
    by_length = sorted(range(len(named)), key=lengths.__getitem__)
    for place, i in enumerate(by_length):
        rest = by_length[place + 1 :]
        until = next((n for n, j in enumerate(rest) if lengths[j] > lengths[i] + 1), len(rest))
        bound = 1 if lengths[i] >= _NEAR_LENGTH else 0
        window = {j: keys[j] for j in rest[:until]}
        hits = process.extract(keys[i], window, scorer=OSA.distance, score_cutoff=bound, limit=None)
        for _, _, j in hits:
            yield from _near(named[i], named[j], keys[i] == keys[j])


def _near(one: Term, two: Term, equal: bool) -> Iterator[Finding]:
    first, second = sorted((one, two), key=lambda t: t.id)
    declared = second.id in first.distinct_from or first.id in second.distinct_from
    (rest, marks), (other_rest, other_marks) = _without_marks(one.name), _without_marks(two.name)
    series = rest == other_rest and marks != other_marks
    shared = equal and normalise(one.name) == normalise(two.name)
    # Two ordinary words are two things ("contusion", "confusion"): a typo is no word.
    apart = set(words(one.name)) ^ set(words(two.name))
    ordinary = bool(apart) and apart <= common_words()
    # An equal name is the business of shared_surfaces, which knows of readings.
    if not (declared or shared or ordinary or series):
        yield Finding(
            "near-duplicate", first.id,
            f'"{first.name}" and "{second.name}" ({second.id}) are almost the same name',
            f"merge {second.id} into {first.id}, or declare disjoint_from if they differ",
            (first.id, second.id),
        )  # fmt: skip


def _without_marks(name: str) -> tuple[list[str], list[str]]:
    """Return the other words of a name, sorted, and its numerals and single letters."""
    tokens = sorted(words(name))
    marks = [token for token in tokens if _CONTRAST.fullmatch(token)]
    return [token for token in tokens if token not in marks], marks


def missing_definitions(onto: Ontology) -> Iterator[Finding]:
    """Find terms without a definition."""
    for term in onto.terms():
        if not term.definition.strip() and not term.obsolete:
            yield Finding(
                "missing-definition", term.id, f"{term.name} has no definition",
                "write one sentence that says what it is",
            )  # fmt: skip


def unknown_prefixes(onto: Ontology) -> Iterator[Finding]:
    """Find cross references whose prefix is not known."""
    for term in onto.terms():
        for xref in (*term.xrefs, *term.broad_xrefs):
            prefix, mark, local = xref.partition(":")
            if not (mark and local and prefix in XREF_PREFIXES):
                close = process.extractOne(prefix.upper(), sorted(XREF_PREFIXES))
                guess = close[0] if close else "a known one"
                yield Finding(
                    "unknown-xref-prefix", term.id,
                    f"{term.name} has the cross reference {xref!r}",
                    f"write PREFIX:CODE with a known prefix ({guess}?)",
                    (xref,),
                )  # fmt: skip


def missing_parents(onto: Ontology) -> Iterator[Finding]:
    """Find parents that no stanza declares, and terms tied to nothing."""
    for term in onto.terms():
        for parent in term.parents:
            if parent not in onto:
                yield Finding(
                    "missing-parent", term.id, f"{term.name} names the unknown parent {parent}",
                    f"declare {parent} or choose a parent there is",
                    (parent,),
                )  # fmt: skip
        if not term.parents and not onto.children(term.id) and not term.obsolete:
            yield Finding(
                "orphan", term.id, f"{term.name} has neither parent nor child",
                "give it a parent in one of the branches",
            )  # fmt: skip


CHECKS: Final[tuple[Check, ...]] = (
    cycles,
    missing_parents,
    both_dignities,
    misplaced,
    too_deep,
    shared_surfaces,
    comma_lists,
    near_duplicates,
    missing_definitions,
    unknown_prefixes,
)


def lint(onto: Ontology, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """Return the findings of all checks, in the order of the checks and then of the ids.

    An empty list says that the ontology is sound.

    >>> from ontology_graph import load_default
    >>> lint(load_default())
    []
    """
    return [
        finding
        for check in checks
        for finding in sorted(check(onto), key=lambda f: (f.check, f.term, f.message))
    ]


def _name(onto: Ontology, node: str) -> str:
    return onto.term(node).name if node in onto else node


def _has_reading(term: Term, key: str) -> bool:
    return any(normalise(surface) == key for surface, _ in term.readings)
