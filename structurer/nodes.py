"""Swollen lymph nodes as a clause tells them: "cervical nodes were not enlarged"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from structurer.gates import Gate

_NODES: Final = frozenset("node nodes gland glands".split())
NODES: Final = Gate(_NODES.__contains__)
"""Open in texts that speak of nodes or glands."""
_WHERE: Final = frozenset(
    "lymph cervical occipital inguinal axillary submandibular submental supraclavicular regional "
    "preauricular postauricular retroauricular epitrochlear femoral popliteal groin neck".split()
)
_SIZED: Final = frozenset("enlarged palpable swollen".split())
_BETWEEN: Final = frozenset(
    "is are was were be been became not no longer palpably slightly mildly moderately markedly "
    "also and both bilaterally firm tender mobile soft noted found felt to".split()
)
_REACH: Final = 5
"""Words that may stand between the nodes and what is said of their size."""


class Nodes(NamedTuple):
    """Tokens ``[first, last)`` that say that nodes are swollen, or that they are not."""

    first: int
    last: int
    absent: bool


def swollen_nodes(words: Sequence[str]) -> Iterator[Nodes]:
    """Yield what a text says of the size of lymph nodes; words in lower case.

    >>> list(swollen_nodes("cervical nodes were not enlarged".split()))
    [Nodes(first=0, last=5, absent=True)]
    >>> list(swollen_nodes("lymph node biopsy".split()))
    []
    """
    if _SIZED.isdisjoint(words):
        return
    for i, word in enumerate(words):
        if word not in _NODES:
            continue
        first = i
        while first and words[first - 1] in _WHERE:
            first -= 1
        if first == i:
            continue
        if first and words[first - 1] in _SIZED:
            yield Nodes(first - 1, i + 1, absent=False)
            continue
        at = i + 1
        while at < len(words) and at - i <= _REACH and words[at] in _BETWEEN:
            at += 1
        if words[at : at + 1] and words[at] in _SIZED:
            yield Nodes(first, at + 1, "not" in words[i:at] or "no" in words[i:at])
