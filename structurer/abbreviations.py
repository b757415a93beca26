"""Abbreviations with several meanings: whether one stands for a skin disease in this caption.

Some are told by what stands around them ("consistent with AN", "BP confirmed", "GA on the dorsal
hands"), and a text may say itself that it means something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from structurer.context import Reading
from structurer.gates import Gate
from structurer.scan import Scan
from structurer.tokens import Tokens

# "consistent with AN", "diagnosed as PV": here an abbreviation with other meanings is a disease.
_NAMING: Final = frozenset(
    "consistent compatible diagnosis diagnosed diagnose suspected suggestive".split()
)
_WEIGHING: Final = frozenset({"ddx", "differential"})
_NAMING_LINKS: Final = frozenset("with of as having be is was the for a probable possible".split())
_OTHER_ILLNESSES: Final = frozenset(
    "AF CA CAD CAP CD CF CMV COPD CP CS DI DIC DM DVT EBV ED EM GI GN HIV LAD MI MM MS OA PAD PE "
    "PH PM RA SS TB TIA".split()
)
"""Abbreviations that name an illness of another specialty as readily as one of the skin."""
_ON: Final = (["on"], ["over"], ["affecting"], ["involving"])
_ON_REACH: Final = 4
"""Words between "on" and the site, one more."""
_DECIDED: Final = (["confirmed"], ["suspected"], ["diagnosed"], ["excluded"], ["proven"])
_BRACKET: Final = Gate("(".__eq__)
_DEFINITION: Final = 10
"""Tokens of a bracket that tells what an abbreviation stands for."""
_SMALL_WORDS: Final = frozenset("of the and in with for to a an".split())


def meant(found: Sequence[Reading], scan: Scan) -> Sequence[Reading]:
    """Return the readings without the abbreviations that mean something else here."""
    tokens = scan.tokens
    readings = _as_defined(found, tokens) if _BRACKET.is_open(scan) else found
    if True not in [reading.borrowed for reading in readings]:
        return readings
    spelled = {r.node for r in found if not r.borrowed}
    placed = {r.first for r in readings if r.field == "body_site"}
    seen = any(r.field == "concept" and not r.loose for r in readings)
    return [
        r
        for r in readings
        if not r.borrowed
        or r.node in spelled
        or (
            tokens.words[r.first] not in _OTHER_ILLNESSES
            and (
                _is_named(r, tokens)
                or (seen and tokens.lowered[r.last : r.last + 1] in _DECIDED)
                or _stands_on(r, tokens, placed)
            )
        )
    ]


def _is_named(reading: Reading, tokens: Tokens) -> bool:
    """Tell if the words before an abbreviation say that a diagnosis follows."""
    words = tokens.lowered[max(0, reading.first - 3) : reading.first]
    sentence = tokens.lowered[tokens.sentence_of(reading.first)[0] : reading.first]
    if not _WEIGHING.isdisjoint(sentence):
        return True
    while words and words[-1] in _NAMING_LINKS:
        words.pop()
    return bool(words) and words[-1] in _NAMING


def _stands_on(reading: Reading, tokens: Tokens, sites: AbstractSet[int]) -> bool:
    """Tell if an abbreviation is said to be on the body: "GA on the dorsal hands"."""
    if tokens.lowered[reading.last : reading.last + 1] not in _ON:
        return False
    behind = reading.last + 1
    return not sites.isdisjoint(range(behind, behind + _ON_REACH))


def _as_defined(found: Sequence[Reading], tokens: Tokens) -> list[Reading]:
    """Drop abbreviations that the text defines otherwise: "SCC (small cell carcinoma)"."""
    other = set()
    for reading in found:
        word, low = tokens.words[reading.first], reading.last + 1
        if reading.last - reading.first != 1 or not word[:2].isupper():
            continue
        if tokens.words[reading.last : low] != ["("]:
            continue
        behind = tokens.lowered[low : low + _DEFINITION]
        if ")" not in behind:
            continue
        high = low + behind.index(")")
        letters = "".join(w[0] for w in behind[: high - low] if w not in _SMALL_WORDS)
        same = any(low <= r.first < high and r.node == reading.node for r in found)
        if letters.startswith(word.lower()) and not same:
            other.add(word)
    return [r for r in found if tokens.words[r.first] not in other]
