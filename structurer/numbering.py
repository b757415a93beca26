"""Numbered lists in running text: "Suspected: 1. Mycosis fungoides 2. Eczema", "A) ... B) ..."."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

_MOST: Final = 20
"""A longer list is a table or a protocol; a larger number is an age or a dose."""
_NUMBERS: Final = [str(number) for number in range(1, _MOST + 1)]
_LETTERS: Final = "ABCDEFGH"
_MARKS: Final = frozenset({".", ")"})


def numbered(words: Sequence[str]) -> list[int]:
    """Return the tokens that number the items of a list, 1 2 3 ..., in order.

    Letters with a bracket number one too, as far as they were not taken for marks of panels.

    >>> numbered("DDx : 1 . eczema 2 . psoriasis".split())
    [2, 5]
    >>> numbered("Dx ? A ) eczema B ) psoriasis".split())
    [2, 5]
    >>> numbered("papules since age 12 .".split())
    []
    """
    if "1" in words and "2" in words:
        return _in_order(words, _NUMBERS, _MARKS)
    if ")" in words:
        for letters in (_LETTERS, _LETTERS.lower()):
            if letters[0] in words and letters[1] in words:
                return _in_order(words, letters, frozenset(")"))
    return []


def _in_order(words: Sequence[str], names: Sequence[str], marks: AbstractSet[str]) -> list[int]:
    found: list[int] = []
    for i, (word, mark) in enumerate(pairwise(words)):
        if mark in marks and len(found) < len(names) and word == names[len(found)]:
            found.append(i)
    return found if len(found) > 1 else []
