"""A phrase of history, and the readers that make one of what a rule matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from structurer.rules import Rule
from structurer.scan import Scan
from structurer.valueclass import valueclass


@valueclass
class HistorySpan:
    """A history phrase: span of the clean text and kind."""

    start: int
    end: int
    kind: str
    assertion: str | None = None
    named: bool = False
    """Is the whole phrase one fact, so that no name inside it is marked on its own?"""


Reader = Callable[[re.Match[str], Scan], HistorySpan | None]
"""From a match to the phrase that it tells, if it tells one here."""


class Readers:
    """Rules, each with its reader, in the order in which they are asked."""

    def __init__(self, *pairs: tuple[Rule, Reader]) -> None:
        self._pairs: Final = [(rule.number, ~rule.number, rule, read) for rule, read in pairs]

    def read(self, scan: Scan, found: list[HistorySpan]) -> None:
        """Add what they read in a text. Most rules begin nowhere in it and are not asked."""
        places, met = scan.places, scan.met
        for number, opened, rule, read in self._pairs:
            if number in places or opened in met:
                for match in rule.finditer(scan):
                    span = read(match, scan)
                    if span is not None:
                        found.append(span)
