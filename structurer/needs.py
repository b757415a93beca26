"""Letters that a regular expression cannot match without.

"in (?:the )?(?:winter|summer)" begins at every "in", but there is no match in a text without
"winter" or "summer". :func:`needed_runs` tells such runs of letters from the expression;
they stand within one token, so a look-up a word tells if a text has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from structurer.firsts import Node, UnreadableError, parsed

_Runs = frozenset[str]


def needed_runs(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Return runs of ASCII letters, lower case, one of which is in every match; or ``None``.

    >>> sorted(needed_runs(re.compile("in (?:the )?(?:winter|summer)s?|hay ?fever")))
    ['fever', 'summer', 'winter']
    >>> needed_runs(re.compile("sun|[0-9]+")) is None
    True
    """
    try:
        return _of_sequence(parsed(pattern))
    except UnreadableError:
        return None


def _of_sequence(nodes: Iterable[Node]) -> _Runs | None:
    """Return the best of what the parts of a sequence need: long runs, few of them."""
    found: list[_Runs] = []
    run: list[str] = []
    for name, value in (*((str(n), v) for n, v in nodes), ("END", None)):
        if name == "LITERAL" and chr(value).isascii() and chr(value).isalpha():
            run.append(chr(value).lower())
            continue
        if run:
            found.append(frozenset({"".join(run)}))
            run = []
        runs = _of_part(name, value)
        if runs is not None:
            found.append(runs)
    return max(found, key=_worth, default=None)


def _of_part(name: str, value: Any) -> _Runs | None:
    if name == "SUBPATTERN":
        return _of_sequence(value[3])
    if name == "ATOMIC_GROUP":
        return _of_sequence(value)
    if name.endswith("_REPEAT"):
        return _of_sequence(value[2]) if value[0] else None
    if name == "BRANCH":
        return _of_any(value[1])
    return None


def _of_any(ways: Sequence[Iterable[Node]]) -> _Runs | None:
    found: set[str] = set()
    for way in ways:
        runs = _of_sequence(way)
        if runs is None:
            return None
        found |= runs
    return frozenset(found)


def _worth(runs: _Runs) -> tuple[int, int]:
    return min(map(len, runs)), -len(runs)
