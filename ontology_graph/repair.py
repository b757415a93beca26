"""Lint a file of any format and mend it, stanza by stanza.

The same file always gives the same repair; what is sound stays byte for byte as it is, and
a repaired file is not changed again.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontology_graph.edits import apply, take
from ontology_graph.graph import Ontology
from ontology_graph.lexicon import normalise
from ontology_graph.lint import CHECKS, Check, Finding, lint
from ontology_graph.loaders import ROW_READERS, read_text
from ontology_graph.model import OntologyError
from ontology_graph.obotext import Document
from ontology_graph.planning import Plan, plan, touched
from ontology_graph.rows import COLUMNS, LIST_MARK

_ROUNDS: Final = 1000
"""More rounds than any file needs; ends a repair whose steps undo one another."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired file: its text, the diff to the file as it was, what was done and is left.

    ``done`` holds findings whose ``repair`` says what was done; ``left`` those for a person.
    """

    text: str
    diff: str
    done: tuple[Finding, ...]
    left: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finding and how it will be mended, ``None`` where a person must decide."""

    finding: Finding
    plan: Plan | None

    @property
    def repair(self) -> str:
        """What will be done, or what a person should do."""
        return self.plan.what if self.plan else self.finding.repair


def propose(path: str | Path) -> list[Proposal]:
    """Return every fault of a file with its repair, in the order of the checks and ids.

    Raises:
        OntologyError: where the file cannot be read at all.
        OSError: where the file cannot be read.
    """
    path = Path(path)
    document = _document(read_text(path)[0], path)
    found = [Proposal(finding, Plan(finding.repair, ())) for finding in _repeated_ids(document)]
    ontology = document.ontology()
    return found + [Proposal(finding, plan(ontology, finding)) for finding in lint(ontology)]


def repair_file(path: str | Path, output: str | Path | None = None) -> Repair:
    """Return the repair of a file, in the format of ``output`` (OBO where that is not given).

    ``output`` is not written; :func:`write` does. JSON keeps names and parents only, TSV
    all but readings and declared differences. The diff compares the same format before and
    after, so it shows repairs alone.

    Raises:
        OntologyError: where the file cannot be read at all, or there is no writer for the
            suffix of ``output``.
        OSError: where the file cannot be read.
    """
    path = Path(path)
    suffix = Path(output).suffix.lower() if output is not None else ".obo"
    writer = WRITERS.get(suffix)
    if writer is None:
        raise OntologyError(f"{output}: cannot write this format: use {', '.join(WRITERS)}")
    source = read_text(path)[0]
    before = _document(source, path)
    after = _document(source, path)
    done, left = mend(after)
    same = path.suffix.lower() == suffix
    old = source if same and suffix == ".obo" else writer(before)
    new = writer(after)
    if same and new == old:
        old = new = source
    name = Path(output).name if output is not None else path.with_suffix(suffix).name
    diff = "".join(_diff(old, new, path.name, name))
    return Repair(new, diff, tuple(done), tuple(left))


def write(repair: Repair, output: str | Path) -> Path:
    """Write the repaired text to ``output`` and the diff beside it; return the diff's path.

    Raises:
        OSError: where one of them cannot be written.
    """
    output = Path(output)
    beside = output.with_name(output.name + ".diff")
    output.write_text(repair.text, encoding="utf-8", newline="\n")
    beside.write_text(repair.diff, encoding="utf-8", newline="\n")
    return beside


def mend(document: Document) -> tuple[list[Finding], list[Finding]]:
    """Repair a document in place; return what was done and what is left for a person.

    Checks are mended in their order, and all of them again until a whole pass changes
    nothing.

    Raises:
        OntologyError: where the document does not follow the OBO format.
    """
    done = list(_repeated_ids(document, mending=True))
    ontology = document.ontology()
    for _ in range(_ROUNDS):
        before = len(done)
        for check in CHECKS:
            mended = _mend_one(document, ontology, check)
            done += mended
            ontology = document.ontology() if mended else ontology
        if len(done) == before:
            break
    return done, lint(ontology)


def _mend_one(document: Document, ontology: Ontology, check: Check) -> list[Finding]:
    """Mend the findings of one check that do not touch the same terms; the rest wait."""
    busy: set[str] = set()
    done = []
    for finding in lint(ontology, [check]):
        found = plan(ontology, finding)
        if found is None or busy & touched(found.edits):
            continue
        busy |= touched(found.edits)
        before = document.text()
        for edit in found.edits:
            apply(document, edit)
        if document.text() != before:
            done.append(_with_repair(finding, found.what))
    return done


def _with_repair(finding: Finding, what: str) -> Finding:
    return Finding(finding.check, finding.term, finding.message, what, finding.about)


def _repeated_ids(document: Document, mending: bool = False) -> Iterator[Finding]:
    """Yield a finding per repeated id; mend them if asked, first stanza first.

    A stanza of the same name is joined to the first; another is another term and gets a new
    id, which no other stanza can mean.
    """
    seen: dict[str, str] = {}
    for stanza in list(document.terms()):
        node, name = stanza.value("id"), stanza.value("name")
        if node not in seen:
            seen[node] = name
            continue
        same = normalise(seen[node]) == normalise(name)
        what = f"join the two stanzas of {name}" if same else f'give "{name}" an id of its own'
        if mending:
            first = document.term(node)
            if same and first is not None:
                take(first, stanza, skip={"id", "name"})
                document.remove(stanza)
            else:
                new = document.new_id(name)
                stanza.replace("id", node, new)
                what = f'"{name}" becomes {new}'
        yield Finding("duplicate-id", node, f'{node} is "{seen[node]}" and also "{name}"', what)


def _document(text: str, path: Path) -> Document:
    reader = ROW_READERS.get(path.suffix.lower())
    try:
        document = Document.of_rows(reader(text)) if reader else Document.parse(text)
        document.ontology()
    except OntologyError as error:
        raise OntologyError(f"{path}: {error}") from None
    return document


def _diff(old: str, new: str, old_name: str, new_name: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), old_name, new_name
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _as_json(document: Document) -> str:
    onto = document.ontology()
    layout: dict[str, list[str]] = {}
    for term in onto.terms():
        children = [onto.term(child).name for child in onto.children(term.id) if child in onto]
        if children or not term.parents:
            layout.setdefault(term.name, []).extend(children)
    return json.dumps(layout, ensure_ascii=False, indent=2) + "\n"


_TSV: Final = (
    "id",
    "name",
    "parents",
    "EXACT",
    "NARROW",
    "BROAD",
    "RELATED",
    "definition",
    "xrefs",
)


def _as_tsv(document: Document) -> str:
    onto = document.ontology()
    lines = ["\t".join(COLUMNS[key][-1] if key in _SCOPED else COLUMNS[key][0] for key in _TSV)]
    for term in onto.terms():
        cells = {
            "id": term.id,
            "name": term.name,
            "parents": LIST_MARK.join(term.parents),
            "definition": term.definition,
            "xrefs": LIST_MARK.join(term.xrefs),
        }
        for scope in ("EXACT", *_SCOPED):
            cells[scope] = LIST_MARK.join(s.text for s in term.synonyms if s.scope == scope)
        lines.append("\t".join(" ".join(cells[key].split()) for key in _TSV))
    return "\n".join(lines) + "\n"


_SCOPED: Final = ("NARROW", "BROAD", "RELATED")

WRITERS: Final[dict[str, Callable[[Document], str]]] = {
    ".obo": Document.text,
    ".tsv": _as_tsv,
    ".json": _as_json,
}
"""Suffix -> writer of a repaired file."""
