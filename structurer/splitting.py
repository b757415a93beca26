r"""A regular expression as its alternatives, written out one by one.

``\b(?:slowly|got worse|recurr(?:ed|ing))\b`` tries a hundred alternatives at every word it is
tried at. Split up, each has its own first words, and a word is tried with the one or two that
it can begin. Tried in their order at a place, the alternatives match what the whole matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from structurer.firsts import ATOMS, Node, UnreadableError, compiled, parsed, written_atom
from structurer.heads import inside_after

_PLACES: Final = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": r"\A",
    "AT_BOUNDARY": r"\b",
    "AT_NON_BOUNDARY": r"\B",
    "AT_END": "$",
    "AT_END_STRING": r"\Z",
}
_LOOKS: Final = {
    ("ASSERT", 1): "(?=",
    ("ASSERT", -1): "(?<=",
    ("ASSERT_NOT", 1): "(?!",
    ("ASSERT_NOT", -1): "(?<!",
}
_GREED: Final = {"MAX_REPEAT": "", "MIN_REPEAT": "?", "POSSESSIVE_REPEAT": "+"}
_FLAGS: Final = (("i", re.I), ("m", re.M), ("s", re.S))


Try = Callable[..., "re.Match[str] | None"]
"""A match method of a compiled pattern."""


class Alternative:
    """One way to match a pattern. It is compiled when it is first tried."""

    def __init__(
        self,
        pattern: str,
        flags: int,
        nodes: Sequence[Node] | None = None,
        ready: re.Pattern[str] | None = None,
    ) -> None:
        """Take what is written, its part of the parse tree, and it compiled, where there are."""
        self.pattern = pattern
        self.flags = flags
        self._ready = ready
        self.nodes = nodes
        self.inside_after = None if nodes is None else inside_after(nodes)
        """Letters behind which a match may begin within a word; ``None`` if behind any."""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, ready for use."""
        return self._ready or self._compiled(self.flags)

    @cached_property
    def match(self) -> Try:
        """The match method of the compiled pattern."""
        return self.compiled.match

    @cached_property
    def match_ascii(self) -> Try:
        """The same for texts in ASCII (:func:`for_ascii`)."""
        return self._compiled(for_ascii(self.flags)).match

    def _compiled(self, flags: int) -> re.Pattern[str]:
        if self.nodes is None or self._ready is not None:  # a whole pattern may have groups
            return re.compile(self.pattern, flags)
        return compiled(self.nodes, flags, self.pattern)


def for_ascii(flags: int) -> int:
    """Return flags with which a pattern finds the same in a text in ASCII, and faster.

    Blind to case, `re` looks every letter up in the tables of Unicode if it is not told that it
    need not. The two differ in what is a letter, a digit or a space (:func:`reads_as_ascii`).
    """
    return flags & ~re.UNICODE | re.ASCII


_UNLIKE: Final = re.compile(r"[\x1c-\x1f]|(?![\x00-\x7f])[\w\s]")
"""Letters, digits and spaces that only Unicode knows as such."""


def reads_as_ascii(text: str) -> bool:
    r"""Return whether patterns of ASCII and of Unicode find the same in a text.

    >>> [reads_as_ascii(text) for text in ("5 \u00d7 5 mm", "M\xe9ni\xe8re", "5\x1fmm")]
    [True, False, False]
    """
    if text.isascii():
        return not ("\x1c" in text or "\x1d" in text or "\x1e" in text or "\x1f" in text)
    return _UNLIKE.search(text) is None


def alternatives(pattern: re.Pattern[str]) -> list[Alternative]:
    r"""Return the alternatives that a pattern begins with, in order; the pattern alone if none.

    What a pattern may begin with but need not is an alternative of its own, left whole: the rest
    then tells by its own first words. A pattern with capturing groups is left whole: its matches
    are asked for them. So is one whose parse tree this Python does not give.

    >>> [p.pattern for p in alternatives(re.compile(r"\b(?:red|(?:pale|dark)er)\b"))]
    ['\\bred\\b', '\\bpaleer\\b', '\\bdarker\\b']
    >>> [p.pattern for p in alternatives(re.compile(r"(?:very )*(?:red|pale)"))]
    ['(?:very\\ ){1,}(?:red|pale)', 'red', 'pale']
    """
    try:
        tree = list(parsed(pattern))
    except UnreadableError:
        return [Alternative(pattern.pattern, pattern.flags, ready=pattern)]
    ways = [tree] if pattern.groups else _split(tree)
    if len(ways) == 1:
        return [Alternative(pattern.pattern, pattern.flags, tree, pattern)]
    return [Alternative(_written(way), pattern.flags, way) for way in ways]


def _split(nodes: Sequence[Node]) -> list[list[Node]]:
    for i, (kind, value) in enumerate(nodes):
        name = str(kind)
        if _takes_nothing(name, value):
            continue
        inner: list[Iterable[Node]]
        if name == "BRANCH":
            inner = list(value[1])
        elif name == "SUBPATTERN" and not value[1] and not value[2]:
            inner = [value[3]]
        elif name == "MAX_REPEAT" and not value[0] and value[1]:
            # As often as it can, then not at all: the order in which they are tried.
            with_it = [*nodes[:i], (kind, (1, *value[1:])), *nodes[i + 1 :]]
            return [with_it, *_split([*nodes[:i], *nodes[i + 1 :]])]
        else:
            break
        before, after = nodes[:i], nodes[i + 1 :]
        return [way for one in inner for way in _split([*before, *one, *after])]
    return [list(nodes)]


def _takes_nothing(name: str, value: Any) -> bool:
    """Return whether a part only looks around."""
    if name == "BRANCH":
        return all(_takes_nothing(str(n), v) for way in value[1] for n, v in way)
    if name == "SUBPATTERN":
        return all(_takes_nothing(str(n), v) for n, v in value[3])
    return name in ("AT", "ASSERT", "ASSERT_NOT")


def _written(nodes: Iterable[Node]) -> str:
    return "".join(_part(str(kind), value, (kind, value)) for kind, value in nodes)


def _part(name: str, value: Any, node: Node) -> str:
    if name in ATOMS:
        return written_atom(node)
    if name == "AT":
        return _PLACES[str(value)]
    if name == "BRANCH":
        return f"(?:{'|'.join(map(_written, value[1]))})"
    if name == "SUBPATTERN":
        added, dropped = ("".join(c for c, f in _FLAGS if flags & f) for flags in value[1:3])
        return f"(?{added}{f'-{dropped}' if dropped else ''}:{_written(value[3])})"
    if name == "ATOMIC_GROUP":
        return f"(?>{_written(value)})"
    if name in _GREED:
        least, most, inner = value
        top = int(most) if int(most) < _NO_END else ""
        return f"(?:{_written(inner)}){{{int(least)},{top}}}{_GREED[name]}"
    return f"{_LOOKS[name, value[0]]}{_written(value[1])})"


_NO_END: Final = 4_000_000_000
"""`re` writes a repetition without an end as one with 2**32 - 1 or more."""
