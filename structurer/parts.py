"""An alternative of a rule, and what it may begin with."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from structurer.firsts import STOP, UnreadableError, first_of
from structurer.leads import GAP, leads_of, plain_of
from structurer.needs import own_runs_of, runs_of
from structurer.phrases import any_of
from structurer.splitting import Alternative

_NO_WORDS: Final = ("zqxwv", "Zqxwv")
"""What begins with one of these begins with anything, or with any name."""


class Part:
    """An alternative, tried where the word there and the characters behind it allow it.

    Most have leads (:func:`structurer.leads.leads_of`), and a look-up tells; the expression of
    :func:`structurer.firsts.first_token` is made only for the others.
    """

    def __init__(self, way: Alternative) -> None:
        """Take an alternative.

        Raises:
            ValueError: if it can match nothing, or begin between tokens.
        """
        self.way = way
        self.leads = None if way.nodes is None else leads_of(way.nodes)
        self.runs: frozenset[str] | None = None
        """Letters of which a match has some, where it may begin with any word."""
        if self.leads is None or any(lead[0] == GAP for lead, _ in self.leads):
            first = self._first
            if first is not None and any(first.match(word + STOP) for word in _NO_WORDS):
                self.runs = None if way.nodes is None else runs_of(way.nodes)

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

    @cached_property
    def _own(self) -> re.Pattern[str] | None:
        """What finds letters without which the word is none: they are told at less cost."""
        return None if self.way.nodes is None else any_of(own_runs_of(self.way.nodes))

    def begins(self, word: str, at: int) -> bool:
        """Return whether it may begin in a word, so many letters into it."""
        if self._own is not None and not self._own.search(plain_of(word), at):
            return False
        return self._first is None or self._first.match(word + STOP, at) is not None

    def goes_on(self, piece: str, at: int) -> bool:
        """Return the same for a word with the characters behind it, and more to come."""
        return self._first is None or self._first.match(piece, at) is not None
