"""One regular expression for many phrases."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_Trie = dict[str, "_Trie"]


def phrase_pattern(entries: Iterable[str]) -> str:
    """Return a group that matches any of the phrases, the longest that fits.

    A space and a hyphen of an entry match each other.

    >>> re.findall(phrase_pattern(["vitamin d", "co-trimoxazole"]), "vitamin-d, co trimoxazole")
    ['vitamin-d', 'co trimoxazole']
    """
    root: _Trie = {}
    for entry in sorted(set(entries)):
        node = root
        for char in entry:
            node = node.setdefault(r"[\s-]" if char in " -" else re.escape(char), {})
        node[""] = {}
    return _trie_pattern(root)


def _trie_pattern(node: _Trie) -> str:
    """Write a trie as one expression: hundreds of phrases cost a few steps at each place."""
    branches = [char + _trie_pattern(rest) for char, rest in sorted(node.items()) if char]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
    return f"{body}?" if "" in node else body


def any_of(phrases: Collection[str] | None) -> re.Pattern[str] | None:
    """Return what finds any of some phrases; ``None`` for none."""
    return re.compile(phrase_pattern(phrases)) if phrases else None
