"""The ontology as a NetworkX graph, asked in standard terms.

Edges run from child to parent, as obonet reads them, so ``networkx.descendants`` on
:attr:`Ontology.graph` gives broader terms; the methods here say what they mean instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import networkx as nx

from ontology_graph.model import PARENT_RELATIONS, SurfaceForm, Term
from ontology_graph.stanza import term_from_attributes


class Ontology:
    """Terms and their hierarchy. Built by the loaders; never changes afterwards.

    The constructor accepts faulty graphs (cycles, undeclared parents), so that
    :mod:`ontology_graph.lint` can report on them; walks never loop.
    """

    def __init__(self, graph: nx.MultiDiGraph[str], version: str) -> None:
        self.graph = graph
        self.version = version
        self._parents: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, list[str]] = {}
        self._terms: dict[str, Term] = {}
        self._link_family()
        self._read_terms()

    def _link_family(self) -> None:
        for node, data in self.graph.nodes(data=True):
            above = self.graph.adj[node]
            found: list[str] = []
            for relation in PARENT_RELATIONS:
                found.extend(p for p, keys in above.items() if relation in keys and p not in found)
            primary = _primary_parent(data) if len(found) > 1 else None
            if primary in found:
                found.sort(key=lambda parent: parent != primary)
            self._parents[node] = tuple(found)
            for parent in found:
                self._children.setdefault(parent, []).append(node)

    def _read_terms(self) -> None:
        for node, data in self.graph.nodes(data=True):
            if "name" not in data:
                continue
            root = self._primary_walk(node)[-1]
            root_name = self.graph.nodes[root].get("name", root)
            branch = str(root_name).lower().replace(" ", "_")
            self._terms[node] = term_from_attributes(node, data, branch, self._parents[node])

    def _primary_walk(self, node: str) -> list[str]:
        """Ids from ``node`` up to its root along primary parents; stops where it would loop."""
        walk = [node]
        seen = {node}
        while (parents := self._parents.get(walk[-1], ())) and parents[0] not in seen:
            walk.append(parents[0])
            seen.add(parents[0])
        return walk

    def __len__(self) -> int:
        return len(self._terms)

    def __contains__(self, node: object) -> bool:
        return node in self._terms

    def term(self, node: str) -> Term:
        """Return the term with this id.

        Raises:
            KeyError: for an id that is not declared in the ontology.

        >>> from ontology_graph import load_default
        >>> load_default().term("DERM:0000001").name
        'condition'
        """
        try:
            return self._terms[node]
        except KeyError:
            raise KeyError(f"no term {node!r} in this ontology of {len(self)} terms") from None

    def terms(self, branch: str | None = None) -> Iterator[Term]:
        """Yield the terms of a branch (or of all) in file order, roots and obsolete included."""
        return (t for t in self._terms.values() if branch is None or t.branch == branch)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Ids of terms without parents that are not obsolete, in file order."""
        return tuple(
            t.id for t in self._terms.values() if not self._parents[t.id] and not t.obsolete
        )

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """Branch keys in file order: the roots' names in lower case with underscores."""
        return tuple(self._terms[root].branch for root in self.roots)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        index: dict[str, str] = {}
        for term in self._terms.values():
            index.setdefault(term.name.lower(), term.id)
        return index

    def by_name(self, name: str) -> Term:
        """Return the term with this preferred name, whatever the case.

        Raises:
            KeyError: where no term has the name.

        >>> from ontology_graph import load_default
        >>> load_default().by_name("Body site").id
        'DERM:0000004'
        """
        try:
            return self._terms[self._by_name[name.lower()]]
        except KeyError:
            raise KeyError(f"no term is named {name!r}") from None

    def branch(self, node: str) -> str:
        """Return the key of the branch that the term's primary path leads to.

        Raises:
            KeyError: for an unknown id.
        """
        return self.term(node).branch

    @cached_property
    def hierarchy(self) -> nx.DiGraph[str]:
        """The graph of parent edges alone, from child to parent: ready for NetworkX.

        Every declared term is a node; an undeclared parent is one too.

        >>> import networkx as nx
        >>> from ontology_graph import load_default
        >>> nx.is_directed_acyclic_graph(load_default().hierarchy)
        True
        """
        found: nx.DiGraph[str] = nx.DiGraph()
        found.add_nodes_from(self._terms)
        found.add_edges_from(
            (node, parent) for node in self._terms for parent in self._parents[node]
        )
        return found

    def path_ids(self, node: str) -> tuple[str, ...]:
        """Return the ids of the primary path, from just below the branch root to the term.

        Raises:
            KeyError: for an unknown id.
        """
        self.term(node)
        return tuple(reversed(self._primary_walk(node)[:-1]))

    def path(self, node: str) -> tuple[str, ...]:
        """Return the names of the primary path; empty for a root.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> onto.path(onto.by_name("papule").id)[-1]
        'papule'
        """
        return tuple(self._terms[i].name if i in self._terms else i for i in self.path_ids(node))

    def root(self, node: str) -> str:
        """Return the id at which the primary path begins: the root of the term's branch.

        Raises:
            KeyError: for an unknown id.
        """
        self.term(node)
        return self._primary_walk(node)[-1]

    def parents(self, node: str) -> tuple[str, ...]:
        """Return the ids of the direct parents, the primary one first.

        Raises:
            KeyError: for an unknown id.
        """
        self.term(node)
        return self._parents[node]

    def children(self, node: str) -> tuple[str, ...]:
        """Return the ids of the direct children, in file order.

        Raises:
            KeyError: for an unknown id.
        """
        self.term(node)
        return tuple(self._children.get(node, ()))

    def ancestors(self, node: str) -> frozenset[str]:
        """Return the ids of all broader terms, the roots included, the term itself not.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> onto.by_name("psoriasis").id in onto.ancestors(onto.by_name("guttate psoriasis").id)
        True
        """
        self.term(node)
        return frozenset(nx.descendants(self.hierarchy, node))  # edges run upwards

    def descendants(self, node: str) -> frozenset[str]:
        """Return the ids of all narrower terms, the term itself not.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> onto.by_name("finger").id in onto.descendants(onto.by_name("upper limb").id)
        True
        """
        self.term(node)
        return frozenset(nx.ancestors(self.hierarchy, node))

    def is_leaf(self, node: str) -> bool:
        """Return whether the term has no narrower term."""
        return not self.children(node)

    def depth(self, node: str) -> int:
        """Return the levels below the branch root along the primary path; 0 for a root.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> onto.depth(onto.by_name("condition").id)
        0
        """
        return len(self.path_ids(node))

    def max_depth(self, node: str) -> int:
        """Return the levels below a root along the longest way up (cycles walked once).

        Raises:
            KeyError: for an unknown id.
        """
        self.term(node)

        def climb(current: str, seen: frozenset[str]) -> int:
            ways = [p for p in self._parents.get(current, ()) if p not in seen]
            return 1 + max(climb(p, seen | {p}) for p in ways) if ways else 0

        return climb(node, frozenset({node}))

    def _upward(self, node: str) -> dict[str, int]:
        """Return every id at or above ``node`` with its shortest distance."""
        self.term(node)
        return dict(nx.single_source_shortest_path_length(self.hierarchy, node))

    def common_ancestors(self, first: str, second: str) -> frozenset[str]:
        """Return the ids of the terms at or above both; a term counts as above itself.

        Raises:
            KeyError: for an unknown id.
        """
        return frozenset(i for i in self._upward(first).keys() & self._upward(second) if i in self)

    def lowest_common_ancestor(self, first: str, second: str) -> str | None:
        """Return the deepest term at or above both, ``None`` for terms of different branches.

        Depth is counted along primary paths; of equally deep terms the smaller id is taken.

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> finger, palm = onto.by_name("finger").id, onto.by_name("palm").id
        >>> onto.term(onto.lowest_common_ancestor(finger, palm)).name
        'hand'
        """
        common = self.common_ancestors(first, second)
        return min(common, key=lambda i: (-self.depth(i), i)) if common else None

    def wu_palmer(self, first: str, second: str) -> float:
        """Return the Wu-Palmer similarity in 0..1; 0 for terms of different branches.

        ``2 * N3 / (N1 + N2 + 2 * N3)`` with N1, N2 the edges to the lowest common ancestor
        and N3 the nodes from it up to the root (Wu and Palmer, ACL 1994).

        Raises:
            KeyError: for an unknown id.

        >>> from ontology_graph import load_default
        >>> onto = load_default()
        >>> nose, finger, thumb = (onto.by_name(n).id for n in ("nose", "finger", "thumb"))
        >>> onto.wu_palmer(finger, thumb) > onto.wu_palmer(finger, nose)
        True
        """
        meet = self.lowest_common_ancestor(first, second)
        if meet is None:
            return 0.0
        up = 2 * (self.depth(meet) + 1)
        return up / (self._upward(first)[meet] + self._upward(second)[meet] + up)

    def surface_forms(self, branch: str | None = None) -> Iterator[SurfaceForm]:
        """Yield every way to write a term that can be linked to.

        Roots (they only name the branch) and obsolete terms are left out.
        """
        roots = set(self.roots)
        for term in self.terms(branch):
            if term.id in roots or term.obsolete:
                continue
            yield SurfaceForm(term.name, term.id, term.branch, "name")
            for synonym in term.synonyms:
                kind = "abbreviation" if synonym.kind == "ABBREVIATION" else "synonym"
                yield SurfaceForm(synonym.text, term.id, term.branch, kind, synonym.scope)


def _primary_parent(data: dict[str, object]) -> str | None:
    for value in data.get("property_value") or ():  # type: ignore[attr-defined]
        relation, _, target = str(value).partition(" ")
        if relation == "primary_parent":
            return target.strip()
    return None
