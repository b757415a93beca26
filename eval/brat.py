"""Brat standoff annotation (https://brat.nlplab.org/standoff.html): ``.txt`` with ``.ann``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .documents import Document, Entity
from .gold import GoldError

_ENTITY: Final = re.compile(r"(?P<key>T\S+)\t(?P<type>\S+) (?P<offsets>[\d ;]+)\t(?P<text>.*)")
_ATTRIBUTE: Final = re.compile(r"[AM]\S+\t(?P<name>\S+) (?P<target>\S+)(?: (?P<value>\S+))?")
_EVENT: Final = re.compile(r"(?P<key>E\S+)\t\S+?:(?P<trigger>T\S+)")
_NORMALISATION: Final = re.compile(r"N\S+\tReference (?P<target>\S+) (?P<id>\S+)")
_UNUSED: Final = ("R", "*", "#")
"""Relations, equivalences and notes: read past."""


def read_brat(folder: Path) -> Iterator[Document]:
    """Yield the annotated texts of a folder in the order of their names.

    Attributes and normalisations of an event are those of its trigger.

    Raises:
        GoldError: no ``.ann`` file, a missing ``.txt``, a line of no known form, or offsets
            that do not give the text; the message says file and line.
    """
    files = sorted(folder.glob("*.ann"))
    if not files:
        raise GoldError(f"{folder}: no .ann file in it")
    for file in files:
        yield read_brat_file(file)


def read_brat_file(file: Path) -> Document:
    """Return one annotated text; its id is the file's name without the ending.

    Raises:
        GoldError: as :func:`read_brat`.
    """
    text = _read(file.with_suffix(".txt"))
    entities: dict[str, tuple[str, str, tuple[tuple[int, int], ...]]] = {}
    triggers: dict[str, str] = {}
    attributes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    ids: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(_read(file).split("\n"), start=1):
        if not line.strip() or line.startswith(_UNUSED):
            continue
        if match := _ENTITY.fullmatch(line):
            fragments = _fragments(match["offsets"], f"{file}:{number}")
            _check(text, fragments, match["text"], f"{file}:{number}")
            entities[match["key"]] = (match["type"], match["text"], fragments)
        elif match := _EVENT.match(line):
            triggers[match["key"]] = match["trigger"]
        elif match := _ATTRIBUTE.fullmatch(line):
            attributes[match["target"]].append((match["name"], match["value"] or "true"))
        elif match := _NORMALISATION.match(line):
            ids[match["target"]].append(match["id"])
        else:
            raise GoldError(f"{file}:{number}: no line of brat standoff: {line[:60]!r}")
    for event, trigger in triggers.items():
        attributes[trigger] += attributes.pop(event, [])
        ids[trigger] += ids.pop(event, [])
    return Document(
        file.stem,
        text,
        tuple(
            Entity(key, kind, found, fragments, tuple(ids[key]), tuple(attributes[key]))
            for key, (kind, found, fragments) in entities.items()
        ),
    )


def _read(file: Path) -> str:
    try:
        # newline="": offsets count every character of the file, carriage returns too.
        with file.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except OSError as error:
        raise GoldError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise GoldError(f"{file} is not UTF-8") from None


def _fragments(offsets: str, where: str) -> tuple[tuple[int, int], ...]:
    pairs = [part.split() for part in offsets.split(";")]
    if any(len(pair) != 2 for pair in pairs):
        raise GoldError(f"{where}: offsets {offsets!r} are not pairs of numbers")
    return tuple((int(start), int(end)) for start, end in pairs)


def _check(text: str, fragments: tuple[tuple[int, int], ...], stated: str, where: str) -> None:
    found = " ".join(text[start:end] for start, end in fragments)
    # Brat writes a line break inside an entity as a space.
    if " ".join(found.split()) != " ".join(stated.split()):
        raise GoldError(f"{where}: the text has {found!r} there, not {stated!r}")
