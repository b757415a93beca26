"""Questions: which of them put a diagnosis in doubt, and which only ask for help with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from structurer.cues import affirmed

# A question that asks for help states its diagnosis; one that asks "is this X?" does not.
_ASKING: Final = frozenset("is are could can does do may might or was has am would".split())
_ASKED_OF: Final = frozenset({"it", "this", "that", "these", "they", "those"})
_REQUEST: Final = frozenset(
    "how help please treat treated treatment treating cure cured medicine medication look "
    "suggest recommend advice advise why when where drug cream ointment prevent".split()
)
_TAG_LENGTH: Final = 4
_TAGS: Final = (["right"], ["no"], ["or"], ["correct"], ["huh"], ["eh"])
_ASKED_TAGS: Final = (["is"], ["are"], ["was"], ["does"], ["could"], ["can"], ["do"])
_PREPOSITIONS: Final = frozenset("of for with from cause causes treat treats cure".split())
_PUT_AFTER: Final = frozenset({",", ":", "?", ".", ")"})
_PUT_REACH: Final = 4
_OR_REACH: Final = 7


def is_asked(words: Sequence[str], low: int, high: int, last: int) -> bool:
    """Tell if a sentence, tokens ``[low, high)``, asks whether it is what ends at ``last``."""
    end = _past_remark(words, last, high)
    if end < high and words[end] == "?" and _is_put(words[low:last]):
        return True
    if (
        words[high - 1] == "?"
        and words[last : last + 1] == ["or"]
        and high - last <= _OR_REACH
        and _REQUEST.isdisjoint(words[low:high])
        and _is_put(words[low:last])
    ):
        return True  # "molluscum or warts?"
    if words[high - 1] != "?" or _presupposes(words[low:last]):
        return False
    while high > last and words[high - 1] == "?":
        high -= 1
    before = words[low:last]
    if any(a in _ASKING and b in _ASKED_OF for a, b in pairwise(before)):
        return True  # a post that runs on into its question: "no use, is it acne??"
    sentence = words[low:high]
    if ":" in sentence:  # "please look at the picture: nummular eczema?"
        sentence = sentence[len(sentence) - sentence[::-1].index(":") :] or sentence
    if _REQUEST & set(sentence):
        return False
    return sentence[0] in _ASKING or len(sentence) < 6 or last == high


def _past_remark(words: Sequence[str], at: int, high: int) -> int:
    """Return where a remark in brackets ends, if one begins here: "lichen planus (no itch)?"."""
    if at < high and words[at] == "(" and ")" in words[at:high]:
        return words.index(")", at) + 1
    return at


def _is_put(before: Sequence[str]) -> bool:
    """Tell if a diagnosis right before a question mark is put up itself: "..., a wart?"."""
    at = len(before) - 1
    while at >= 0 and at > len(before) - _PUT_REACH and before[at] not in _PUT_AFTER:
        at -= 1
    if at < 0:
        return True  # "Chronic paronychia??"
    return before[at] in _PUT_AFTER and not _PREPOSITIONS & set(before[at + 1 :])


def _presupposes(before: Sequence[str]) -> bool:
    """Tell if a question takes its diagnosis for granted: "What are the dots of psoriasis?"."""
    return before[:1] in (["what"], ["which"]) and bool(_PREPOSITIONS & set(before[-2:]))


_NO: Final = frozenset("no nope none never nah negative".split())
_NO_MORE: Final = frozenset(". , ! ; not never none he she it i they we you they [".split())
"""What stands behind a "no" that is a whole answer; "No pain." is none."""
_NOT_AT_ALL: Final = (["in", "the"], ["at", "all"], ["really", "."], ["really", ","], ["that", "i"])
_ANSWER_REACH: Final = 10


def is_denied(words: Sequence[str], low: int, high: int) -> bool:
    """Tell if the question at tokens ``[low, high)`` is answered with no: "Any itch? No."."""
    if high - low > _ANSWER_REACH or high >= len(words):
        return False
    at = high
    if words[at] == "[" and words[at + 2 : at + 3] == ["]"]:
        at += 3  # "[Pt] no"
    elif words[high - 1] != "?":
        return False
    while words[at : at + 1] in (["-"], ["\u2013"], ["\u2014"], [":"]):
        at += 1
    if words[at : at + 1] == ["not"]:
        return words[at + 1 : at + 3] in _NOT_AT_ALL
    if not _NO.intersection(words[at : at + 1]):
        return False
    return at + 1 == len(words) or words[at + 1] in _NO_MORE


def is_tagged(sentence: Sequence[str]) -> bool:
    """Tell if a denial is a question: "it's not lice, is it?", "Isn't this acne?"."""
    if sentence[-1] != "?":
        return False
    words = [word for word in sentence if word != "?"]
    if words and affirmed(words[0]) in _ASKING:
        return True
    tail = words[len(words) - words[::-1].index(",") :] if "," in words else words[-1:]
    return len(tail) < _TAG_LENGTH and (tail[:1] in _TAGS or tail[:1] in _ASKED_TAGS)
