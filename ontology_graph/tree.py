"""The ontology as text: a tree with box drawing, and one term as a card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from ontology_graph.graph import Ontology
from ontology_graph.lexicon import normalise
from ontology_graph.model import SCOPES, Term

_BRANCH: Final = ("├── ", "│   ")
_LAST: Final = ("└── ", "    ")
_NOTHING: Final = "-"
_NEAR_ENOUGH: Final = 50.0
"""Similarity (0..100) below which a name is no help as a suggestion."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Every term that is not obsolete in exactly one place: below its primary parent.

    ``roots`` are the terms without a usable parent, and one term of each cycle, so that the
    walk from the roots down ``children`` meets every term once, whatever the faults of the
    file. ``parent`` is the inverse of ``children``. All in file order.
    """

    roots: tuple[str, ...]
    children: dict[str, tuple[str, ...]]
    parent: dict[str, str]

    @classmethod
    def of(cls, ontology: Ontology) -> Forest:
        """Return the forest of an ontology.

        >>> from ontology_graph import load_default
        >>> forest = Forest.of(load_default())
        >>> [load_default().term(root).name for root in forest.roots]
        ['condition', 'concept', 'symptom', 'body site', 'skin tone']
        """
        parent = {}
        for term in ontology.terms():
            if not term.obsolete:
                usable = (p for p in term.parents if p in ontology and p != term.id)
                parent[term.id] = next((p for p in usable if not ontology.term(p).obsolete), "")
        _cut_cycles(parent)
        children: dict[str, list[str]] = {}
        for node, above in parent.items():
            children.setdefault(above, []).append(node)
        roots = tuple(children.pop("", ()))
        return cls(
            roots,
            {node: tuple(below) for node, below in children.items()},
            {node: above for node, above in parent.items() if above},
        )

    def walk(self) -> Iterator[str]:
        """Yield every id once, each below its parent, in order."""
        stack = list(reversed(self.roots))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(self.children.get(node, ())))


def _cut_cycles(parent: dict[str, str]) -> None:
    """Turn the first term of each cycle of primary parents into a root."""
    settled: set[str] = set()
    for start in parent:
        walk: dict[str, None] = {}
        node = start
        while node and node not in settled and node not in walk:
            walk[node] = None
            node = parent[node]
        if node in walk:
            parent[node] = ""
        settled.update(walk)


def render_tree(
    ontology: Ontology, node: str | None = None, *, branch: str | None = None, depth: int = 2
) -> Iterator[str]:
    """Yield the lines of the tree below a term, a branch, or the whole ontology.

    Every line has the name, the id and, in brackets, how many narrower terms there are.
    ``depth`` levels are shown below the top. A term with several parents stands under each;
    away from its primary parent it points there and is not opened again, so the tree ends
    even where the file has cycles.

    Raises:
        KeyError: for an unknown id.

    >>> from ontology_graph import load_default
    >>> lines = render_tree(load_default(), branch="skin_tone", depth=1)
    >>> [line.split("  ")[0] for line in lines]
    ['skin tone', '├── fitzpatrick scale', '├── monk scale', '└── skin tone descriptor']
    """
    forest = Forest.of(ontology)
    if node is not None:
        tops: tuple[str, ...] = (ontology.term(node).id,)
    else:
        tops = tuple(r for r in forest.roots if branch in (None, ontology.branch(r)))
    for top in tops:
        yield _line(ontology, top)
        yield from _below(ontology, forest, top, "", depth)


def _below(ontology: Ontology, forest: Forest, node: str, indent: str, depth: int) -> Iterator[str]:
    if depth < 1:
        return
    children = [c for c in ontology.children(node) if c in ontology]
    children = [c for c in children if not ontology.term(c).obsolete]
    for position, child in enumerate(children, start=1):
        mark, rule = _LAST if position == len(children) else _BRANCH
        home = forest.parent.get(child)
        if home == node:
            yield indent + mark + _line(ontology, child)
            yield from _below(ontology, forest, child, indent + rule, depth - 1)
        else:
            where = ontology.term(home).name if home else "the top"
            yield f"{indent}{mark}{_line(ontology, child)}  -> {where}"


def _line(ontology: Ontology, node: str) -> str:
    below = sum(d in ontology and not ontology.term(d).obsolete for d in ontology.descendants(node))
    return f"{ontology.term(node).name}  {node}" + (f"  ({below:,})" if below else "")


def render_card(ontology: Ontology, node: str) -> Iterator[str]:
    """Yield the lines of one term's card: what the ontology says of it, but the tree below.

    Raises:
        KeyError: for an unknown id.

    >>> from ontology_graph import load_default
    >>> onto = load_default()
    >>> print(next(render_card(onto, onto.by_name("condition").id)))
    condition  DERM:0000001
    """
    term = ontology.term(node)
    yield f"{term.name}  {term.id}" + ("  (obsolete)" if term.obsolete else "")
    rows = [
        ("branch", term.branch),
        ("path", " > ".join(ontology.path(node))),
        ("definition", term.definition),
        *_synonym_rows(term),
        ("xrefs", ", ".join(term.xrefs)),
        ("parents", ", ".join(_names(ontology, ontology.parents(node)))),
        ("children", ", ".join(_names(ontology, ontology.children(node)))),
        ("descendants", f"{len(ontology.descendants(node)):,}"),
    ]
    for label, value in rows:
        yield f"{label + ':':<13}{value or _NOTHING}"


def _synonym_rows(term: Term) -> Iterator[tuple[str, str]]:
    """Yield one row per scope that has synonyms, best scope first."""
    if not term.synonyms:
        yield "synonyms", ""
    scopes = [*SCOPES, *sorted({s.scope for s in term.synonyms} - set(SCOPES))]
    for scope in scopes:
        texts = [
            f"{s.text} [{s.kind.lower()}]" if s.kind else s.text
            for s in term.synonyms
            if s.scope == scope
        ]
        if texts:
            yield scope.lower(), "; ".join(texts)


def _names(ontology: Ontology, nodes: tuple[str, ...]) -> list[str]:
    return [ontology.term(n).name if n in ontology else n for n in nodes]


def nearest_names(
    ontology: Ontology, text: str, branch: str | None = None, limit: int = 3
) -> list[str]:
    """Return the preferred names whose own or other names look most like ``text``, best first.

    Likeness is the share of letters in common order (Indel), over normalised words; names
    with less than half in common are left out, so the list may be empty.

    >>> from ontology_graph import load_default
    >>> nearest_names(load_default(), "psoriasys")[0]
    'psoriasis'
    """
    forms = list(ontology.surface_forms(branch))
    hits = process.extract(
        normalise(text) or text,
        [normalise(form.text) for form in forms],
        scorer=fuzz.ratio,
        score_cutoff=_NEAR_ENOUGH,
        limit=20 * limit,
    )
    names = (ontology.term(forms[position].node).name for _, _, position in hits)
    return list(dict.fromkeys(names))[:limit]
