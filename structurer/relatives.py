"""Whether a relative is the patient, and how far a relative's illness reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from structurer.cues import Cue

_OURS: Final = frozenset({"my", "our"})
_THEIRS: Final = frozenset({"her", "his", "their"})
_QUALIFIERS: Final = frozenset(
    "year years yr old month months mo week weeks little elder older younger eldest youngest dear "
    "own baby newborn teenage young elderly new born one two three four five six seven eight nine "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen y o yo 's".split()
)
_REACH: Final = 6
"""How many tokens may describe a relative: "my eighteen-month-old daughter"."""
_ELDERS: Final = frozenset(
    "mother father mom mum dad grandmother grandfather grandma grandpa aunt uncle".split()
)
_IN_PASSING: Final = 20
"""Tokens into a text at which nobody new is introduced as the patient."""
_BODY: Final = frozenset(
    "skin face scalp stomach tummy belly back chest neck arm arms leg legs hand hands foot feet "
    "finger fingers toe toes nail nails lip lips thigh thighs knee knees elbow elbows shoulder "
    "shoulders cheek cheeks chin forehead nose body".split()
)
_BROUGHT: Final = frozenset("brought brings bringing".split())
_PARENTS: Final = frozenset("mother father woman man lady gentleman patient girl boy".split())
_OWN: Final = frozenset("have had got suffer also".split())
_SEVERAL: Final = frozenset("two three four five both these twin identical".split())
_BROTHERS: Final = frozenset("brothers sisters siblings twins cousins".split())
_OPENS: Final = frozenset({"with", ",", "affected", "aged"})
"""What stands behind the people that a caption is about."""
_APPOSITION: Final = 12
"""How many tokens may be put in behind a relative."""
_OF_KIN: Final = frozenset("has had have with also suffers suffered was is who".split())


def is_patient(cue: Cue, words: Sequence[str]) -> bool:
    """Tell if the relative that a cue names is a patient of the caption; words in lower case.

    "Two brothers with", "a woman and her son with", "brought her two-year-old son"; in a post
    that does not speak of the poster's own illness "my son".
    """
    begun = words[: cue.last + 1]
    if cue.first < 2 and not _SEVERAL.isdisjoint(begun) and not _BROTHERS.isdisjoint(begun):
        return not _OPENS.isdisjoint(begun)
    before = list(words[max(0, cue.first - _REACH) : cue.first])
    if words[cue.first] in _THEIRS:
        before.append(words[cue.first])
    while before and (before[-1] in _QUALIFIERS or before[-1].isdigit()):
        before.pop()
    whose, led = before[-1:], before[-3:-1]
    if not _THEIRS.isdisjoint(whose):
        return not _BROUGHT.isdisjoint(led[-1:]) or (
            led[1:] == ["and"] and not _PARENTS.isdisjoint(led[:1])
        )
    if _OURS.isdisjoint(whose) or is_own_story(words):
        return False
    if cue.first > _IN_PASSING and not _ELDERS.isdisjoint(words[cue.first : cue.last]):
        return False  # "... Male, 45. My father had psoriasis."
    behind = words[cue.last : cue.last + _REACH]  # "my sister has acne too": beside the patient
    return "too" not in behind and ("as", "well") not in pairwise(behind)


def is_own_story(words: Sequence[str]) -> bool:
    """Tell if the writer has an illness: "I had", "I also", "I'm 61"; words in lower case."""
    if any(one == "my" and two in _BODY for one, two in pairwise(words)):
        return True
    return "i've" in words or any(
        (one == "i" and two in _OWN) or (one in ("i'm", "am", "im") and two.isdigit())
        for one, two in pairwise(words)
    )


def past_apposition(cue: Cue, words: Sequence[str]) -> Cue:
    """Let a relative reach past what is put in about them: "her aunt, aged 60, had lupus"."""
    if words[cue.last : cue.last + 1] != [","]:
        return cue
    if words[cue.last + 1 : cue.last + 2] in (["who"], ["with"]):
        return replace(cue, last=cue.last + 2)
    for at in range(cue.last + 2, min(cue.last + _APPOSITION, len(words) - 1)):
        if words[at] == "," and words[at + 1] in _OF_KIN:
            return replace(cue, last=at + 2)
    return cue
