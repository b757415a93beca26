"""Where a regular expression may begin: at the start of a word only, or within it too.

Told from the parse tree, without compiling anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from structurer.firsts import Node
from structurer.leads import DIGIT, lead_in

_NOWHERE: Final = frozenset[str]()


def inside_after(nodes: Iterable[Node]) -> frozenset[str] | None:
    r"""Return the letters behind which a match may begin within a run of letters and digits.

    They are written as leads are. None of them if a match begins where a word does; ``None`` if
    it may begin behind any.

    >>> import re
    >>> from structurer.firsts import parsed
    >>> patterns = r"\bhair|(?<!\w)skin", r"\bhair|(?<=x)\d", r"\bskin|hair"
    >>> [inside_after(parsed(re.compile(p))) for p in patterns]
    [frozenset(), frozenset({'x'}), None]
    """
    found = _NOWHERE
    for node in nodes:
        name, value = str(node[0]), node[1]
        after: frozenset[str] | None
        if name == "AT":
            if str(value) != "AT_NON_BOUNDARY":
                return found
        elif name.startswith("ASSERT"):
            after = _looked_behind(name, list(value[1])) if value[0] < 0 else None
            if after is not None:
                return found | after
        elif name == "SUBPATTERN":
            after = inside_after(value[3])
            return None if after is None else found | after
        elif name == "BRANCH":
            ways = list(map(inside_after, value[1]))
            known = [way for way in ways if way is not None]
            return found.union(*known) if len(known) == len(ways) else None
        elif name.endswith("_REPEAT"):
            after = inside_after(value[2])
            if after is None:
                return None
            found |= after
            if value[0]:
                return found
        else:
            return None
    return None


def _looked_behind(name: str, behind: Sequence[Node]) -> frozenset[str] | None:
    """Return the letters and digits behind which a look-behind holds; ``None`` if they are many."""
    if not behind or str(behind[-1][0]) not in ("LITERAL", "IN"):
        return None
    last = behind[-1]
    members = [(str(kind), value) for kind, value in (
        [last] if str(last[0]) == "LITERAL" else last[1]
    )]  # fmt: skip
    if name == "ASSERT_NOT":
        kinds = [str(value) for kind, value in members if kind == "CATEGORY"]
        alone = len(behind) == 1 and members[0][0] != "NEGATE" and "CATEGORY_WORD" in kinds
        return _NOWHERE if alone else None
    found = set()
    for kind, value in members:
        if kind == "LITERAL":
            found.add(lead_in(chr(value)))
        elif str(value) == "CATEGORY_DIGIT":
            found.add(DIGIT)
        elif str(value) != "CATEGORY_SPACE":
            return None
    return frozenset([char for char in found if char.isalnum()])
