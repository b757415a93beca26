"""An alternative of a rule, and what it may begin with."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from structurer.firsts import STOP, UnreadableError, first_of
from structurer.needs import needed_runs
from structurer.splitting import Alternative

_NO_WORD: Final = "zqxwv"
"""What begins with this begins with anything."""

_LIKE_ASCII: Final = {0x131: "i", 0x17F: "s", 0x307: None}
"""What lower case leaves of letters that `re` takes for an ASCII letter in another case."""


def plain_of(text: str) -> str:
    """Return a text in lower case, with ASCII letters for what `re` takes for them.

    >>> plain_of("\u0130N\u017fECT")
    'insect'
    """
    return text.lower() if text.isascii() else text.lower().translate(_LIKE_ASCII)


class Part:
    """An alternative, tried where the word there and the characters behind it allow it.

    Most begin with letters, and a comparison tells; the expression of
    :func:`structurer.firsts.first_token` is made only where that is not enough.
    """

    def __init__(self, way: Alternative) -> None:
        """Take an alternative.

        Raises:
            ValueError: if it can match nothing, or begin between tokens.
        """
        self.way = way
        self.head = way.head
        self.runs: frozenset[str] | None = None
        """Letters of which a match has some, where it may begin with any word."""
        if self.head[:1] in (" ", "-", ""):
            first = self._first
            if first is not None and first.match(_NO_WORD + STOP):
                self.runs = needed_runs(way.compiled)

    @cached_property
    def _first(self) -> re.Pattern[str] | None:
        """What tells if it may begin somewhere; ``None`` if it may anywhere."""
        way = self.way
        if way.nodes is None:
            return None
        try:
            return first_of(way.nodes, way.flags, way.pattern)
        except UnreadableError:
            return None

    def begins(self, word: str, at: int, plain: str) -> bool:
        """Return whether it may begin in a word; ``plain`` is the word from there on."""
        head, size = self.head, len(plain)
        if not plain.startswith(head[:size]):
            return False
        if at == 0 and 0 < size < len(head):
            return _parts(head, size)
        return self._first is None or self._first.match(word + STOP, at) is not None

    def goes_on(self, piece: str, at: int, plain: str) -> bool:
        """Return the same for a word with the characters behind it, and more to come."""
        head, size = self.head, len(plain)
        if not plain.startswith(head[:size]):
            return False
        if size <= len(head):
            return True
        return self._first is None or self._first.match(piece, at) is not None


def _parts(head: str, at: int) -> bool:
    """Return whether a token may end within the head there."""
    pair = head[at - 1 : at + 1]
    return not (pair.isalpha() or pair.isdigit())
