"""How long something has lasted, when it began and how it went: "for 3 weeks", "worse at night"."""

from __future__ import annotations

import re
from typing import Final

from structurer.historyspans import HistorySpan, Readers
from structurer.patterns import patterns, words
from structurer.rules import rule
from structurer.scan import Scan
from structurer.values import NUMBER

_TABLE: Final = patterns("history")
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
_SPREAD_OVER: Final = re.compile(
    r"\b(?:developed|appeared|evolved|progressed|occurred|spread|worsened|increased|enlarged|grew)"
    r" (?:\w+ly )?$|\b(?:multiplied|stable|unchanged|recurr(?:ed|ent)|accumulated|relapsed) $"
    r"|\b(?:progressive|gradual|slow)(?:ly)? [\w ,-]{1,50}$",
    re.I,
)
# Not "Two weeks later", "3 months of treatment", "2 years at diagnosis".
_GOES_ON: Final = re.compile(
    r" (?:the|my|his|her|i|he|she|it|already|now|itchy|itching|rash|appeared|with) ?", re.I
)


def _duration(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    text = scan.text
    start, end = match.span()
    if _NO_DURATION_BEFORE.before(scan, start):
        return None
    if _NO_DURATION_AFTER.match(text, end) and not (
        _LASTING.before(scan, start) and not _AFTER_CURE.match(text, end)
    ):
        return None
    phrase = match.group().lower()
    told = phrase.endswith(("ago", "earlier", "back")) or phrase.startswith(
        ("past", "last", "the ")
    )
    if not told and phrase.startswith("over "):
        told = not text[:start].rstrip(" .;") or bool(
            _SPREAD_OVER.search(text, max(0, start - 70), start)
        )
    lonely = _lonely(text, start, end) or _leads(text, start, end)
    if told or lonely or _DURATION_AFTER.match(text, end) or _DURATION_BEFORE.before(scan, start):
        lead = _LEAD.match(match.group())
        return HistorySpan(start + (lead.end() if lead else 0), end, "duration")
    return None


def _shorthand(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    if match.lastgroup in ("letters", "back"):  # "x2d", "x 6m"; "2 d ago"
        return HistorySpan(*match.span(match.lastgroup), "duration")
    if (
        match["before"]
        or match["after"]
        or match["n"].endswith("/52")
        or _lonely(scan.text, *match.span())
    ):
        return HistorySpan(*match.span("n"), "duration")
    return None


def _vague(match: re.Match[str], _scan: Scan) -> HistorySpan:
    start, end = match.span()
    return HistorySpan(
        start + (4 if match.group().lower().startswith("for ") else 0), end, "duration"
    )


def _lonely(text: str, start: int, end: int) -> bool:
    """Tell if the amount stands alone between stops, as notes and forum posts write it."""
    before = text[:start].rstrip()
    after = text[end:].lstrip()
    return (not before or before[-1] in ".,;:!?") and (not after or after[0] in ".,;!?")


def _leads(text: str, start: int, end: int) -> bool:
    """Tell if a sentence begins with the amount and goes on: "2 months the corners are sore"."""
    before = text[:start].rstrip()
    return (not before or before[-1] in ".!?\n") and bool(_GOES_ON.match(text, end))


def _course(match: re.Match[str], _scan: Scan) -> HistorySpan:
    return HistorySpan(*match.span(), "course")


COURSES: Final = Readers(
    (_AMOUNT, _duration), (_SHORTHAND, _shorthand), (_VAGUE_DURATION, _vague), (_COURSE, _course)
)
