"""What is known of a word, worked out when the word is first met.

Captions are made of few distinct words. What depends on a word alone - its normal form, the
rules it may begin - is looked up for every token and computed once a word.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Final, Generic, TypeVar

_T = TypeVar("_T")

REMEMBERED: Final = 1 << 17
"""Distinct words a table keeps (tens of megabytes); a fuller table starts again."""


class WordTable(dict[str, _T], Generic[_T]):
    """A dictionary that computes what it lacks: ``table[word]`` never fails.

    >>> sizes = WordTable(len)
    >>> [sizes[word] for word in "red red rash".split()], len(sizes)
    ([3, 3, 4], 2)
    """

    __slots__ = ("_compute",)

    def __init__(self, compute: Callable[[str], _T]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, word: str) -> _T:
        value = self._compute(word)
        if len(self) >= REMEMBERED:
            self.clear()
        self[intern(word)] = value  # tables of many words have the same keys
        return value
