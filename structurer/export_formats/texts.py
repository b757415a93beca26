"""Which texts of an output row go to training, and how they fit an encoder's context."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from structurer.budget import fits

Row = Mapping[str, Any]

KINDS: Final[tuple[str, ...]] = ("clean", "refined", "ontology", "concept", "context")
"""Texts of a row that make a pair with its image, in this order."""


def one_line(text: str) -> str:
    r"""Return ``text`` on one line without control characters.

    A tokenizer of CLIP makes one space of any white space, so nothing that it reads is lost,
    and no reader of a table trips over it.

    >>> one_line("red\r\n plaque\x00s")
    'red plaques'
    """
    spaced = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) != "Cc").split())


def caption_text(row: Row) -> str:
    """Return the cleaned caption; for a failed row the original one. May be empty."""
    clean = row["texts"]["clean"]
    return one_line(clean if clean and row["status"] == "ok" else row["caption"] or "")


def training_texts(row: Row, budget: int) -> list[str]:
    """Return the texts of a row that train, no two the same; empty if there is nothing to say.

    A caption over the budget gives way to its pieces, since an encoder would cut it anywhere.
    """
    texts = row["texts"]
    caption = caption_text(row)
    found = [caption]
    if row["status"] == "ok":
        if texts["subcaptions"] and not fits(caption, budget):
            found = list(texts["subcaptions"])
        found += [texts[kind] for kind in KINDS[1:] if texts[kind]]
    return list(dict.fromkeys(line for line in map(one_line, found) if line))


def truncated(row: Row, budget: int) -> str:
    """Return the beginning of the caption that fits the budget.

    Whole pieces of it where they are known, whole words for a failed row.
    """
    caption = caption_text(row)
    if fits(caption, budget):
        return caption
    pieces = row["texts"]["subcaptions"] if row["status"] == "ok" else caption.split()
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(" ".join(pieces[:middle]), budget):
            low = middle
        else:
            high = middle - 1
    return one_line(" ".join(pieces[:low]))
