r"""The letters that the matches of a regular expression begin with, listed.

Nearly every pattern begins with one of a few words. :func:`leads_of` lists them, with the
beginning of what may follow: ``\bhistory of|flares?\b`` gives "history o", "flare" and
"flares", the last two with a boundary behind them. A look-up then tells whether a word with the
characters behind it can begin a match; it says so sometimes where there is none, never the other
way round (the tests hold it to that).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from structurer.firsts import Node

AHEAD: Final = 2
"""Characters behind a word that are compared: mostly a space and the next word's first letter.
They settle half of what the word leaves open; more would settle little more."""

GAP: Final = " "
"""What a space and a hyphen are taken for."""

DIGIT: Final = "0"
"""What a digit is taken for."""

Lead = tuple[str, bool]
"""Characters, and whether no letter follows a letter, no digit a digit, behind them."""

_MOST: Final = 2000
"""A pattern with more leads than this is not listed."""

_TAKES_NOTHING: Final = ("AT", "ASSERT", "ASSERT_NOT")
_LONGEST: Final = 9
"""Characters of a lead, less one: longer ones are cut."""

_LIKE_ASCII: Final = str.maketrans({0x131: "i", 0x17F: "s"})
"""What lower case leaves of letters that `re` takes for an ASCII letter in another case."""
_CLASSES: Final = {
    **dict.fromkeys(map(ord, "123456789"), DIGIT),
    **dict.fromkeys(map(ord, "-\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"), GAP),
}


def plain_of(text: str) -> str:
    r"""Return a text in lower case, with ASCII letters for what `re` takes for them.

    >>> plain_of("\u0130N\u017fECT")
    'insect'
    """
    if text.isascii():
        return text.lower()
    return text.replace("\u0130", "i").lower().translate(_LIKE_ASCII)


def lead_in(text: str) -> str:
    r"""Return a text as leads are written: lower case, one digit for all, one kind of gap.

    >>> lead_in("BCC-45\tY")
    'bcc 00 y'
    """
    plain = plain_of(text).translate(_CLASSES)
    if plain.isascii():
        return plain
    return "".join([
        DIGIT if c.isdecimal() else GAP if c.isspace() else c for c in plain
    ])  # fmt: skip


def follows(before: str, behind: str) -> bool:
    """Return whether a boundary may lie between two characters; none is the end of a text.

    A text may be cut where a token starts, between a digit and a letter.
    """
    return not ((before.isalpha() and behind.isalpha()) or (before == DIGIT and behind == DIGIT))


def leads_of(nodes: Iterable[Node]) -> frozenset[Lead] | None:
    r"""Return what the matches of a parse tree begin with; ``None`` if with nearly anything.

    >>> import re
    >>> from structurer.firsts import parsed
    >>> tree = parsed(re.compile(r"(?<!-)\b(?:history of|[4-6] flares?\b|not? worse)"))
    >>> sorted(leads_of(tree))
    [('0 f', False), ('history o', False), ('no w', False), ('not w', False)]
    >>> sorted(leads_of(parsed(re.compile(r"acnes?\b|histo\w+"))))
    [('acne', True), ('acnes', True), ('histo', False)]
    >>> leads_of(parsed(re.compile(r"(?:no|\w+) rash"))) is None
    True
    """
    found: set[Lead] = set()
    _find(tuple(nodes), "", 0, False, found)
    if len(found) > _MOST or any(not head for head, _ in found):
        return None
    return frozenset(found)


def run_of(lead: str) -> int:
    """Return how many characters of a lead are one word or one number.

    >>> [run_of(lead) for lead in ("history o", "0.0", "acne")]
    [7, 1, 4]
    """
    for i in range(1, len(lead)):
        if follows(lead[i - 1], lead[i]):
            return i
    return len(lead)


def _find(nodes: Sequence[Node], head: str, behind: int, bounded: bool, found: set[Lead]) -> None:
    """Find the leads that go on from a head, ``behind`` of it behind its first run."""
    if len(found) > _MOST:
        return
    if not nodes:
        found.add((head, bounded))
        return
    bounded = bounded or _ends_in_boundary(head, nodes)
    ahead = _looked_ahead(nodes)
    if ahead:
        _find(ahead, head, behind, bounded, found)
        return
    if _may_take_nothing(nodes) and (bounded or not _bounds(nodes)):  # so anything may follow
        found.add((head, bounded))
        return
    if behind == AHEAD - 1 or len(head) == _LONGEST:
        firsts = _firsts(nodes)
        found.update([(head + char, False) for char in firsts] if firsts else [(head, bounded)])
        return
    for i, (kind, value) in enumerate(nodes):
        name, rest = str(kind), nodes[i + 1 :]
        if name in ("LITERAL", "IN"):
            for char in _characters(name, value):
                if not char:
                    found.add((head, bounded))
                elif not bounded or follows(head[-1], char):
                    beyond = behind + 1 if behind or (head and follows(head[-1], char)) else 0
                    _find(rest, head + char, beyond, False, found)
            return
        elif name not in _TAKES_NOTHING:
            for way in _ways(name, value):
                if way is None:
                    found.add((head, bounded))
                else:
                    _find((*way, *rest), head, behind, bounded, found)
            return
    found.add((head, bounded))


def _ends_in_boundary(head: str, nodes: Iterable[Node]) -> bool:
    """Return whether no letter follows the letter, no digit the digit, that a head ends in."""
    if not head or not (head[-1].isalpha() or head[-1] == DIGIT):
        return False
    for kind, value in nodes:
        if str(kind) == "AT" and str(value) in _BOUNDARIES:
            return True
        if str(kind) not in _TAKES_NOTHING:
            return False
    return False


def _bounds(nodes: Iterable[Node]) -> bool:
    return any(str(kind) == "AT" and str(value) in _BOUNDARIES for kind, value in nodes)


def _looked_ahead(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return what must follow by a look-ahead, if nothing else must; nothing if none does."""
    for kind, value in nodes:
        if str(kind) not in _TAKES_NOTHING:
            break
        if str(kind) == "ASSERT" and value[0] > 0 and _may_take_nothing(nodes):
            return tuple(value[1])
    return ()


