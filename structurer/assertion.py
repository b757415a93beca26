"""Assertion of a mention by cue and scope, after NegEx and ConText.

Chapman et al. 2001 (doi:10.1006/jbin.2001.1029) and Harkema et al. 2009
(doi:10.1016/j.jbi.2009.05.002) give the method: a trigger word, the side it works on, how
far it reaches, and the words that end its reach. The cues are rows of ``data/cues.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from structurer.cues import CONFIRMED, PRIORITY, Cue, CueRule, default_cues
from structurer.numbering import numbered
from structurer.questions import is_asked, is_denied, is_tagged
from structurer.relatives import is_patient, past_apposition
from structurer.resolved import is_over
from structurer.tokens import Tokens

# "a history of psoriasis for ten years" is a duration: what it names goes on.
_GOES_ON: Final = re.compile(
    r"[^.;,]{1,60}?\b(?:for (?:the (?:past|last) )?(?:[\w-]+ ){1,3}(?:day|week|month|year)s?"
    r"|since (?:childhood|adolescence|birth|infancy|puberty|the age|age|(?:19|20)\d\d))\b",
    re.I,
)
_JUDGING: Final = frozenset((*PRIORITY, CONFIRMED))
_DETERMINERS: Final = frozenset("the his her its their my our this that these those".split())
_VERBS: Final = frozenset(
    "is are was were has had have appear appears appeared developed became showed shows".split()
)
_CLAUSE_REACH: Final = 6
_LIST_REACH: Final = 6
_LONG_SCOPE: Final = 20
"""How many tokens a clause's subject, and a list's last item, may take."""

_SPARING: Final = frozenset({"spared", "uninvolved", "unaffected"})

_HEAD_REACH: Final = 5
"""How many tokens may stand between a cue and the list that it opens."""

_LINKING: Final = frozenset("in on at from and or but over during for with throughout".split())
_UNTIL: Final = frozenset("before until till previously".split())
_UNTIL_REACH: Final = 4
_FINITE: Final = frozenset(
    "is are was were appears appeared became becomes looks feels"
    " occurs happens recurs comes".split()
)
_LISTING: Final = frozenset("or and nor , no not without which who that as".split())
_FELT: Final = frozenset("bleeds itches hurts burns stings aches oozes peels grows comes".split())
_PLACING: Final = frozenset("on in of over at around or nor and palmar plantar mucosal".split())
_ITEM_ENDS: Final[tuple[list[str], ...]] = ([], [","], ["."], [";"], ["("])
_NO_LIST: Final = frozenset("on in of over at with to from : yes".split()) | _VERBS
_AFTERWARDS: Final = frozenset({",", ":", ";"})
_SINGULAR: Final = frozenset({"is", "was"})
_JOINING: Final = frozenset({"and", "or", "nor"})
_EXAMPLES: Final = frozenset("such including like namely especially".split())
_SUBJECT_REACH: Final = 7


class CaptionAssertions:
    """The cues of one caption, ready to judge its mentions."""

    def __init__(self, tokens: Tokens, cues: Sequence[Cue] | None = None) -> None:
        """Take a caption, and its cues where the caller has found them already."""
        self._tokens = tokens
        self._words = tokens.lowered
        self._stops: list[Cue] = []
        self._judging: list[Cue] = []
        self._doubts: list[Cue] = []
        for cue in default_cues().find(tokens.words) if cues is None else cues:
            category = cue.rule.category
            if category == "family" and is_patient(cue, self._words):
                continue
            if category == "stop":
                self._stops.append(cue)
            elif cue.rule.direction == "back":
                self._doubts.append(cue)
            elif category == "family":
                self._judging.append(past_apposition(cue, self._words))
            elif category in _JUDGING:
                self._judging.append(cue)
        self._near: dict[int, tuple[list[Cue], bool]] = {}
        """The cues of a sentence, by its first token, and whether it is a question denied."""

    def of(self, field: str, first: int, last: int, kind: str | None = None) -> str:
        """Return the assertion of the mention at tokens ``[first, last)``.

        ``kind`` is the kind of a history mention: durations and courses are what they
        are, and only exposures can be suspected.
        """
        low, high = self._tokens.sentence_of(first)
        near = self._near.get(low)
        if near is None:
            cues = [cue for cue in self._judging if low <= cue.first < high]
            near = self._near[low] = cues, is_denied(self._words, low, high)
        cues, denied = near
        found: set[str] = set()
        for cue in cues:
            if (
                _may_change(cue.rule, field, kind)
                and self._reaches(cue, first, last)
                and not (field == "body_site" and self._stands_apart(cue, first, last))
            ):
                found.add(cue.rule.category)
        if field == "diagnosis" and (
            ("absent" in found and is_tagged(self._words[low:high]))
            or (self._doubts and self._is_doubted(high, last))
        ):
            return "possible"
        if denied and field != "history" and "possible" not in found:
            return "absent"
        if field == "diagnosis" and is_over(self._words, low, first, last, high):
            found.add("historical")
        if CONFIRMED in found:
            found -= {CONFIRMED, "possible"}
        if found:
            for category in PRIORITY:
                if category in found:
                    return category
        if field == "diagnosis" and (
            is_asked(self._words, low, high, last) or self._offered[0] <= first < self._offered[1]
        ):
            return "possible"
        return "present"

    def _reaches(self, cue: Cue, first: int, last: int) -> bool:
        rule = cue.rule
        if rule.words == ("?",) and not self._glued(cue.first):
            return False
        if rule.category == "historical" and "history" in rule.words:
            tokens = self._tokens
            if cue.last < len(tokens.ends) and _GOES_ON.match(
                tokens.text, tokens.ends[cue.last - 1]
            ):
                return False
        if rule.direction in ("pre", "both") and cue.last <= first:
            near = first - cue.last < rule.scope
            if rule.category == "absent" and self._words[cue.last] == ",":
                return False  # "Melanoma excluded, nevus confirmed"
            return near and not self._stopped(cue, cue.last, first)
        if rule.direction in ("post", "both") and last <= cue.first:
            if rule.words == ("absent",) and self._is_attribute(cue):
                return False
            near = cue.first - last < rule.scope
            return near and not self._stopped(cue, last, cue.first)
        return False

    def _stands_apart(self, cue: Cue, first: int, last: int) -> bool:
        """Tell if a site is an item of its own behind a denied sign: "no scale, right foot"."""
        between = self._words[cue.last : first]
        if cue.rule.category != "absent" or between[-1:] != [","]:
            return False
        if self._words[last + 1 : last + 2] in (["or"], ["nor"], ["and"]):
            return False
        return _PLACING.isdisjoint(between) and self._words[last : last + 1] in _ITEM_ENDS

    def _closes(self, cue: Cue) -> bool:
        """Tell if a colon behind "spared" ends what it denies: "nails spared: alopecia areata"."""
        at_start = cue.first == self._tokens.sentence_of(cue.first)[0]
        return cue.rule.words[-1] in _SPARING and not at_start

    def _stopped(self, cue: Cue, low: int, high: int) -> bool:
        if self._clauses and any(low <= at < high for at in self._clauses):
            return True
        words = cue.rule.words
        if words[0] == "never" and cue.rule.category == "absent" and self._until(high):
            return True
        if words[0] in ("neither", "nor") and _ends_in_verb(self._words[cue.first : high]):
            return True  # "Neither ulcers nor bleeding occurred in the nodule"
        if words == ("not",) and self._is_finite_behind(cue, high):
            return True
        if words[0] == ":" and cue.rule.direction == "post" and "," in self._words[low:high]:
            start = self._tokens.sentence_of(cue.first)[0]
            if not _NO_LIST.isdisjoint(self._words[start:high]):
                return True  # "a rash of the legs, pain: none"
        if (
            words[-1] == "from"
            and cue.rule.category == "historical"
            and "to" in self._words[low:high]
        ):
            return True  # "changed from red to brown"
        if words == ("after",) and not _AFTERWARDS.isdisjoint(self._words[low:high]):
            return True  # "after tanning, tinea versicolor?"
        if cue.last == low and cue.rule.category == "absent" and self._goes_on(low, high):
            return True
        # "sores, vaccination mark was absent": one thing only is said to be absent.
        # So is one list in "scars of the shin, nails spared", where no "and" joins the two.
        if cue.rule.direction == "post" and (words[0] in _SINGULAR or words[-1] in _SPARING):
            between = self._words[low:high]
            if "," in between and _JOINING.isdisjoint(between):
                return True
        # "not painful or itchy, skin-coloured": the list ends with its "or".
        if (
            words[0] in ("no", "not")
            and _listed_out(self._words[low:high])
            and not {"or", "nor"} & {*self._words[high : high + _LIST_REACH]}
        ):
            return True
        brief = words[0] in ("not", "unlike") and cue.rule.scope < _LONG_SCOPE
        if brief and cue.rule.category == "absent" and "," in self._words[low:high]:
            # "not itchy, red patches": only "not red, itchy or painful" goes on.
            rest = self._words[high : high + _LIST_REACH]
            if not {"or", "nor"} & {*self._words[low:high], *rest}:
                return True
        for stop in self._stops:
            if not (low <= stop.first < high and cue.rule.category in stop.rule.fields):
                continue
            if self._words[stop.first] == ":" and (
                stop.first == cue.first - 1 or (stop.first == cue.last and not self._closes(cue))
            ):
                continue  # "PMH: eczema", "pain: none", not "spared: ..."
            return True
        return False

    def _is_attribute(self, cue: Cue) -> bool:
        """Tell if "absent" stands before what is absent: "with absent cuticles"."""
        words = self._words
        behind = words[cue.last] if cue.last < len(words) else ""
        return behind.isalpha() and behind not in _LINKING

    def _until(self, at: int) -> bool:
        """Tell if "never had acne" ends with the present: "before", "until now"."""
        return not _UNTIL.isdisjoint(self._words[at + 1 : at + 1 + _UNTIL_REACH])

    def _goes_on(self, low: int, high: int) -> bool:
        """Tell if a comma behind a negated list begins a clause: "no itch, the skin is dry"."""
        words = self._words
        end = self._tokens.sentence_of(low)[1]
        for at in range(low, high):
            if words[at] == ",":
                for word in words[at + 1 : min(end, at + 1 + _SUBJECT_REACH)]:
                    if word in _FINITE:
                        return True
                    if word in _LISTING:
                        break
        return False

    def _is_doubted(self, high: int, last: int) -> bool:
        """Tell if what follows doubts the diagnosis: "He said it was scabies. I doubt it."."""
        for cue in self._doubts:
            start = self._tokens.sentence_of(cue.first)[0]
            if last <= cue.first and start <= high and cue.first - last < cue.rule.scope:
                return True
        return False

    @cached_property
    def _clauses(self) -> list[int]:
        """Return where a clause with its own verb begins, which no cue before it reaches.

        "no itch and the plaque was red"; "Without itching, nodules appeared".
        """
        starts = [panel - 1 for panel in self._tokens.panels]
        for low, high in self._tokens.sentences:
            words = self._words[low:high]
            for i, word in enumerate(words):
                after = words[i + 1 : i + 2]
                if word == "and" and after and after[0] in _DETERMINERS:
                    if _VERBS & set(words[i + 2 : i + 2 + _CLAUSE_REACH]):
                        starts.append(low + i)
                elif word == "," and words[0] == "without" and _VERBS & set(words[i + 2 :]):
                    starts.append(low + i)
                    break
        return starts

    @cached_property
    def _offered(self) -> tuple[int, int]:
        """Return where a numbered list of suspected diagnoses stands: "DDx: 1. ... 2. ..."."""
        items = numbered(self._words)
        if not items:
            return 0, 0
        head = range(items[0] - _HEAD_REACH, items[0] + 1)
        for cue in self._judging:
            rule = cue.rule
            if rule.category == "possible" and rule.direction != "post" and cue.last in head:
                return items[0], self._tokens.sentence_of(items[-1])[1]
        return 0, 0

    def _is_finite_behind(self, cue: Cue, at: int) -> bool:
        """Tell if a verb stands for itself behind "doesn't": "it doesn't itch bleeds a bit"."""
        if not self._words[cue.first].startswith("doesn"):
            return False
        return any(word in _FELT for word in self._words[cue.last : at + 1])

    def _glued(self, token: int) -> bool:
        after = token + 1
        tokens = self._tokens
        return after < len(tokens.words) and tokens.starts[after] == tokens.ends[token]


def _ends_in_verb(between: Sequence[str]) -> bool:
    """Tell if "nor" and what it denies are followed by their verb."""
    if "nor" not in between:
        return False
    behind = between[len(between) - between[::-1].index("nor") + 1 :]
    return not (_VERBS | _FINITE).isdisjoint(behind)


def _listed_out(between: Sequence[str]) -> bool:
    """Tell if an "or" and then a comma stand between a cue and a mention."""
    if "or" not in between:
        return False
    rest = between[between.index("or") :]
    # "no signs of skin or eye problems, such as": examples are no new clause.
    return "," in rest and _EXAMPLES.isdisjoint(rest)


def _may_change(rule: CueRule, field: str, kind: str | None) -> bool:
    if field == "history":
        if kind == "treatment" and rule.direction == "post" and rule.fields != {"history"}:
            return False  # "after steroids, fluid was not found"; but "... is not needed"
        if kind in ("duration",):
            return False
        return "history" in rule.fields or (kind or "") in rule.fields
    return field in rule.fields
