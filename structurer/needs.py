"""Letters that a regular expression cannot match without.

"in (?:the )?(?:winter|summer)" begins at every "in", but there is no match in a text without
"winter" or "summer". :func:`needed_runs` tells such runs of letters from the expression;
they stand within one token, so a look-up a word tells if a text has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, Final

from structurer.firsts import ATOMS, Node, UnreadableError, parsed, takes_letters

_Runs = frozenset[str]


def needed_runs(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Return runs of ASCII letters, lower case, one of which is in every match; or ``None``.

    >>> sorted(needed_runs(re.compile("in (?:the )?(?:winter|summer)s?|hay ?fever")))
    ['fever', 'summer', 'winter']
    >>> needed_runs(re.compile("sun|[0-9]+")) is None
    True
    """
    try:
        return runs_of(parsed(pattern))
    except UnreadableError:
        return None


def own_runs_of(nodes: Iterable[Node]) -> frozenset[str] | None:
    r"""Return runs one of which is in the word that a match begins in; ``None`` if none is known.

    >>> tree = parsed(re.compile(r"\b[a-z]{2,}(?:azole|mab)s?(?: cream)?"))
    >>> sorted(own_runs_of(tree) or ())
    ['azole', 'mab']
    """
    return runs_of(takewhile(_is_of_letters, (node for node in nodes if str(node[0]) != "AT")))


def _is_of_letters(node: Node) -> bool:
    name, value = str(node[0]), node[1]
    if name == "BRANCH":
        return all(_is_of_letters(one) for way in value[1] for one in way)
    if name == "SUBPATTERN":
        return all(map(_is_of_letters, value[3]))
    if name.endswith("_REPEAT"):
        return all(map(_is_of_letters, value[2]))
    return name in ATOMS and takes_letters(node)


def runs_of(nodes: Iterable[Node]) -> frozenset[str] | None:
    """Return the best of what the parts of a parse tree need: long runs, few of them."""
    found: list[_Runs] = []
    run = _NOTHING
    for name, value in (*((str(n), v) for n, v in nodes), ("END", None)):
        words = _words(name, value)
        if words and len(run) * len(words) <= _MOST:
            run = frozenset([one + more for one in run for more in words])
            continue
        if "" not in run:
            found.append(_shortest(run))
        run = words or _NOTHING
        runs = _of_part(name, value)
        if runs is not None:
            found.append(runs)
    return max(found, key=_worth, default=None)


_NOTHING: Final = frozenset({""})
_MOST: Final = 256
"""Runs of letters that are put together from their parts; more are left in parts."""


def _shortest(runs: _Runs) -> _Runs:
    """Return the runs that hold no other."""
    kept: list[str] = []
    for run in sorted(runs, key=len):
        if not any(one in run for one in kept):
            kept.append(run)
    return frozenset(kept)


def _words(name: str, value: Any) -> _Runs | None:
    """Return all that a part matches, if that is a few runs of ASCII letters."""
    if name == "LITERAL" and chr(value).isascii() and chr(value).isalpha():
        return frozenset({chr(value).lower()})
    if name == "SUBPATTERN":
        return _words_of(value[3])
    if name == "BRANCH":
        ways = [_words_of(way) for way in value[1]]
        return None if None in ways else frozenset().union(*(way for way in ways if way))
    if name.endswith("_REPEAT") and value[:2] == (0, 1):
        once = _words_of(value[2])
        return once and once | _NOTHING
    return None


def _words_of(nodes: Iterable[Node]) -> _Runs | None:
    words = _NOTHING
    for name, value in nodes:
        more = _words(str(name), value)
        if more is None or len(words) * len(more) > _MOST:
            return None
        words = frozenset([one + then for one in words for then in more])
    return words


def _of_part(name: str, value: Any) -> _Runs | None:
    if name == "SUBPATTERN":
        return runs_of(value[3])
    if name == "ATOMIC_GROUP":
        return runs_of(value)
    if name.endswith("_REPEAT"):
        return runs_of(value[2]) if value[0] else None
    if name == "BRANCH":
        return _of_any(value[1])
    return None


def _of_any(ways: Sequence[Iterable[Node]]) -> _Runs | None:
    found: set[str] = set()
    for way in ways:
        runs = runs_of(way)
        if runs is None:
            return None
        found |= runs
    return frozenset(found)


def _worth(runs: _Runs) -> tuple[int, int]:
    return min(map(len, runs)), -len(runs)
