"""Whether a disease is over: it was had, or dealt with, at a time that is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_AGO: Final = frozenset({"ago", "earlier", "previously"})
_AGO_REACH: Final = 8
_REMOVED: Final = frozenset("removed excised resected cured treated".split())
_AUXILIARIES: Final = frozenset("was were had been has have that which surgically".split())
_UNITS: Final = (["year"], ["month"], ["week"], ["summer"], ["winter"], ["spring"], ["autumn"])
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_BREAKS: Final = frozenset(",.;:") | {"and", "but", "with"}
_DONE_REACH: Final = 9
_CLOSED: Final[tuple[list[str], ...]] = ([], ["."], ["!"], [","])
_HAD_REACH: Final = 3
_TIMES: Final = frozenset("day days week weeks month months year years".split())


def is_over(words: Sequence[str], low: int, first: int, last: int, high: int) -> bool:
    """Tell if what tokens ``[first, last)`` name was had at a time that is told.

    Words in lower case; the sentence is at tokens ``[low, high)``.

    >>> is_over("he had a boil six months ago".split(), 0, 3, 4, 7)
    True
    >>> is_over("he has a boil for six months".split(), 0, 3, 4, 7)
    False
    """
    before = words[max(low, first - _HAD_REACH) : first]
    if _is_done(words, low, first, last, high):
        return True
    if "had" not in before or "been" in before:
        return False
    behind = words[last : min(high, last + _AGO_REACH)]
    if "," in behind:
        behind = behind[: behind.index(",") + 1]
    for at, word in enumerate(behind):
        if word in _AGO and at and behind[at - 1] in _TIMES:
            return True
        if word == "before" and behind[at + 1 : at + 2] in _CLOSED:
            return True
    return False


def _is_done(words: Sequence[str], low: int, first: int, last: int, high: int) -> bool:
    """Tell if it was dealt with at a time that is told: "BCC excised in 2015"."""
    behind = words[last : min(high, last + _DONE_REACH)]
    treated = words[max(low, first - 2) : first] in (["treated", "for"], ["operated", "for"])
    if not treated:
        at = next((i for i, word in enumerate(behind) if word in _REMOVED), None)
        if at is None or not set(behind[:at]) <= _AUXILIARIES:
            return False
        if behind[:2] == ["had", "been"]:
            return True  # "had been excised twice"
        behind = behind[at + 1 :]
    for i, word in enumerate(behind):
        if word in _BREAKS:
            return False
        if word in _AGO or (word == "last" and behind[i + 1 : i + 2] in _UNITS):
            return True
        if word == "in" and i + 1 < len(behind) and _YEAR.fullmatch(behind[i + 1]):
            return True
    return False
