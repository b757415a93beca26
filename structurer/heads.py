r"""Where a regular expression may begin: at the start of a word only, or within it too.

Told from the parse tree, without compiling anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from structurer.firsts import Node


def guarded(nodes: Iterable[Node]) -> bool:
    r"""Return whether a match surely begins where a word does, never within a run of letters.

    >>> import re
    >>> from structurer.firsts import parsed
    >>> [guarded(parsed(re.compile(p))) for p in (r"\bhair|(?<!\w)skin", r"\bskin|hair")]
    [True, False]
    """
    for node in nodes:
        name, value = str(node[0]), node[1]
        if name == "AT":
            if str(value) != "AT_NON_BOUNDARY":
                return True
        elif name.startswith("ASSERT"):
            if value[0] < 0 and _needs_gap(name, list(value[1])):
                return True
        elif name == "SUBPATTERN":
            return guarded(value[3])
        elif name == "BRANCH":
            return all(map(guarded, value[1]))
        elif name.endswith("_REPEAT"):
            if not guarded(value[2]):
                return False
            if value[0]:
                return True
        else:
            return False
    return False


def _needs_gap(name: str, behind: Sequence[Node]) -> bool:
    """Return whether a look-behind fails after every letter and digit."""
    if not behind or str(behind[-1][0]) not in ("LITERAL", "IN"):
        return False
    last = behind[-1]
    members = [(str(kind), str(value), value) for kind, value in (
        [last] if str(last[0]) == "LITERAL" else last[1]
    )]  # fmt: skip
    if name == "ASSERT_NOT":
        kinds = [value for kind, value, _ in members if kind == "CATEGORY"]
        return len(behind) == 1 and members[0][0] != "NEGATE" and "CATEGORY_WORD" in kinds
    return all(
        (kind == "LITERAL" and not chr(value).isalnum()) or category == "CATEGORY_SPACE"
        for kind, category, value in members
    )
