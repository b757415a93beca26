"""Numbered lists in running text: "Suspected: 1. Mycosis fungoides 2. Eczema"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_MOST: Final = 20
"""A longer list is a table or a protocol; a larger number is an age or a dose."""
_MARKS: Final = frozenset({".", ")"})


def numbered(words: Sequence[str]) -> list[int]:
    """Return the tokens that number the items of a list, 1 2 3 ..., in order.

    >>> numbered("DDx : 1 . eczema 2 . psoriasis".split())
    [2, 5]
    >>> numbered("papules since age 12 .".split())
    []
    """
    if "1" not in words or "2" not in words:
        return []
    found: list[int] = []
    for i, (word, mark) in enumerate(pairwise(words)):
        if mark in _MARKS and word == str(len(found) + 1) and len(found) < _MOST:
            found.append(i)
    return found if len(found) > 1 else []
