"""The normal form of an OBO file, so that a change of the ontology is a small diff.

``python -m ontology_graph.normalise FILE`` rewrites the file; with ``--check`` it only says
what is not normal and exits 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontology_graph.model import OntologyError

HEADER_ORDER: Final[tuple[str, ...]] = (
    "format-version", "data-version", "date", "saved-by", "auto-generated-by", "import",
    "subsetdef", "synonymtypedef", "default-namespace", "idspace", "remark", "ontology",
    "property_value",
)  # fmt: skip
"""Order of header tags, as the OBO 1.4 guide gives it; unknown tags follow by name."""

TAG_ORDER: Final[tuple[str, ...]] = (
    "id", "is_anonymous", "name", "namespace", "alt_id", "def", "comment", "subset", "synonym",
    "xref", "builtin", "property_value", "is_metadata_tag", "is_transitive", "is_a",
    "intersection_of", "union_of", "equivalent_to", "disjoint_from", "relationship",
    "is_obsolete", "replaced_by", "consider",
)  # fmt: skip
"""Order of tags in a stanza, as the OBO 1.4 guide gives it; unknown tags follow by name."""

_SINGLE: Final = frozenset({"id", "name", "namespace", "def", "comment", "is_obsolete"})
_STANZA_ORDER: Final = {"Term": 0, "Typedef": 1, "Instance": 2}
_COMMENT: Final = re.compile(r"\s+! .*$")
_TARGET: Final = re.compile(r"^(?:(\S+) )?(\S+:\S+)$")
_TERM_ID: Final = re.compile(r"^[A-Za-z][\w.-]*:\S+$")
REFERENCES: Final = frozenset({"is_a", "relationship", "disjoint_from", "replaced_by", "consider"})
"""Tags whose value ends with the id of another term."""


@dataclass(frozen=True, slots=True)
class _Line:
    tag: str
    value: str
    number: int


@dataclass(frozen=True, slots=True)
class _Stanza:
    kind: str
    lines: tuple[_Line, ...]

    def value(self, tag: str) -> str:
        return next((line.value for line in self.lines if line.tag == tag), "")


def _split(text: str) -> list[_Stanza]:
    """Return the header (kind "") and the stanzas of an OBO text.

    Raises:
        OntologyError: for a line that is no ``tag: value``; it names the line.
    """
    stanzas: list[_Stanza] = []
    kind, lines = "", list[_Line]()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("!"):
            continue
        if line.startswith("[") and line.endswith("]"):
            stanzas.append(_Stanza(kind, tuple(lines)))
            kind, lines = line[1:-1], []
            continue
        tag, mark, value = line.partition(":")
        if not mark:
            raise OntologyError(f"line {number}: {line!r} is no 'tag: value' line")
        lines.append(_Line(tag.strip(), value.strip(), number))
    stanzas.append(_Stanza(kind, tuple(lines)))
    return stanzas


def _check_stanzas(stanzas: Sequence[_Stanza]) -> None:
    """Raise OntologyError for a missing, malformed or repeated id or single tag."""
    used: dict[str, int] = {}
    for stanza in stanzas:
        ids = [line for line in stanza.lines if line.tag in ("id", "alt_id")]
        if stanza.kind and not any(line.tag == "id" for line in ids):
            where = stanza.lines[0].number if stanza.lines else "?"
            raise OntologyError(f"line {where}: [{stanza.kind}] without an id: add one")
        for line in ids:
            if line.value in used:
                raise OntologyError(
                    f"line {line.number}: id {line.value} is used already on line "
                    f"{used[line.value]}: ids are never reused, take a new one"
                )
            used[line.value] = line.number
            if stanza.kind == "Term" and not _TERM_ID.match(line.value):
                raise OntologyError(f"line {line.number}: {line.value!r} is no PREFIX:LOCAL id")
        seen: set[str] = set()
        for line in stanza.lines if stanza.kind else ():
            if line.tag in _SINGLE and line.tag in seen:
                raise OntologyError(f"line {line.number}: a second {line.tag} in one stanza")
            seen.add(line.tag)


def _render(stanza: _Stanza, order: tuple[str, ...], names: dict[str, str]) -> str:
    rank = {tag: place for place, tag in enumerate(order)}
    lines = {_canonical(line, names) for line in stanza.lines}
    ordered = sorted(lines, key=lambda tv: (rank.get(tv[0], len(rank)), tv[0], tv[1].lower(), tv))
    head = [f"[{stanza.kind}]"] if stanza.kind else []
    return "\n".join(head + [f"{tag}: {value}" for tag, value in ordered])


def _canonical(line: _Line, names: dict[str, str]) -> tuple[str, str]:
    """Return tag and value; a reference gets the name of its target as comment."""
    if line.tag not in REFERENCES:
        return line.tag, line.value
    value = _COMMENT.sub("", line.value)
    target = _TARGET.match(value)
    name = names.get(target[2]) if target else None
    return line.tag, f"{value} ! {name}" if name else value


def normalise_text(text: str) -> str:
    r"""Return the OBO text in normal form: stanzas by id, tags in order, no repeated lines.

    Idempotent; the content is the same but for comments, which are rewritten from names.

    Raises:
        OntologyError: for a malformed line, a stanza without id, or an id used twice.

    >>> print(normalise_text("ontology: x\nformat-version: 1.4\n"), end="")
    format-version: 1.4
    ontology: x
    """
    header, *stanzas = _split(text)
    _check_stanzas(stanzas)
    names = {stanza.value("id"): stanza.value("name") for stanza in stanzas}
    stanzas.sort(key=lambda s: (_STANZA_ORDER.get(s.kind, 3), s.kind, s.value("id")))
    blocks = [_render(header, HEADER_ORDER, names)]
    blocks += [_render(stanza, TAG_ORDER, names) for stanza in stanzas]
    return "\n\n".join(blocks) + "\n"


def first_difference(text: str) -> str | None:
    """Return where the text leaves its normal form, ``None`` where it is normal.

    Raises:
        OntologyError: as :func:`normalise_text`.
    """
    normal = normalise_text(text)
    if text == normal:
        return None
    pairs = zip(text.split("\n"), normal.split("\n"), strict=False)
    for number, (found, wanted) in enumerate(pairs, start=1):
        if found != wanted:
            return f"line {number}: {found!r} should be {wanted!r}"
    return "the end of the file differs: blank lines or missing stanzas"


def main(argv: Sequence[str] | None = None) -> int:
    """Normalise or check one file; return 0 when done or normal, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m ontology_graph.normalise")
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing, say what differs")
    args = parser.parse_args(argv)
    try:
        text = args.file.read_bytes().decode("utf-8")
        problem = first_difference(text)
        if problem and not args.check:
            args.file.write_bytes(normalise_text(text).encode("utf-8"))
    except (OSError, UnicodeDecodeError, OntologyError) as error:
        sys.stderr.write(f"{args.file}: {error}\n")
        return 1
    if problem and args.check:
        sys.stderr.write(f"{args.file}: not in normal form: {problem}; run without --check\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