_BOUNDARIES: Final = ("AT_BOUNDARY", "AT_END", "AT_END_STRING")
"""Behind a letter all say the same: a text is cut where a token starts."""


def _firsts(nodes: Iterable[Node]) -> set[str]:
    """Return the characters that one which takes some begins with; none if with any."""
    found: set[str] = set()
    for kind, value in nodes:
        name = str(kind)
        if name in _TAKES_NOTHING:
            continue
        if name in ("LITERAL", "IN"):
            chars = set(_characters(name, value))
            return set() if "" in chars else found | chars
        for way in _ways(name, value):
            if way is None:
                return set()
            if way:
                firsts = _firsts(way)
                if not firsts:
                    return set()
                found |= firsts
        if not _may_take_nothing([(kind, value)]):
            return found
    return set()


def _ways(name: str, value: Any) -> Iterator[tuple[Node, ...] | None]:
    """Yield the ways through a part of a parse tree; ``None`` for one that takes anything."""
    if name == "BRANCH":
        yield from map(tuple, value[1])
    elif name == "SUBPATTERN":
        yield tuple(value[3])
    elif name == "ATOMIC_GROUP":
        yield tuple(value)
    elif name.endswith("_REPEAT"):
        least, most, inner = value
        if not least:
            yield ()
        if int(most):
            once = tuple(inner)
            if _may_take_nothing(once):
                yield None
            else:
                fewer = max(0, least - 1), most if int(most) > _NO_END else most - 1, inner
                yield (*once, (_Again(name), fewer))
    else:
        yield None


class _Again(str):
    """The name of a repetition, for what is left of it."""

    __slots__ = ()


_NO_END: Final = 4_000_000_000
"""`re` writes a repetition without an end as one with 2**32 - 1 or more."""


def _may_take_nothing(nodes: Iterable[Node]) -> bool:
    for kind, value in nodes:
        name = str(kind)
        if name in _TAKES_NOTHING:
            continue
        if name == "SUBPATTERN" and _may_take_nothing(value[3]):
            continue
        if name == "BRANCH" and any(map(_may_take_nothing, value[1])):
            continue
        if name.endswith("_REPEAT") and (not value[0] or _may_take_nothing(value[2])):
            continue
        return name.startswith("GROUPREF")
    return True


def _characters(name: str, value: Any) -> Sequence[str]:
    """Return the characters that an atom takes, as leads write them; an empty one for others."""
    if name == "LITERAL":
        return (_written(chr(value)),)
    found = set()
    for kind, held in value:
        member = str(kind)
        if member == "LITERAL":
            found.add(_written(chr(held)))
        elif member == "RANGE" and "0" <= chr(held[0]) <= chr(held[1]) <= "9":
            found.add(DIGIT)
        elif member == "RANGE" and held[1] - held[0] < _FEW and held[1] < 128:
            found |= {lead_in(chr(c)) for c in range(held[0], held[1] + 1)}
        elif member == "CATEGORY" and str(held) == "CATEGORY_SPACE":
            found.add(GAP)
        elif member == "CATEGORY" and str(held) == "CATEGORY_DIGIT":
            found.add(DIGIT)
        else:
            return ("",)
    return ("",) if "" in found else sorted(found)


def _written(char: str) -> str:
    """Return a character as leads write it; nothing for one with relatives in other cases."""
    return lead_in(char) if char.isascii() or char.lower() == char.upper() else ""


_FEW: Final = 8
