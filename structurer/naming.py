"""A disease's name that says nothing of the patient: a product, a study, a general statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from structurer.patterns import word_list
from structurer.tokens import Tokens

_AFTER: Final = frozenset(word_list("not_the_patient"))
"""Words behind a disease's name that make it another thing: "eczema cream", "acne clinic"."""
_ABOUT: Final = frozenset(
    "textbook textbooks book books lecture lectures article articles leaflet leaflets webinar "
    "seminar talk course chapter paper papers conference congress guideline guidelines trial "
    "vaccine vaccines specialist specialists expert experts interested".split()
)
_PREPOSITIONS: Final = frozenset("on about in for against regarding".split())
_USED: Final = frozenset(
    "use used using apply applied applying tried trying took taking bought prescribed as".split()
)
_PURPOSES: Final = frozenset("for in of to with on".split())
_TITLE_REACH: Final = 5
"""How many words before a product's name tell that it was used."""
# "Serological evaluation for herpes simplex": a test that was ordered finds nothing yet.
_TESTS: Final = frozenset(
    "serological serologic serology serologies screening screened tested testing tests test pcr "
    "antibodies".split()
)
_TEST_REACH: Final = 30

# Corn is also a meal.
_CORN: Final = frozenset({"corn", "corns"})
_EATEN: Final = frozenset(
    "intake diet eat eats eating ate eaten food foods consumption consume consumed consuming "
    "rice wheat maize flour grain grains harvest harvested fed".split()
)
_EATEN_REACH: Final = 8
_STATING: Final = frozenset(
    "is are can may might usually often typically commonly generally rarely sometimes affects "
    "occurs tends tend should refers belongs has have".split()
)
_GENERAL: Final = frozenset(
    "a an caused contagious common rare called characterized characterised chronic one usually "
    "often typically commonly generally mostly known considered associated affect occur seen the "
    "hereditary genetic benign curable treatable said following include includes divided have "
    "people recur be".split()
)
_TO_THIS_DAY: Final = frozenset({"has", "have"})
_WRITTEN: Final = frozenset("described reported published documented".split())
_HABITS: Final = frozenset("usually generally normally typically commonly".split())
_CLAUSE_REACH: Final = 3
_PEOPLE: Final = frozenset("patients people individuals persons those adults children".split())
_MET: Final = _WRITTEN | frozenset("seen observed occurs occur found common known".split())
_OF_OTHERS: Final = 6
"""How many words before a name tell that others than the patient have it."""
_OF_PATIENT: Final = frozenset(
    "this these she he his her him patient i my me your you it here our confirmed present "
    "suspected likely possible probable diagnosed excluded considered".split()
)


def is_no_finding(name_first: int, name_last: int, tokens: Tokens) -> bool:
    """Tell if a disease is only named at tokens ``[name_first, name_last)``."""
    words = tokens.lowered
    after = words[name_last] if name_last < len(words) else ""
    if after in _AFTER and not _glued_stop(name_last, tokens):
        return True
    low, _ = tokens.sentence_of(name_first)
    before = words[low:name_first]
    if before[-1:] and before[-1] in _PREPOSITIONS and _ABOUT & set(before[-4:-1]):
        return True
    if _is_title(tokens.words, name_last) and _was_used(before[-_TITLE_REACH:]):
        return True
    if words[name_last - 1] in _CORN and not _EATEN.isdisjoint(before[-_EATEN_REACH:]):
        return True
    return _is_ordered_test(before[-_TEST_REACH:])


def is_general(name_first: int, name_last: int, tokens: Tokens) -> bool:
    """Tell if a sentence is about the disease and not about anyone: "Rosacea is a chronic ..."."""
    low, high = tokens.sentence_of(name_first)
    words = tokens.lowered
    for at in range(name_first - 1, max(low, name_first - _CLAUSE_REACH) - 1, -1):
        if words[at] == "that":  # "I read that morphea is a chronic disease"
            low = at + 1
            break
    if _is_literature(words[low:high], words[name_last:high]):
        return True
    if _is_of_others(words[low:name_first]):
        return True
    if words[low] == "how" and not _HABITS.isdisjoint(words[low:name_first]):
        return True  # "How do you usually treat acne?" asks after a habit
    if low == 0 or name_first - low > 1 or name_last >= high:
        return False  # a caption's first sentence is its title
    rest = words[name_last:high]
    return (
        rest[0] in _STATING
        and bool(_GENERAL & set(rest[:3]))
        and not _OF_PATIENT & set(words[low:high])
    )


def _is_literature(sentence: Sequence[str], rest: Sequence[str]) -> bool:
    """Tell what authors wrote of others: "no panniculitis has been described in it so far"."""
    for at, word in enumerate(rest[:-2]):
        if word == ",":  # "a nevus, which has been described ..." is the patient's
            return False
        if word in _TO_THIS_DAY and not _WRITTEN.isdisjoint(rest[at + 1 : at + 5]):
            return _OF_PATIENT.isdisjoint(sentence)
    return False


def _is_of_others(before: Sequence[str]) -> bool:
    """Tell if patients at large have it: "which has been described in patients with vitiligo"."""
    if len(before) < _OF_OTHERS or before[-1] not in ("with", "having"):
        return False
    return before[-2] in _PEOPLE and not _MET.isdisjoint(before[-_OF_OTHERS:-2])


def _glued_stop(at: int, tokens: Tokens) -> bool:
    """Tell if a comma or a stop parts the name from the word at a token."""
    return "," in tokens.text[tokens.ends[at - 1] : tokens.starts[at]]


def _is_title(words: Sequence[str], at: int) -> bool:
    """Tell if a product's name goes on: "Ringworm Clear"."""
    return at < len(words) and words[at - 1].istitle() and words[at].istitle()


def _was_used(before: Sequence[str]) -> bool:
    """Tell if the name is what was used, not what it was used for."""
    return any(
        word in _USED and not _PURPOSES & set(before[i + 1 :]) for i, word in enumerate(before)
    )


def _is_ordered_test(before: Sequence[str]) -> bool:
    for i, word in enumerate(before):
        if word in _TESTS and {"for", "against", "to"} & set(before[i + 1 : i + 4]):
            rest = before[i + 1 :]
            return "positive" not in rest and "negative" not in rest and "confirmed" not in rest
    return False
