"""Characters as a reader means them: spaces, quotes, dashes and digits in one form.

Also what went wrong on the way: UTF-8 read as Windows-1252, Cyrillic letters that look Latin,
invisible characters. The patterns are applied by :mod:`structurer.cleaning`, which keeps the
offsets; :func:`plain` does the same to a text whose offsets do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SOFT: Final = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f]")
"""Invisible characters within words."""

# The signs for female and male (U+2640, U+2642) say something and stay, but for those that only
# tell which emoji it is.
EMOJI: Final = re.compile(
    "\u200d[\u2640\u2642]|[\U0001f000-\U0001faff\u2600-\u263f\u2641\u2643-\u27bf\u2b00-\u2bff"
    "\u2190-\u21ff\U000e0000-\U000e007f]+"
)
CLUSTER: Final = re.compile(r"[^\x00-\x7f\u0300-\u036f]?[\u0300-\u036f]+|[^\x00-\x7f]")
"""A base character with combining marks, or one compatibility character."""
CLUSTER_ASCII: Final = re.compile(r"[A-Za-z][\u0300-\u036f]+")

TRANSLATE: Final[dict[int, str]] = {
    **dict.fromkeys((*range(32), *range(127, 160)), " "),
    **{ord(c): " " for c in "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000"},
    **dict.fromkeys(range(8192, 8203), " "),
    **{ord(c): "'" for c in "\u2018\u2019\u201b\u02bc\u0060\u00b4"},
    **{ord(c): '"' for c in "\u201c\u201d\u201f\u00ab\u00bb"},
    **{ord(c): "-" for c in "\u2010\u2011\u2012\u2013\u2212"},
    **dict(zip(map(ord, "\u3002\u3001"), ".,", strict=True)),
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298), 8206, 8207), " "),
    **dict.fromkeys(range(55296, 57344), "�"),
}
"""One character for one, so that offsets hold."""

_FRACTIONS: Final = {"\u00bc": ".25", "\u00bd": ".5", "\u00be": ".75"}
_LIKE_LATIN: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0410\u0412\u0415\u041a\u041c"
    "\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0405",
    "aeopcyxisjABEKMHOPCTXIS",
)
_MIXED: Final = re.compile(
    "(?=[^\\W\u0400-\u04ff]*[\u0400-\u04ff])(?=[\u0400-\u04ff]*[A-Za-z])\\w+"
)
# The bytes 80 to BF, as Windows-1252 shows them or, where it shows none, as they are.
_CONTINUED: Final = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)
)
MISREAD: Final = re.compile(f"[\u00c2-\u00f4][{re.escape(_CONTINUED)}]{{1,3}}")
"""What may be UTF-8 that was read as Windows-1252."""


def reread(match: re.Match[str]) -> str:
    r"""Return what stood there before it was misread; the same where nothing was.

    >>> MISREAD.sub(reread, "woman\u00e2\u20ac\u2122s"), MISREAD.sub(reread, "caf\u00e9")
    ('woman\u2019s', 'caf\xe9')
    """
    data = bytearray()
    for char in match.group():
        try:
            data += char.encode("cp1252")
        except UnicodeEncodeError:
            data.append(ord(char))
    # The run may hold more than one character, or take in one that follows.
    for size in range(len(data), 1, -1):
        try:
            return data[:size].decode("utf-8") + match.group()[size:]
        except UnicodeDecodeError:
            continue
    return match.group()


def in_latin(text: str) -> str:
    r"""Return a text in which words of two scripts are in Latin letters; of the same length.

    >>> in_latin("s\u0441aly")
    'scaly'
    """
    return _MIXED.sub(lambda match: match.group().translate(_LIKE_LATIN), text)


def composed(match: re.Match[str]) -> str:
    """Return a cluster as one character, or as what it stands for: a digit, a letter, a half."""
    char = match.group()
    if char in _FRACTIONS:
        before = match.string[match.start() - 1 : match.start()]
        return _FRACTIONS[char] if before.isdigit() else f"0{_FRACTIONS[char]}"
    return unicodedata.normalize("NFKC", char)


def plain(text: str) -> str:
    r"""Return a text with its characters in the form that cleaning gives them.

    >>> plain("\uff57oman"), plain("gi\u200brl"), plain("2\u00bd-year-old")
    ('woman', 'girl', '2.5-year-old')
    """
    if text.isascii():
        return text
    text = SOFT.sub("", MISREAD.sub(reread, text)).translate(TRANSLATE)
    return CLUSTER.sub(composed, CLUSTER_ASCII.sub(composed, in_latin(text)))
