"""PubTator annotation (Wei et al., Nucleic Acids Res 2013): title, abstract, tab lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .documents import Document, Entity
from .gold import GoldError

_TEXT: Final = re.compile(r"(?P<id>\S+?)\|(?P<part>[ta])\|(?P<text>.*)")
_MENTION_COLUMNS: Final = (5, 6, 7)
"""Columns of a mention: id, start, end, text, type, then ids and ids of the parts, if any."""
_ID_SEPARATORS: Final = re.compile(r"[|;,+]")


def read_pubtator(file: Path) -> Iterator[Document]:
    """Yield the documents of a PubTator file; a text is title, one space, abstract.

    Relation lines are read past.

    Raises:
        GoldError: the file cannot be read, a line of no known form, or offsets that do not
            give the text; the message says file and line.
    """
    try:
        with file.open(encoding="utf-8", newline="\n") as stream:
            block: list[tuple[int, str]] = []
            for number, raw in enumerate(stream, start=1):
                line = raw.rstrip("\r\n")
                if line.strip():
                    block.append((number, line))
                elif block:
                    yield _document(block, file)
                    block = []
            if block:
                yield _document(block, file)
    except OSError as error:
        raise GoldError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise GoldError(f"{file} is not UTF-8") from None


def _document(block: list[tuple[int, str]], file: Path) -> Document:
    parts: dict[str, str] = {}
    identity = ""
    entities: list[Entity] = []
    for number, line in block:
        where = f"{file}:{number}"
        columns = line.split("\t")
        if match := _TEXT.fullmatch(line):
            identity = identity or match["id"]
            parts[match["part"]] = match["text"]
        elif len(columns) in _MENTION_COLUMNS and columns[1].isdigit() and columns[2].isdigit():
            text = f"{parts.get('t', '')} {parts.get('a', '')}"
            entities.append(_entity(columns, text, where, key=f"T{len(entities) + 1}"))
        elif len(columns) != 4:  # four columns: a relation of two ids
            raise GoldError(f"{where}: no line of PubTator: {line[:60]!r}")
    if "t" not in parts:
        raise GoldError(f"{file}:{block[0][0]}: a document without a title line (id|t|...)")
    return Document(identity, f"{parts['t']} {parts.get('a', '')}".rstrip(), tuple(entities))


def _entity(columns: list[str], text: str, where: str, key: str) -> Entity:
    start, end, stated = int(columns[1]), int(columns[2]), columns[3]
    # Corpora differ in white space at quotation marks inside a mention.
    if text[start:end].split() != stated.split():
        raise GoldError(f"{where}: the text has {text[start:end]!r} there, not {stated!r}")
    ids = _ID_SEPARATORS.split(columns[5]) if len(columns) > 5 else []
    stripped = tuple(part.strip() for part in ids if part.strip())
    return Entity(key, columns[4], text[start:end], ((start, end),), stripped)
