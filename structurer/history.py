"""History: what began when, how it went, what came before, what was met and what was given.

Each kind has its rules and readers in a file of its own. Where what they read overlaps, the kind
that stands first in :data:`structurer.schema.HISTORY_KINDS` wins, then the longer span.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from structurer.durations import COURSES
from structurer.exposures import EXPOSURES
from structurer.frames import FRAMES
from structurer.historyspans import HistorySpan
from structurer.illnesses import ILLNESSES
from structurer.misspelt import MISSPELT, misspelt_drugs
from structurer.scan import Scan, scanned
from structurer.schema import HISTORY_KINDS
from structurer.treatments import TREATMENTS

_start: Final = attrgetter("start")
_RANKS: Final = {kind: rank for rank, kind in enumerate(HISTORY_KINDS)}


def find_history(text: str | Scan) -> list[HistorySpan]:
    """Return history phrases, sorted, none overlapping another.

    >>> text = "Itchy rash for 3 weeks, treated with topical steroids; no history of asthma."
    >>> [(text[h.start:h.end], h.kind) for h in find_history(text)]
    [('3 weeks', 'duration'), ('topical steroids', 'treatment'), ('asthma', 'past_medical')]
    """
    scan = scanned(text)
    found: list[HistorySpan] = []
    COURSES.read(scan, found)
    ILLNESSES.read(scan, found)
    if MISSPELT.is_open(scan):
        found += [HistorySpan(*span, "treatment") for span in misspelt_drugs(scan)]
    TREATMENTS.read(scan, found)
    EXPOSURES.read(scan, found)
    framed: list[HistorySpan] = []
    FRAMES.read(scan, framed)
    for item in framed:
        # Names that the lists hold say more than their frame.
        if item.assertion or not any(_overlap(item, other) for other in found):
            found.append(item)
    if len(found) < 2:
        return found
    found.sort(key=_start)
    end = 0
    for item in found:
        if item.start < end:
            return _chosen(found)
        end = item.end
    return found  # most captions: nothing to choose


def _chosen(found: list[HistorySpan]) -> list[HistorySpan]:
    """Return the spans that win where some overlap."""
    family = [h for h in found if h.kind == "family"]
    if family:
        found = [h for h in found if h.kind == "family" or not any(_in(h, f) for f in family)]
    met = [h for h in found if h.kind == "exposure" and h.named]
    if met:  # "contact with a TB patient": it is the other who is ill
        found = [h for h in found if h.kind != "past_medical" or not any(_in(h, m) for m in met)]
    found.sort(key=_rank)
    kept: list[HistorySpan] = []
    for item in found:
        if not any(_overlap(item, other) for other in kept):
            kept.append(item)
    kept.sort(key=_start)
    return kept


def _rank(item: HistorySpan) -> tuple[int, int, int]:
    return _RANKS[item.kind], item.start - item.end, item.start


def _in(item: HistorySpan, other: HistorySpan) -> bool:
    return other.start <= item.start and item.end <= other.end


def _overlap(item: HistorySpan, other: HistorySpan) -> bool:
    return item.start < other.end and other.start < item.end
