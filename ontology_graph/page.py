"""The ontology as one HTML page: a zoomable sunburst, a search box, the card of each term.

The page holds its style, script and data, and loads nothing: its content security policy
allows the script and the style it was written with, by hash, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from ontology_graph.graph import Ontology
from ontology_graph.model import SCOPES, Term
from ontology_graph.tree import Forest

_SCRIPTS: Final[tuple[str, ...]] = (
    "data.js",
    "colour.js",
    "geometry.js",
    "labels.js",
    "sunburst.js",
    "search.js",
    "card.js",
    "main.js",
)
"""The parts of the page's script, in the order they are joined."""

_UNSAFE: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What could end or change a script element, as JSON writes it otherwise."""


def render_page(
    ontology: Ontology, *, title: str = "Ontology", counts: Mapping[str, int] | None = None
) -> str:
    """Return the page as HTML.

    Every term that is not obsolete is in it once, whatever the faults of the file. The same
    ontology, title and counts give the same text. ``counts`` says how often each id was
    named somewhere; terms are then shaded by it.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    style = _asset("page.css")
    script = '(() => {\n"use strict";\n' + "\n".join(map(_asset, _SCRIPTS)) + "})();\n"
    environment = Environment(
        loader=PackageLoader("ontology_graph", "page_assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html").render(
        title=title,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=Markup(_json(_payload(ontology, title, counts or {}))),
    )


def _asset(name: str) -> str:
    return (files("ontology_graph") / "page_assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the source expression of a content security policy for an inline element."""
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest())
    return f"'sha256-{digest.decode('ascii')}'"


def _json(payload: Any) -> str:
    r"""Return compact JSON in ASCII that is safe inside a script element.

    >>> print(_json(["</script>", "é"]))
    ["\u003c/script\u003e","\u00e9"]
    """
    return json.dumps(payload, separators=(",", ":")).translate(_UNSAFE)


def _payload(ontology: Ontology, title: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the data of the page; terms are rows, parents before children, told by position.

    A row: id, name, position of the parent (-1 for a root), positions of the other parents,
    definition, synonyms, codes, count. Synonyms are grouped: scope, kind, text, text, ...
    """
    forest = Forest.of(ontology)
    position = {node: at for at, node in enumerate(forest.walk())}
    rows = []
    for node in position:
        term = ontology.term(node)
        home = forest.parent.get(node)
        others = [position[p] for p in term.parents if p != home and p in position and p != node]
        rows.append(
            [
                node,
                term.name,
                position[home] if home else -1,
                others,
                term.definition,
                _synonyms(term),
                list(term.xrefs),
                counts.get(node, 0),
            ]
        )
    return {
        "title": title,
        "version": ontology.version,
        "counted": bool(counts),
        "terms": rows,
    }


def _synonyms(term: Term) -> list[list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for synonym in term.synonyms:
        groups.setdefault((synonym.scope, synonym.kind), []).append(synonym.text)
    rank = {scope: at for at, scope in enumerate(SCOPES)}
    ordered = sorted(groups, key=lambda group: (rank.get(group[0], len(rank)), group))
    return [[scope, kind, *groups[scope, kind]] for scope, kind in ordered]
