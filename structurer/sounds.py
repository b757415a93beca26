"""Words that sound alike: layfolk spell diseases by ear ("exzema", "soriasis", "rozacea")."""

from __future__ import annotations

import re
from typing import Final

_SPELLINGS: Final = (
    (re.compile(r"^ps"), "s"),
    (re.compile(r"^x"), "s"),
    (re.compile(r"xc?z|xc(?=[eiy])|ks?z|c[sz]|g[sz]|x"), "ks"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"rrh|rh"), "r"),
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"ck|ch|q"), "k"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"z"), "s"),
    (re.compile(r"y"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sound(word: str) -> str:
    """Return how a word sounds, roughly, in lower-case letters.

    >>> sound("exzema") == sound("eczema"), sound("soriasis") == sound("psoriasis")
    (True, True)
    """
    for pattern, letters in _SPELLINGS:
        word = pattern.sub(letters, word)
    return word
