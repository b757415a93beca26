"""Treatments of a history: drugs and remedies by name, by stem and by form.

A drug may be to blame, only tested, only proposed or refused; the words around it tell.
"""

from __future__ import annotations

import re
from typing import Final

from structurer.historyspans import HistorySpan, Readers
from structurer.patterns import patterns, word_list, words
from structurer.phrases import phrase_pattern
from structurer.rules import rule
from structurer.scan import Scan

_TABLE: Final = patterns("history")
_TREATMENT: Final = rule(
    rf"\b(?:(?:{_TABLE['route']})\s+)*"
    rf"(?:{phrase_pattern(word_list('drugs'))}s?|[a-z]{{2,}}{phrase_pattern(_TABLE['stem'].split('|'))})\b"
    rf"(?:[\s-]+(?:{_TABLE['form']})\b)*(?:\s+(?:topically|orally))?"
)
# English words that happen to end like a drug.
_NOT_A_DRUG: Final = frozenset(
    "accept april aztecan cocaine concept dichotomy equine escort except intercept percept precept"
    " prostatin quine".split()
)
_CAUSE_BEFORE: Final = rule(rf"\b(?:{_TABLE['cause_before']})\s+(?:\w+\s+){{0,2}}$")
_PROPOSED_BEFORE: Final = rule(rf"\b(?:{_TABLE['proposed_before']})\s+(?:\w+\s+){{0,4}}$")
# "rash after receiving X" blames X; "better after X" praises it.
_AFTER_BEFORE: Final = rule(rf"\b(?:{_TABLE['after_before']})\s+(?:\w+\s+){{0,2}}$")
# "two weeks after cyclosporine was discontinued" does not blame it.
_STOPPED: Final = re.compile(
    r" (?:was|were|had been) (?:discontinued|stopped|withdrawn|tapered|ceased)|-free", re.I
)
_RELIEF: Final = re.compile(rf"\b(?:{_TABLE['relief']})", re.I)
# "neither X nor Y helped": both were given.
_NEITHER_BEFORE: Final = re.compile(r"\b(?:neither|nor|no|none of) (?:[\w-]+ ){0,2}$", re.I)
_PASSIVE: Final = re.compile(r" (?:was|were|been) ")
_IN_VAIN: Final = re.compile(rf"[^.;]{{0,60}}\b(?:{_TABLE['in_vain']})", re.I)
_TESTED_BEFORE: Final = rule(rf"\b(?:{_TABLE['tested_before']})\W+(?:\w+\W+){{0,4}}$")
# "steroid-resistant disease" names a trait, not a course of treatment.
_TRAIT_AFTER: Final = re.compile(r"-(?:resistan|dependen|naive|na\u00efve|sparing|free)", re.I)
_JOINED: Final = frozenset(" -")
# "dexamethasone suppression test" gives no drug to cure.
_TESTED_AFTER: Final = re.compile(rf"[\s-]+(?:{_TABLE['tested_after']})\b", re.I)
_NOT_GIVEN_AFTER: Final = re.compile(rf"\s+(?:{_TABLE['not_given_after']})\b", re.I)
_BLAMED_AFTER: Final = re.compile(rf"[- ](?:{_TABLE['blamed_after']})\b", re.I)
_PROPOSED_AFTER: Final = re.compile(rf"\s+(?:{_TABLE['proposed_after']})\b", re.I)
_REMEDY: Final = words("history", "remedy")
_MEDICINES: Final = words("history", "medicine")
_TAKEN_BEFORE: Final = re.compile(rf"\b(?:{_TABLE['taken_before']}) $", re.I)
# "Compound glycyrrhizin capsules": a product by its name and form.
_PRODUCT: Final = rule(
    r"\b(?!(?:Us(?:e|ed|ing)|Appl(?:y|ied|ying)|Took|Tak(?:e|en|ing)|The|This|An?|My|Some|Any|With"
    r"|After|No|Have|Been|Put|In|On|It|And|Or|Please|What|Which|Should|Can|By)\b)[A-Z][a-z]{2,}"
    r"(?: (?!and\b|or\b|with\b)[a-z]{3,}){0,2}"
    r" (?:creams?|ointments?|capsules?|tablets?|lotion|shampoo|granules|pills)\b",
    ignore_case=False,
    sparse=True,
)


def _medicine(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    start, end = match.span()
    if _TAKEN_BEFORE.search(scan.text, max(0, start - 36), start):
        return HistorySpan(start, end, "treatment")
    return None


def _treatment(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    """Return what was given; a drug to blame is an exposure."""
    text = scan.text
    if match.group().lower() in _NOT_A_DRUG:
        return None
    start, end = match.span()
    low = max(0, start - 60)
    goes_on = text[end : end + 1] in _JOINED  # else nothing behind it can change it
    if _TESTED_BEFORE.before(scan, start, low) or (goes_on and _tested(text, end)):
        return None
    after = not _STOPPED.match(text, end) and _AFTER_BEFORE.before(scan, start, low)
    blamed = bool(_CAUSE_BEFORE.before(scan, start, low))
    blamed = blamed or bool(goes_on and _BLAMED_AFTER.match(text, end))
    if blamed or (after and not _RELIEF.search(text, low, _sentence_end(text, end))):
        return HistorySpan(start, end, "exposure")
    assertion = None
    if _PROPOSED_BEFORE.before(scan, start, low):
        assertion = "possible"
    elif _PASSIVE.search(text, start, end) and _NEITHER_BEFORE.search(
        text, max(0, start - 28), start
    ):
        assertion = "absent"  # "no treatment was given"
    elif goes_on:
        assertion = _assertion(text, start, end)
    return HistorySpan(start, end, "treatment", assertion)


TREATMENTS: Final = Readers(
    (_MEDICINES, _medicine), (_TREATMENT, _treatment), (_REMEDY, _treatment), (_PRODUCT, _treatment)
)


def _sentence_end(text: str, start: int) -> int:
    """Return where the sentence ends, or what may still speak of a treatment does."""
    stop = text.find(". ", start, start + _AFTERMATH)
    return stop if stop >= 0 else start + _AFTERMATH


_AFTERMATH: Final = 90
"""Characters behind a treatment that may tell of relief."""


def _tested(text: str, end: int) -> bool:
    return bool(_TRAIT_AFTER.match(text, end) or _TESTED_AFTER.match(text, end))


def _assertion(text: str, start: int, end: int) -> str | None:
    """Return what the words behind a treatment say of it, if anything."""
    if _NOT_GIVEN_AFTER.match(text, end):
        return "absent"
    if _PROPOSED_AFTER.match(text, end):
        return "possible"
    neither = _NEITHER_BEFORE.search(text, max(0, start - 28), start)
    return "present" if neither and _IN_VAIN.match(text, end) else None
