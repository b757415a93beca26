"""Patterns and small lexicons for history: what began when, how it went, what came before.

Each finder yields character spans of the clean text with a kind. Where two overlap, the
kind that stands first in :data:`structurer.schema.HISTORY_KINDS` wins, then the longer span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Final, NamedTuple

from structurer.frames import framed
from structurer.patterns import patterns, word_list, words
from structurer.phrases import phrase_pattern
from structurer.rules import rule
from structurer.scan import Scan, scanned
from structurer.schema import HISTORY_KINDS
from structurer.treatments import treatments
from structurer.values import NUMBER


class HistorySpan(NamedTuple):
    """A history phrase: span of the clean text and kind."""

    start: int
    end: int
    kind: str
    assertion: str | None = None
    named: bool = False
    """Is the whole phrase one fact, so that no name inside it is marked on its own?"""


_MORE = (
    r"(?:(?:more than|over|about|abt|around|nearly|almost|at least|less than|approximately|roughly"
    r"|the past|the last|past|last|up to|as long as|i think|maybe|probably|like|\u2265)\s+)"
)
_RANGE = rf"{NUMBER}(?:\s*(?:-|to|or)\s*{NUMBER})?"
_COUNT = (
    rf"(?:{_RANGE}\+?(?:\s+and\s+(?:a\s+)?half)?|one and a half|(?:a )?couple of|a few|few|several"
    r"|many|half an?|half|an?)"
)
_TIME = (
    r"(?:minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|mths?|years?|yrs?|decades?"
    r"|fortnights?)"
)
_AMOUNT: Final = rule(
    rf"(?:(?<![\w.-])|(?<=\b[x\u00d7]))(?:{_MORE})?{_COUNT}[\s-]*{_TIME}\b(?:\s+(?:ago|earlier|back))?",
    sparse=True,
)
# Clinical shorthand: n/7 days, n/52 weeks, n/12 months; a ratio or a date looks like days and
# months, so there a word must say that time is meant.
_SHORTHAND: Final = rule(
    r"(?:\b(?P<before>x|for|since|past|last|over)\s*)?(?<![\d/])(?P<n>\d{1,2}/(?:7|52|12))(?![\d/])"
    r"(?P<after>\s+(?:history|hx|duration|ago|now)\b)?"
    r"|(?:\bx|\u00d7) ?(?P<letters>\d{1,2} ?(?:d|wks?|w|mos?|m|yrs?|y))\b(?!\.\w|/)"
    r"|(?<![\w.])(?P<back>\d{1,2} ?(?:d|w|mo?|y) ago)\b"
)
# Words that the pattern needs and the phrase does not: "more than" says something, "about" little.
_LEAD: Final = re.compile(
    r"(?:(?:the\s+)?(?:past|last)|about|abt|around|approximately|roughly|i think|maybe|probably"
    r"|like)\s+",
    re.I,
)
_TABLE: Final = patterns("history")
_NO_DURATION_AFTER: Final = re.compile(rf"'?[\s-]*(?:{_TABLE['no_duration_after']})", re.I)
_NO_DURATION_BEFORE: Final = rule(rf"\b(?:{_TABLE['no_duration_before']})\s*$")
_AFTER_CURE: Final = re.compile(
    r" after (?:[\w-]+ ){0,3}(?:treatment|therapy|surgery|operation|excision|removal|discharge"
    r"|resolution|cessation|discontinuation|withdrawal|diagnosis|admission)\b",
    re.I,
)
_LASTING: Final = rule(rf"\b(?:{_TABLE['lasting_before']}) (?:for )?$")
_DURATION_AFTER: Final = re.compile(
    r"'?[\s,-]*(?:(?:long|progressive|slowly progressive|intermittent|gradual)[\s-]+)?"
    rf"(?:{_TABLE['duration_after']})",
    re.I,
)
_DURATION_BEFORE: Final = rule(
    rf"(?:\b(?:{_TABLE['duration_before']})|\u00d7)"
    r"[\s:,]*(?:(?:of|the|at least|some|like|um|uh|abuot|bout|aboot)\s*)*$"
)
_VAGUE_DURATION: Final = words("history", "vague_duration")
_COURSE: Final = rule(
    rf"\b(?:{_TABLE['course']}"
    rf"|{NUMBER}(?:\s*(?:-|to)\s*{NUMBER})? {_TIME} (?:later|after that)"
    rf"|{NUMBER} {_TIME} (?:post \w+|after (?:{_TABLE['after_event']})|of age))\b"
)
_DOUBTED_BEFORE: Final = re.compile(
    r"\b(?:possible|suspected|presumed|probable|query"
    r"|(?:suspect|may be|might be|could be|suspicion of)(?: [\w-]+){0,5}) $",
    re.I,
)
# What is only likened to an exposure, and what is asked: "could it be flea bites?"
_SEEMS_BEFORE: Final = re.compile(
    rf"\b(?:(?:{_TABLE['likened_before']})(?: \w+)?|(?P<asked>{_TABLE['asked_before']})"
    r"(?: (?:an?|the|due to|from|caused by|related to|because of|some)){0,3}) $",
    re.I,
)
_SPREAD_OVER: Final = re.compile(
    r"\b(?:developed|appeared|evolved|progressed|occurred|spread|worsened|increased|enlarged|grew)"
    r" (?:\w+ly )?$|\b(?:multiplied|stable|unchanged|recurr(?:ed|ent)|accumulated|relapsed) $"
    r"|\b(?:progressive|gradual|slow)(?:ly)? [\w ,-]{1,50}$",
    re.I,
)
_BEFORE: Final = rule(rf"\b(?:(?P<past>{_TABLE['past']})|{_TABLE['family']})\b")
_WELL: Final = re.compile(r"\b(?:not|never|unaffected|healthy|well|normal|asymptomatic|fine)\b")
_MEDICINE: Final = re.compile(
    r"drug|medic|cream|ointment|hormon|lotion|antibiotic|steroid|(?<!the )pill|tablet|antiseptic",
    re.I,
)
_ALLERGY: Final = re.compile(r"allerg|intoleran|reaction", re.I)
_USED: Final = re.compile(r"(?i:use|application) of [A-Z]")  # a product by its name
_PHRASE_END = rf"(?=\s+(?:{_TABLE['exposure_end']})\b| [-\u2013\u2014] |[.,;:()?!]|$)"
_EXPOSURE: Final = rule(
    rf"\b(?:{_TABLE['contact']})(?: \w[\w'-]*){{1,5}}?{_PHRASE_END}"
    rf"|(?<!-)\b(?:{_TABLE['trigger']})\b"
)
_PAST_NP: Final = rule(
    r"\b(?:(?P<none>no |without |denie[sd] (?:any )?)?(?P<family>family )?"
    r"(?:past |medical |previous |prior |known |personal |significant |strong |positive )*history"
    r"(?: (?:is|was))?(?: (?:of|includes|included|(?:significant|notable|remarkable|positive) for))"
    r"|known case of|known to have|background of|comorbidit(?:y|ies) (?:of|include|included)"
    r"|underlying)"
    rf"\s+(?P<np>(?!(?:{_TABLE['no_illness']})\b)[\w'-]+"
    rf"(?: (?!(?:{_TABLE['phrase_end']})\b)[\w'-]+){{0,4}})"
)
_FAMILY_NP: Final = rule(
    r"\bfamilial (?:[\w-]+ ){0,2}(?:cancer|disease|syndrome|\w+itis|\w+oma|\w+emia)\b"
)
_MET: Final = re.compile(
    r"injection|exposure|contact|ingestion|travel|trauma|handling|wearing|\bbites?\b", re.I
)
# "after strep throat", "ever since I had covid": what set it off.
_INFECTION: Final = re.compile(
    r"infection|throat|tonsil|pharyng|covid|coronavirus|sars|influenza|\bflu\b|\bcold\b"
    r"|pneumonia|bronchitis|sinusitis|gastroenteritis|mononucleosis",
    re.I,
)
_CAUGHT_BEFORE: Final = re.compile(
    r"\b(?:(?:after|following|triggered by|brought on by|post|preceded by)"
    r" (?:(?:an?|the|his|her|my|their|recent|acute|mild|severe|recovering from|having|having had"
    r"|contracting) ){0,3}"
    r"|since (?:i|he|she|they) (?:had|got|caught|contracted) (?:an? |the )?)$",
    re.I,
)
_GESTATION: Final = rule(
    rf"(?<![\w.])(?:\d+\s*\+\s*)?{NUMBER}[\s-]*(?:weeks?|months?)'?"
    r"\s+(?:of gestation|gestation|pregnant)\b",
    sparse=True,
)
# An illness named in a vaccination or a test is nobody's illness.
_NOT_ILL_BEFORE: Final = rule(r"\b(?:vaccin|immuni[sz]|serolog|antibod)\w*[^.;]*$")
_NOT_ILL_AFTER: Final = re.compile(rf"[\s-]+(?:{_TABLE['not_ill_after']})", re.I)
_ILLNESS_LEAD: Final = rule(
    r"(?<![\w-])(?:(?:chronic|late|multiple|poorly controlled|uncontrolled|end-stage"
    r"|(?:class|grade|stage) (?:[IVX]+|\d)[ab]?)[\s-]+)+$"
)
_ORGAN_CANCER: Final = rule(
    r"\b(?:(?:metastatic|triple-negative|left|right|stage [ivx\d]+\w?|advanced|small[- ]cell"
    r"|non-small[- ]cell)\s+)*"
    rf"(?:{_TABLE['organ']}) (?:{_TABLE['organ_illness']})\b"
)
_COMORBIDITY: Final = rule(rf"(?<![\w-]){phrase_pattern(word_list('comorbidities'))}s?(?![\w])")


_start: Final = itemgetter(0)
_RANKS: Final = {kind: rank for rank, kind in enumerate(HISTORY_KINDS)}


def find_history(text: str | Scan) -> list[HistorySpan]:
    """Return history phrases, sorted, none overlapping another.

    >>> text = "Itchy rash for 3 weeks, treated with topical steroids; no history of asthma."
    >>> [(text[h.start:h.end], h.kind) for h in find_history(text)]
    [('3 weeks', 'duration'), ('topical steroids', 'treatment'), ('asthma', 'past_medical')]
    """
    scan = scanned(text)
    found = [*_durations(scan), *_courses(scan), *_illnesses(scan)]
    found += [HistorySpan(*item) for item in treatments(scan)]
    found += _exposures(scan)
    for start, end, kind, assertion in framed(scan):
        if assertion or all(h.end <= start or end <= h.start for h in found):
            found.append(HistorySpan(start, end, kind, assertion))
    if len(found) < 2:
        return found
    found.sort(key=_start)
    end = 0
    for item in found:
        if item[0] < end:
            return _chosen(found)
        end = item[1]
    return found  # most captions: nothing to choose


def _chosen(found: list[HistorySpan]) -> list[HistorySpan]:
    """Return the spans that win where some overlap."""
    family = [h for h in found if h.kind == "family"]
    if family:
        found = [h for h in found if h.kind == "family" or not any(_in(h, f) for f in family)]
    met = [h for h in found if h.kind == "exposure" and h.named]
    if met:  # "contact with a TB patient": it is the other who is ill
        found = [h for h in found if h.kind != "past_medical" or not any(_in(h, m) for m in met)]
    found.sort(key=_rank)
    kept: list[HistorySpan] = []
    for item in found:
        for other in kept:
            if item[0] < other[1] and other[0] < item[1]:
                break
        else:
            kept.append(item)
    kept.sort(key=_start)
    return kept


def _rank(item: HistorySpan) -> tuple[int, int, int]:
    return _RANKS[item.kind], item.start - item.end, item.start


def _durations(scan: Scan) -> Iterator[HistorySpan]:
    text = scan.text
    for match in _AMOUNT.finditer(scan):
        start, end = match.span()
        if _NO_DURATION_BEFORE.before(scan, start):
            continue
        if _NO_DURATION_AFTER.match(text, end) and not (
            _LASTING.before(scan, start) and not _AFTER_CURE.match(text, end)
        ):
            continue
        phrase = match.group().lower()
        told = phrase.endswith(("ago", "earlier", "back")) or phrase.startswith(
            ("past", "last", "the ")
        )
        if not told and phrase.startswith("over "):
            told = not text[:start].rstrip(" .;") or bool(
                _SPREAD_OVER.search(text, max(0, start - 70), start)
            )
        lonely = _lonely(text, start, end) or _leads(text, start, end)
        if (
            told
            or lonely
            or _DURATION_AFTER.match(text, end)
            or _DURATION_BEFORE.before(scan, start)
        ):
            lead = _LEAD.match(match.group())
            yield HistorySpan(start + (lead.end() if lead else 0), end, "duration")
    for match in _SHORTHAND.finditer(scan):
        if match.lastgroup in ("letters", "back"):  # "x2d", "x 6m"; "2 d ago"
            yield HistorySpan(*match.span(match.lastgroup), "duration")
        elif (
            match["before"]
            or match["after"]
            or match["n"].endswith("/52")
            or _lonely(text, *match.span())
        ):
            yield HistorySpan(*match.span("n"), "duration")
    for match in _VAGUE_DURATION.finditer(scan):
        start = match.start() + 4 if match.group().lower().startswith("for ") else match.start()
        yield HistorySpan(start, match.end(), "duration")


def _lonely(text: str, start: int, end: int) -> bool:
    """Tell if the amount stands alone between stops, as notes and forum posts write it."""
    before = text[:start].rstrip()
    after = text[end:].lstrip()
    return (not before or before[-1] in ".,;:!?") and (not after or after[0] in ".,;!?")


def _leads(text: str, start: int, end: int) -> bool:
    """Tell if a sentence begins with the amount and goes on: "2 months the corners are sore"."""
    before = text[:start].rstrip()
    return (not before or before[-1] in ".!?\n") and bool(_GOES_ON.match(text, end))


# Not "Two weeks later", "3 months of treatment", "2 years at diagnosis".
_GOES_ON: Final = re.compile(
    r" (?:the|my|his|her|i|he|she|it|already|now|itchy|itching|rash|appeared|with) ?", re.I
)


def _courses(scan: Scan) -> Iterator[HistorySpan]:
    for match in _COURSE.finditer(scan):
        yield HistorySpan(*match.span(), "course")


def _illnesses(scan: Scan) -> Iterator[HistorySpan]:
    for pattern in (_COMORBIDITY, _ORGAN_CANCER):
        for match in pattern.finditer(scan):
            start, end = match.span()
            if _NOT_ILL_BEFORE.before(scan, start, max(0, start - 80)):
                continue
            if _NOT_ILL_AFTER.match(scan.text, end):
                continue
            lead = _ILLNESS_LEAD.before(scan, start, max(0, start - 40))
            start = lead.start() if lead else start
            doubt = _DOUBTED_BEFORE.search(scan.text, max(0, start - 60), start)
            assertion = "possible" if doubt else None
            caught = _INFECTION.search(match.group()) and _CAUGHT_BEFORE.search(
                scan.text, max(0, start - 40), start
            )
            kind = "exposure" if caught or "smok" in match.group().lower() else "past_medical"
            yield HistorySpan(start, end, kind, assertion, named=True)
    for match in _GESTATION.finditer(scan):
        yield HistorySpan(*match.span(), "past_medical", named=True)
    for match in _FAMILY_NP.finditer(scan):
        yield HistorySpan(*match.span(), "family", "family")
    for match in _BEFORE.finditer(scan):
        if match["past"]:
            yield HistorySpan(*match.span(), "past_medical", named=True)
        else:
            yield HistorySpan(*match.span(), "family", _kin_assertion(match.group().lower()))
    for match in _PAST_NP.finditer(scan):
        kind = "family" if match["family"] else "past_medical"
        if _MET.search(match["np"]):
            kind = "exposure"
        elif (
            kind == "past_medical"
            and _MEDICINE.search(match["np"])
            and not _ALLERGY.search(match["np"])
        ):
            kind = "treatment"
        yield HistorySpan(
            *match.span("np"), kind, None if match["none"] or kind != "family" else "family"
        )


def _kin_assertion(phrase: str) -> str | None:
    """Return "absent" for what denies: "nobody in her family", "siblings are healthy"."""
    if "consanguin" in phrase or "related" in phrase:
        return None
    return "absent" if phrase.startswith("no") or _WELL.search(phrase) else None


def _in(item: HistorySpan, other: HistorySpan) -> bool:
    return other.start <= item.start and item.end <= other.end


def _exposures(scan: Scan) -> Iterator[HistorySpan]:
    for match in _EXPOSURE.finditer(scan):
        phrase = match.group()
        start = match.start()
        seems = _SEEMS_BEFORE.search(scan.text, max(0, start - 36), start)
        if seems and not seems["asked"]:
            continue  # "bumps like mosquito bites"
        used = _USED.match(phrase)
        kind = "exposure"
        new = phrase[:4].lower() == "new "  # a new drug is to blame
        if used or (not new and _MEDICINE.search(scan.text, *match.span())):
            kind = "treatment"
        # A creature or disease inside "contact with anthrax-infected cattle" is part of it.
        yield HistorySpan(*match.span(), kind, "possible" if seems else None, named=" " in phrase)
