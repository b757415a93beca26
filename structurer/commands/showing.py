"""What ``structurer ontology show`` prints or writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from structurer.errors import UsageError, UserError

if TYPE_CHECKING:
    from ontology_graph import Ontology

WHOLE_DEPTH: Final = 2
"""Levels below the top of the tree of a whole ontology or branch."""

TERM_DEPTH: Final = 1
"""Levels below one term."""


def find(onto: Ontology, text: str, branch: str | None) -> str:
    """Return the id of the term that ``text`` names: an id, a name or a synonym.

    Spelling variants count, guesses do not.

    Raises:
        UserError: there is none; the message has the nearest names.
    """
    from ontology_graph import Linker
    from ontology_graph.tree import nearest_names

    if text in onto:
        return text
    link = Linker(onto).link(text, branch)
    if link.node is not None and link.match in ("exact", "normalised"):
        return link.node
    near = nearest_names(onto, text, branch)
    where = f"branch {branch}" if branch else "the ontology"
    hint = f"; nearest: {', '.join(near)}" if near else ""
    raise UserError(f"no term {text!r} in {where}{hint}")


def check_branch(onto: Ontology, branch: str | None) -> None:
    """See that the ontology has the branch.

    Raises:
        UsageError: it has none of this name; the message lists those it has.
    """
    if branch is not None and branch not in onto.branches:
        raise UsageError(f"no branch {branch!r}; choose from: {', '.join(onto.branches)}")


def as_text(onto: Ontology, node: str | None, branch: str | None, depth: int | None) -> str:
    """Return the card of a term with the tree below it, or the tree of a branch or of all."""
    from ontology_graph.tree import render_card, render_tree

    if node is None:
        lines = render_tree(onto, branch=branch, depth=WHOLE_DEPTH if depth is None else depth)
        return "\n".join(lines)
    card = list(render_card(onto, node))
    levels = TERM_DEPTH if depth is None else depth
    if levels and not onto.is_leaf(node):
        card += ["", *render_tree(onto, node, depth=levels)]
    return "\n".join(card)


def as_data(onto: Ontology, node: str | None, branch: str | None, depth: int | None) -> Any:
    """Return the same as plain values: an object for a term, else a list of nested objects."""
    from ontology_graph.tree import Forest

    if node is None:
        roots = [r for r in Forest.of(onto).roots if branch in (None, onto.branch(r))]
        levels = WHOLE_DEPTH if depth is None else depth
        return [_nested(onto, root, levels, frozenset()) for root in roots]
    found = onto.term(node)
    return {
        "id": found.id,
        "name": found.name,
        "branch": found.branch,
        "path": onto.path(node),
        "definition": found.definition,
        "synonyms": [
            {"text": s.text, "scope": s.scope, "kind": s.kind or None} for s in found.synonyms
        ],
        "xrefs": found.xrefs,
        "parents": found.parents,
        "children": {c: onto.term(c).name for c in onto.children(node) if c in onto},
        "descendants": len(onto.descendants(node)),
    }


def _nested(onto: Ontology, node: str, depth: int, above: frozenset[str]) -> dict[str, Any]:
    """Return a term with its children; a term below itself (a fault) is not opened again."""
    found: dict[str, Any] = {
        "id": node,
        "name": onto.term(node).name,
        "descendants": len(onto.descendants(node)),
    }
    if depth > 0 and node not in above:
        below = [c for c in onto.children(node) if c in onto and not onto.term(c).obsolete]
        found["children"] = [_nested(onto, c, depth - 1, above | {node}) for c in below]
    return found


def count_nodes(run_dir: Path) -> Counter[str]:
    """Return in how many captions of a run each node is named as present.

    Raises:
        UserError: the folder holds no run, or a part cannot be read.
    """
    from structurer.commands.common import run_folder
    from structurer.writers import read_rows

    found: Counter[str] = Counter()
    for row in read_rows(run_folder(run_dir)):
        named = (m["node"] for m in row["mentions"] if m["assertion"] == "present")
        found.update({node for node in named if node is not None})
    return found


def write_html(onto: Ontology, path: Path, title: str, run_dir: Path | None) -> None:
    """Write the page of the ontology to ``path``, shaded by what a run names if one is given.

    Raises:
        UserError: the run cannot be read, or the file cannot be written.
    """
    from ontology_graph.page import render_page

    counts = None if run_dir is None else count_nodes(run_dir)
    page = render_page(onto, title=title, counts=counts)
    try:
        path.write_bytes(page.encode("utf-8", "replace"))
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from None
