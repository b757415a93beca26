r"""Which tokens a regular expression can begin at, told from the expression itself.

A search tries an expression at every character; nearly every match begins at one of a few
words. :func:`first_token` rewrites an expression so that it accepts every token in which, or
with which, a match may begin. Once a word is known to begin none, no text has to be tried
there again (:mod:`structurer.rules`).

The rewriting works on the parse tree of :mod:`re`. What may lie behind the token's end
becomes optional there: "history of" turns into ``history(?: |END)(?:o|END)(?:f|END)``. What
the text around a token decides (look-around, a boundary at its ends) counts as given, and so
does what lies more than :data:`LOOKED` characters behind its end: an expression so cut off is
made several times as fast. So the result accepts more tokens than needed, never fewer; the tests
hold it to that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

# The parser of `re` has no public name; its tree has kept its form since Python 2. Where it
# cannot be had or read, patterns are tried at every word: slower, and the same matches.
try:
    _parser: Any = import_module("re._parser")
    _compiler: Any = import_module("re._compiler")
except ImportError:  # pragma: no cover
    _parser = _compiler = None

Node = tuple[Any, Any]
"""A part of a parse tree: what it is, and its parts."""


class UnreadableError(Exception):
    """The parse tree of a pattern cannot be had, or has a part that nothing is known of."""


STOP: Final = "\0"
"""Behind a word: it ends there. Without it, a piece of text of which more may come."""

_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_END: Final = r"(?![^\0])"
# A pattern may be tried in a text that is cut where a token starts: "5" of "5mg" ends one.
_BOUNDARY: Final = rf"(?:\b|\A|{_END}|(?<=\d)(?!\d)|(?<!\d)(?=\d)|(?<=_)|(?=_))"

_ANYTHING: Final = "(?s:.)*"
"""To the end of what is compared; all that follows is optional there."""

LOOKED: Final = 3
"""Characters that may lie behind the token's end and are compared all the same: a space or a
hyphen and the beginning of the next word."""

# What is surely behind us: nothing yet, a letter or a digit of this token, or nothing is sure.
_HEAD, _LETTER, _DIGIT, _UNSURE = "head", "letter", "digit", ""


class _State(NamedTuple):
    """Where the rewriting is: what is behind it, and how many characters it still compares."""

    behind: str
    left: int


def parsed(pattern: re.Pattern[str]) -> Any:
    """Return the parse tree of a pattern: a sequence of nodes.

    Raises:
        UnreadableError: if this Python does not give it.
    """
    try:
        return _parser.parse(pattern.pattern, pattern.flags)
    except AttributeError as error:
        raise UnreadableError(f"re has no parser that is known here: {error}") from error


def compiled(nodes: Sequence[Node], flags: int, pattern: str) -> re.Pattern[str]:
    """Return a part of a parse tree, without groups, ready for use; ``pattern`` is its text.

    More than half of what a compilation costs is reading the text again.
    """
    try:
        state = _parser.State()
        state.flags, state.str = flags, pattern
        made: re.Pattern[str] = _compiler.compile(_parser.SubPattern(state, list(nodes)), flags)
    except (AttributeError, TypeError):  # this Python makes them in another way
        return re.compile(pattern, flags)
    return made


def is_readable(pattern: re.Pattern[str]) -> bool:
    """Return whether this Python gives the parse tree of a pattern."""
    try:
        parsed(pattern)
    except UnreadableError:
        return False
    return True


def first_token(pattern: re.Pattern[str]) -> re.Pattern[str]:
    r"""Return an expression that tells where a match of the pattern may begin.

    Its ``match(token + STOP, i)`` tells if one may begin at ``token[i]``; its
    ``match(piece, i)`` the same for the first characters of a text, with more to come.

    Raises:
        ValueError: if a match may be empty, or begin at a space or a hyphen: such places
            are no tokens.
        UnreadableError: if the pattern has a part that nothing is known of.

    >>> first = first_token(re.compile(r"\bhistory of|(?<=my )(?:wife|son)\b|[a-z]+azole"))
    >>> words = "history past prehistory my son sons ketoconazole".split()
    >>> [word for word in words if first.match(word + STOP)]
    ['history', 'son', 'ketoconazole']
    >>> [piece for piece in ("history o", "history w", "so") if first.match(piece)]
    ['history o', 'so']
    """
    return first_of(parsed(pattern), pattern.flags, pattern.pattern)


def first_of(nodes: Sequence[Node], flags: int, pattern: str) -> re.Pattern[str]:
    """Return the same for a part of a parse tree; ``pattern`` is its text, for messages.

    Raises:
        ValueError, UnreadableError: as :func:`first_token` does.
    """
    written, _ = _sequence(nodes, _State(_HEAD, LOOKED))
    first = re.compile(written, flags)
    if first.match("") or first.match(STOP):
        raise ValueError(f"pattern can match nothing at all: {pattern!r}")
    for place in (" ", "-"):
        if first.match(place):
            raise ValueError(f"pattern can begin at {place!r}: {pattern!r}")
    return first


def _sequence(nodes: Iterable[Node], state: _State) -> tuple[str, _State]:
    """Return a sequence rewritten, and what is behind it."""
    pieces: list[str] = []
    nodes = list(nodes)
    for i, node in enumerate(nodes):
        if not state.left:
            pieces.append(_ANYTHING)
            break
        if state.behind == _HEAD and _may_be_skipped(node):
            # With it and without it apart: without it the rest begins at the head.
            once = (node[0], (1, *node[1][1:]))
            with_it, one = _sequence((once, *nodes[i + 1 :]), state)
            without, two = _sequence(nodes[i + 1 :], state)
            return "".join((*pieces, f"(?:{with_it}|{without})")), _joined((one, two))
        piece, state = _rewrite(node, state)
        pieces.append(piece)
    return "".join(pieces), state


def _may_be_skipped(node: Node) -> bool:
    return str(node[0]).endswith("_REPEAT") and not node[1][0] and node[1][1] > 0


def _rewrite(node: Node, state: _State) -> tuple[str, _State]:
    name = str(node[0])
    if name not in _WAYS:
        raise UnreadableError(f"no rule for the regular expression part {name}")
    return _WAYS[name](node, state)


def _atom(node: Node, state: _State) -> tuple[str, _State]:
    """Rewrite what takes one character: required within the token, optional behind its end."""
    written, kind = written_atom(node), _kind(node)
    if state.behind == _HEAD:
        return written, state._replace(behind=kind)
    if kind and state.behind == kind:  # no letter follows a letter behind the end of a token
        return rf"(?:{written}|\Z)", state
    return f"(?:{written}|{_END})", _State(_UNSURE, state.left - 1)


def written_atom(node: Node) -> str:
    """Return what takes one character, as it is written in an expression."""
    name, value = str(node[0]), node[1]
    if name == "LITERAL":
        return re.escape(chr(value))
    if name == "NOT_LITERAL":
        return f"[^{re.escape(chr(value))}]"
    if name == "ANY":
        return "."
    return f"[{''.join(map(_member, value))}]"


def _member(item: Node) -> str:
    name, value = str(item[0]), item[1]
    if name == "NEGATE":
        return "^"
    if name == "LITERAL":
        return re.escape(chr(value))
    if name == "RANGE":
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return _CATEGORIES[str(value)]


def takes_letters(node: Node) -> bool:
    """Return whether an atom takes letters only."""
    return _kind(node) == _LETTER


def _kind(node: Node) -> str:
    """Return whether an atom takes letters only or digits only, in whatever case."""
    name, value = str(node[0]), node[1]
    if name == "LITERAL":
        return _class_of(chr(value), chr(value))
    if name != "IN":
        return _UNSURE
    kinds = set()
    for item in value:
        kind, held = str(item[0]), item[1]
        if kind == "LITERAL":
            kinds.add(_class_of(chr(held), chr(held)))
        elif kind == "RANGE":
            kinds.add(_class_of(chr(held[0]), chr(held[1])))
        else:
            kinds.add(_DIGIT if str(held) == "CATEGORY_DIGIT" else _UNSURE)
    return kinds.pop() if len(kinds) == 1 else _UNSURE


def _class_of(low: str, high: str) -> str:
    if "0" <= low <= high <= "9":
        return _DIGIT
    within = any(a <= low <= high <= z for a, z in ("az", "AZ"))
    return _LETTER if within or (low == high and low.isalpha()) else _UNSURE


def _group(node: Node, state: _State) -> tuple[str, _State]:
    _, added, dropped, inner = node[1]
    flags = "".join(c for c, flag in (("i", re.I), ("s", re.S)) if added & flag)
    without = "".join(c for c, flag in (("i", re.I), ("s", re.S)) if dropped & flag)
    written, after = _sequence(inner, state)
    return f"(?{flags}{f'-{without}' if without else ''}:{written})", after


def _atomic(node: Node, state: _State) -> tuple[str, _State]:
    written, after = _sequence(node[1], state)
    return f"(?:{written})", after


def _branch(node: Node, state: _State) -> tuple[str, _State]:
    return _either(node[1][1], state)


def _either(ways: Sequence[Iterable[Node]], state: _State) -> tuple[str, _State]:
    written, after = zip(*(_sequence(way, state) for way in ways), strict=True)
    return f"(?:{'|'.join(written)})", _joined(after)


def _joined(states: Sequence[_State]) -> _State:
    behind = {state.behind for state in states}
    left = max(state.left for state in states)
    return _State(behind.pop() if len(behind) == 1 else _UNSURE, left)


def _repeat(node: Node, state: _State) -> tuple[str, _State]:
    least, most, inner = node[1]
    if not most:
        return "", state
    once, after = _sequence(inner, state)
    top = "" if most is _parser.MAXREPEAT else str(int(most))
    if after == state or most == 1:
        return f"(?:{once}){{{least},{top}}}", after if least else _joined((state, after))
    again, then = _sequence(inner, after)
    if then != after:
        again, then = _sequence(inner, after._replace(behind=_UNSURE))
        then = then._replace(behind=_UNSURE)
    rest = f"(?:{again}){{{max(0, least - 1)},{str(int(most) - 1) if top else ''}}}"
    written = f"(?:{once}){rest}"
    if least:
        return written, then
    return f"(?:{written})?", _joined((state, then))


def _at(node: Node, state: _State) -> tuple[str, _State]:
    """Rewrite a boundary: known within the token only. A start or an end is always possible."""
    return (_BOUNDARY if str(node[1]) == "AT_BOUNDARY" else ""), state


def _look(node: Node, state: _State) -> tuple[str, _State]:
    """Rewrite a look-around: a look-behind counts by its last character, where the token has it."""
    negated = str(node[0]) == "ASSERT_NOT"
    direction, inner = node[1]
    nodes = list(inner)
    if direction > 0 or not nodes or str(nodes[-1][0]) not in ATOMS:
        return "", state
    if negated:
        return ("" if len(nodes) > 1 else f"(?:(?<!{written_atom(nodes[0])})|{_END})"), state
    return rf"(?:(?<={written_atom(nodes[-1])})|\A|{_END})", state


def _reference(node: Node, state: _State) -> tuple[str, _State]:
    return _ANYTHING, state._replace(behind=_UNSURE)


def _conditional(node: Node, state: _State) -> tuple[str, _State]:
    _, yes, no = node[1]
    return _either([yes, no or ()], state)


ATOMS: Final = ("LITERAL", "NOT_LITERAL", "ANY", "IN")
_WAYS: Final[dict[str, Callable[[Node, _State], tuple[str, _State]]]] = {
    **dict.fromkeys(ATOMS, _atom),
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _atomic,
    "BRANCH": _branch,
    **dict.fromkeys(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"), _repeat),
    "AT": _at,
    **dict.fromkeys(("ASSERT", "ASSERT_NOT"), _look),
    "GROUPREF": _reference,
    "GROUPREF_EXISTS": _conditional,
}
"""Part of a parse tree to what rewrites it."""
