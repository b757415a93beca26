"""An OBO file as stanzas of raw lines: edited line by line, so that the rest stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ontology_graph.graph import Ontology
from ontology_graph.loaders import read_obo
from ontology_graph.normalise import TAG_ORDER
from ontology_graph.rows import Row, name_id, tags_of

_HEAD: Final = re.compile(r"^\[(\w+)\]\s*$")
_COMMENT: Final = re.compile(r"\s+! .*$")
_NUMBERED: Final = re.compile(r"^([A-Za-z][\w.-]*):(\d+)$")
_PLACE: Final = {tag: place for place, tag in enumerate(TAG_ORDER)}


@dataclass(slots=True)
class Stanza:
    """The raw lines of a header (kind "") or a stanza, the ``[Kind]`` line not among them."""

    kind: str
    lines: list[str] = field(default_factory=list)

    def values(self, tag: str) -> list[str]:
        """Return the values of a tag in order, comments dropped."""
        return [_value(line) for line in self.lines if _tag(line) == tag]

    def value(self, tag: str) -> str:
        """Return the first value of a tag, empty where there is none."""
        return next((_value(line) for line in self.lines if _tag(line) == tag), "")

    def drop(self, tag: str, value: str) -> bool:
        """Remove the lines with this tag and value; return whether there were any."""
        kept = [line for line in self.lines if _tag(line) != tag or _value(line) != value]
        changed = len(kept) != len(self.lines)
        self.lines = kept
        return changed

    def put(self, tag: str, value: str) -> bool:
        """Add a line in its place among the tags unless it is there; return whether it was not."""
        if value in self.values(tag):
            return False
        place = _PLACE.get(tag, len(_PLACE))
        at = 0
        for number, line in enumerate(self.lines, start=1):
            if line.strip() and _PLACE.get(_tag(line), len(_PLACE)) <= place:
                at = number
        self.lines.insert(at, f"{tag}: {value}")
        return True

    def replace(self, tag: str, value: str, new: str) -> bool:
        """Put ``new`` where ``value`` stood; return whether it stood there."""
        hits = [
            n for n, line in enumerate(self.lines) if _tag(line) == tag and _value(line) == value
        ]
        if not hits:
            return False
        if new in self.values(tag):
            return self.drop(tag, value)
        self.lines[hits[0]] = f"{tag}: {new}"
        self.lines = [line for n, line in enumerate(self.lines) if n not in hits[1:]]
        return True


def _tag(line: str) -> str:
    return line[: max(line.find(":"), 0)].strip()


def _value(line: str) -> str:
    return _COMMENT.sub("", line.partition(":")[2]).strip()


class Document:
    """The stanzas of an OBO text in order; ids may repeat."""

    def __init__(self, stanzas: Sequence[Stanza]) -> None:
        self.stanzas = list(stanzas)

    @classmethod
    def parse(cls, text: str) -> Document:
        """Return the stanzas of a text; :meth:`text` gives the same text back."""
        stanzas = [Stanza("")]
        for line in text.split("\n"):
            head = _HEAD.match(line)
            if head:
                stanzas.append(Stanza(head[1]))
            else:
                stanzas[-1].lines.append(line.rstrip("\r"))
        return cls(stanzas)

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> Document:
        """Return the rows as stanzas, repeated ids included."""
        stanzas = [Stanza("", ["format-version: 1.4", "ontology: converted", ""])]
        for row in rows:
            lines = [f"id: {row.id}"]
            for tag, value in tags_of(row).items():
                values = [value] if isinstance(value, str) else value
                lines += [f"{tag}: {one}" for one in values]
            lines += [f"is_a: {parent}" for parent in row.parents]
            stanzas.append(Stanza("Term", [*lines, ""]))
        return cls(stanzas)

    def text(self) -> str:
        """Return the OBO text."""
        parts: list[str] = []
        for stanza in self.stanzas:
            parts += [f"[{stanza.kind}]"] if stanza.kind else []
            parts += stanza.lines
        return "\n".join(parts)

    def ontology(self) -> Ontology:
        """Return the ontology of this text; of stanzas with one id the last is read.

        Raises:
            OntologyError: where the text does not follow the OBO format.
        """
        return Ontology(read_obo(self.text()), "")

    def terms(self) -> Iterator[Stanza]:
        """Yield the term stanzas in order."""
        return (stanza for stanza in self.stanzas if stanza.kind == "Term")

    def term(self, node: str) -> Stanza | None:
        """Return the first stanza of a term, ``None`` where there is none."""
        line = f"id: {node}"
        return next((s for s in self.terms() if line in s.lines or s.value("id") == node), None)

    def add_term(self, node: str, name: str, parents: Sequence[str], after: str = "") -> None:
        """Add a stanza behind the term ``after``, or at the end of the terms."""
        lines = [f"id: {node}", f"name: {name}", *(f"is_a: {parent}" for parent in parents), ""]
        places = [n for n, s in enumerate(self.stanzas) if s.kind == "Term"]
        anchor = [n for n in places if self.stanzas[n].value("id") == after]
        at = anchor[0] if anchor else places[-1] if places else 0
        if self.stanzas[at].lines[-1:] != [""]:
            self.stanzas[at].lines.append("")
        self.stanzas.insert(at + 1, Stanza("Term", lines))

    def remove(self, stanza: Stanza) -> None:
        """Remove one stanza."""
        self.stanzas = [one for one in self.stanzas if one is not stanza]

    def new_id(self, name: str) -> str:
        """Return an id that no stanza has, in the style of this file: numbers, or names."""
        used = {v for s in self.terms() for tag in ("id", "alt_id") for v in s.values(tag)}
        numbered = [match for match in map(_NUMBERED.match, sorted(used)) if match]
        if 2 * len(numbered) > len(used):
            prefixes = [match[1] for match in numbered]
            prefix = max(sorted(set(prefixes)), key=prefixes.count)
            locals_ = [match[2] for match in numbered if match[1] == prefix]
            number = 1 + max(int(local) for local in locals_)
            return f"{prefix}:{number:0{max(map(len, locals_))}d}"
        plain, number = name_id(name), 2
        node = plain
        while node in used:
            node, number = f"{plain}_{number}", number + 1
        return node
