"""Patterns and small lexicons for history: what began when, how it went, what came before.

Each finder yields character spans of the clean text with a kind. Where two overlap, the
kind that stands first in :data:`structurer.schema.HISTORY_KINDS` wins, then the longer span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from structurer.schema import HISTORY_KINDS
from structurer.values import NUMBER


@dataclass(frozen=True, slots=True)
class HistorySpan:
    """A history phrase: span of the clean text and kind."""

    start: int
    end: int
    kind: str
    assertion: str | None = None
    named: bool = False
    """Is it a known illness by name, and not just what followed a cue?"""


_MORE = (
    r"(?:(?:more than|over|about|around|nearly|almost|at least|less than|approximately|roughly"
    r"|the past|the last|past|last|up to|as long as)\s+)"
)
_COUNT = rf"(?:{NUMBER}(?:\s*(?:-|to|or)\s*{NUMBER})?(?:\s+and\s+a\s+half)?|one and a half|a couple of|a few|few|several|many|half an?|half|an?)"
_TIME = r"(?:minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|mths?|years?|yrs?|decades?|fortnights?)"
_AMOUNT: Final = re.compile(
    rf"(?<![\w.-])(?:{_MORE})?{_COUNT}[\s-]*{_TIME}\b(?:\s+(?:ago|earlier))?", re.I
)
# Words that the pattern needs and the phrase does not: "more than" says something, "about" little.
_LEAD: Final = re.compile(
    r"(?:(?:the\s+)?(?:past|last)|about|around|approximately|roughly)\s+", re.I
)
_NO_DURATION_AFTER: Final = re.compile(
    r"'?[\s-]*(?:old\b|of age|later\b|after\b|post\b|follow|course of|apart|intervals?\b|of treatment|of therapy"
    r"|of gestation|and older|of (?:\w+\s)?(?:prednis|antibiotic|steroid)|a (?:day|week|month)|per\b)",
    re.I,
)
_NO_DURATION_BEFORE: Final = re.compile(
    r"\b(?:every|after|within|at|age|aged|per|next|each|treated for|therapy for|treatment for|first|until|in)\s*$",
    re.I,
)
_DURATION_AFTER: Final = re.compile(
    r"'?[\s,-]*(?:(?:long|progressive|slowly progressive|intermittent|gradual)[\s-]+)?(?:history|duration|prior|already"
    r"|now\b|before|evolution|hx|standing|previously|long\b)",
    re.I,
)
_DURATION_BEFORE: Final = re.compile(
    r"\b(?:for|since|past|last|lasted|lasting|during|over|duration|history|onset|present|began|started|persist\w*"
    r"|of|x|been|already|appeared)[\s:,]*(?:(?:of|the|at least|some)\s*)*$",
    re.I,
)
_VAGUE_DURATION: Final = re.compile(
    r"\b(?:a|for) long time\b|\bsince (?:childhood|birth|infancy|adolescence|puberty|early childhood)\b"
    r"|\b(?:long-?standing|lifelong)\b",
    re.I,
)
_COURSE: Final = re.compile(
    r"\b(?:sudden(?:ly)?(?: onset)?|gradual(?:ly)?(?: (?:increas\w+|enlarg\w+|progress\w+|spread\w*|worsen\w*))?"
    r"|progressive(?:ly)?(?: (?:enlarg\w+|increas\w+|worsen\w*|spread\w*))?|(?:rapid|slow)(?:ly)?(?: (?:progress\w*|grow\w*|enlarg\w+|increas\w+|spread\w*))"
    r"|slowly|recurrent|recurring|recurred|recurs|recurrences?|relaps(?:e|es|ed|ing)|progressed|progression|worsen(?:ed|ing|s)?|getting worse|got worse"
    r"|spread(?:ing|s)?(?= (?:to|over|across|rapidly|gradually|all|slowly)|[.,;]|$)|increas(?:ed|ing) (?:in size|gradually|in number|slowly|rapidly)|enlarg(?:ed|ing)"
    r"|grow(?:n|ing|s)? (?:bigger|larger|more|slowly|rapidly|in size)|grew (?:bigger|larger|slowly|rapidly|in size)|(?:significant |marked |gradual |slight |some |no |complete |partial )?improve(?:ment|d)"
    r"|improving|not improving|(?:complete(?:ly)? |spontaneous(?:ly)? )?(?:resolved|resolution|subsided|remission|regress(?:ed|ion)|disappeared|cleared|healed)"
    r"|not heal(?:ing|ed)?|non-?healing|new-?onset|(?:acute|sudden|abrupt|recent|insidious) onset|intermittent(?:ly)?|persist(?:ent|ently|ed|ing|s)"
    r"|(?:waxing and waning|wax(?:es)? and wane[sd]?)|com(?:e|es|ing)[- ]and[- ]go(?:es|ing)?|com(?:e|es|ing) back|evanescent|self-?limit(?:ed|ing)|congenital"
    r"|exacerbat(?:ion|ed|es|ing)s?|flar(?:e|es|ed|ing)(?:[ -]ups?)?|stable|seasonal(?:ly)?|(?:worse|more (?:severe|pronounced|often)|aggravated) (?:in|at|during|with) (?:the )?\w+"
    r"|(?:in|during) (?:the )?(?:winter|summer|spring|autumn|fall)(?: months| season)?|every (?:summer|winter|spring|autumn|year)"
    rf"|{NUMBER}(?:\s*(?:-|to)\s*{NUMBER})? {_TIME} (?:later|after(?: that)?)|{NUMBER} {_TIME} post \w+)\b",
    re.I,
)
_ROUTE = (
    r"(?:topical(?:ly)?|oral(?:ly)?|systemic|intravenous|iv|intralesional|intramuscular|injected|subcutaneous|high[- ]dose|low[- ]dose"
    r"|potent|super-?potent|mild|pulsed?|broad[- ]spectrum|multiple|combined|empiric(?:al)?|adjuvant|prophylactic)"
)
_FORM = r"(?:cream|ointment|gel|lotion|tablets?|capsules?|injections?|infusion|therapy|treatment|solution|shampoo|pulses?|taper|regimens?|sodium|hydrochloride|mofetil|acetonide|propionate|valerate|spray|powder)"
# INN stems (WHO, The use of stems in the selection of INN), for drugs that no list holds.
_STEM = (
    r"[a-z]{2,}(?:cillin|mycin|micin|floxacin|cycline|conazole|azole|bendazole|vir|mab|nib|limus|olone|asone|onide|sone|cort|oxicam"
    r"|profen|statin|sartan|dipine|prazole|tidine|platin|taxel|rubicin|trexate|quine|sporin|retinoin|tretin|fungin|gliptin|citabine|cept)"
)
# English words that happen to end like a drug.
_NOT_A_DRUG: Final = frozenset("virgin quine masone jasone persone".split())
_CAUSE_BEFORE: Final = re.compile(
    r"\b(?:induced by|due to|caused by|secondary to|triggered by|initiation of|since starting"
    r"|agent being|exposure to|in response to|reaction to|allergy to|allergic to|provoked by|complicating|attributed to)"
    r"\s+(?:\w+\s+){0,2}$",
    re.I,
)
_PROPOSED_BEFORE: Final = re.compile(
    r"\b(?:should (?:i|we|he|she|it)?(?: be)?|recommend(?:ed|ing)?|consider(?:ing)?|plan(?:ned|ning)? (?:for|to)|advised?|scheduled for|candidate for"
    r"|would|can i|could i)\s+(?:\w+\s+){0,4}$",
    re.I,
)
_EXPOSURE: Final = re.compile(
    r"\b(?:contact with|exposure to|exposed to|ingestion of|use of|application of|travel(?:l?ed|l?ing)? (?:to|from)|bitten by|stung by"
    r"|wearing|eating|consuming|drinking|swimming in|working (?:in|with)|handling|gardening|hiking in)"
    r"(?: [\w'-]+){1,5}?(?=\s+(?:and|for|with|which|who|that|was|were|is|had|has|two|three|\d+|since|when|a few)\b|[.,;:()?!]|$)"
    r"|\b(?:scratch(?:ing|ed)|sunburns?|sun exposure|uv exposure|sunlight|vaccination|shaving|waxing|tattooing|trauma|minor trauma"
    r"|insect bites?|mosquito bites?|tick bites?|sweating|stress|emotional stress|new (?:soap|detergent|cosmetics|shampoo)|hair dye|nickel)\b",
    re.I,
)
_PAST_NP: Final = re.compile(
    r"\b(?:(?P<none>no |without |denie[sd] (?:any )?)?(?P<family>family )?(?:past |medical |previous |prior |known |personal |significant |strong |positive )*history"
    r"(?: (?:is|was))?(?: (?:of|includes|included|significant for|notable for|remarkable for|positive for))|known case of|known to have|background of|comorbidit(?:y|ies) (?:of|include|included)|underlying)"
    r"\s+(?P<np>(?!(?:the|this|his|her|present|similar|treatment)\b)[\w'-]+(?: (?!(?:and|or|who|which|presented?|with|for|on|in|at|since|was|is|had|has|treated|who|that|but)\b)[\w'-]+){0,4})",
    re.I,
)
_FAMILY_NP: Final = re.compile(
    r"\bfamilial (?:[\w-]+ ){0,2}(?:cancer|disease|syndrome|\w+itis|\w+oma|\w+emia)\b", re.I
)
_ILLNESS_LEAD: Final = re.compile(
    r"(?<![\w-])(?:(?:chronic|late|multiple|poorly controlled|uncontrolled|end-stage"
    r"|(?:class|grade|stage) (?:[IVX]+|\d)[ab]?)[\s-]+)+$",
    re.I,
)
_ORGAN_CANCER: Final = re.compile(
    r"\b(?:(?:metastatic|triple-negative|left|right|stage [ivx\d]+\w?|advanced|small[- ]cell|non-small[- ]cell)\s+)*"
    r"(?:breast|lung|colon|rectal|gastric|renal|kidney|liver|hepatic|prostate|ovarian|cervical|uterine|bladder|thyroid|pancreatic|testicular|oesophageal|esophageal|brain)"
    r" (?:cancer|carcinoma|adenocarcinoma|tumou?r|transplant(?:ation)?|failure|insufficiency)\b",
    re.I,
)


@lru_cache(maxsize=4)
def _lexicon(name: str) -> re.Pattern[str]:
    lines = (files("structurer") / "data" / f"{name}.txt").read_text("utf-8").splitlines()
    terms = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    ordered = sorted(terms, key=lambda term: (-len(term), term))
    body = "|".join(
        re.escape(term).replace(r"\ ", r"[\s-]").replace(r"\-", r"[\s-]") for term in ordered
    )
    return re.compile(rf"(?<![\w-])(?:{body})s?(?![\w])", re.I)


@lru_cache(maxsize=1)
def _treatment() -> re.Pattern[str]:
    drugs = _lexicon("drugs").pattern.removeprefix(r"(?<![\w-])").removesuffix(r"s?(?![\w])")
    return re.compile(
        rf"\b(?:{_ROUTE}\s+)*(?:{drugs}s?|{_STEM})\b(?:[\s-]+{_FORM}\b)*(?:\s+(?:topically|orally))?",
        re.I,
    )


def find_history(text: str) -> list[HistorySpan]:
    """Return history phrases, sorted, none overlapping another.

    >>> text = "Itchy rash for 3 weeks, treated with topical steroids; no history of asthma."
    >>> [(text[h.start:h.end], h.kind) for h in find_history(text)]
    [('3 weeks', 'duration'), ('topical steroids', 'treatment'), ('asthma', 'past_medical')]
    """
    found = [*_durations(text), *_courses(text), *_illnesses(text), *_treatments(text)]
    found += [HistorySpan(*m.span(), "exposure") for m in _EXPOSURE.finditer(text)]
    found.sort(key=lambda h: (HISTORY_KINDS.index(h.kind), h.start - h.end, h.start))
    kept: list[HistorySpan] = []
    for item in found:
        if all(item.end <= other.start or other.end <= item.start for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda h: h.start)


def _durations(text: str) -> Iterator[HistorySpan]:
    for match in _AMOUNT.finditer(text):
        start, end = match.span()
        if _NO_DURATION_AFTER.match(text, end) or _NO_DURATION_BEFORE.search(text, 0, start):
            continue
        phrase = match.group().lower()
        told = phrase.endswith(("ago", "earlier")) or phrase.startswith(("past", "last", "the "))
        lonely = _lonely(text, start, end)
        if (
            told
            or lonely
            or _DURATION_AFTER.match(text, end)
            or _DURATION_BEFORE.search(text, 0, start)
        ):
            lead = _LEAD.match(match.group())
            yield HistorySpan(start + (lead.end() if lead else 0), end, "duration")
    for match in _VAGUE_DURATION.finditer(text):
        start = match.start() + 4 if match.group().lower().startswith("for ") else match.start()
        yield HistorySpan(start, match.end(), "duration")


def _lonely(text: str, start: int, end: int) -> bool:
    """Does the amount stand alone between stops, as notes and forum posts write it?"""
    before = text[:start].rstrip()
    after = text[end:].lstrip()
    return (not before or before[-1] in ".,;:!?") and (not after or after[0] in ".,;!?")


def _courses(text: str) -> Iterator[HistorySpan]:
    for match in _COURSE.finditer(text):
        yield HistorySpan(*match.span(), "course")


def _illnesses(text: str) -> Iterator[HistorySpan]:
    for pattern in (_lexicon("comorbidities"), _ORGAN_CANCER):
        for match in pattern.finditer(text):
            lead = _ILLNESS_LEAD.search(text, max(0, match.start() - 40), match.start())
            yield HistorySpan(
                lead.start() if lead else match.start(), match.end(), "past_medical", named=True
            )
    for match in _FAMILY_NP.finditer(text):
        yield HistorySpan(*match.span(), "family", "family")
    for match in _PAST_NP.finditer(text):
        kind = "family" if match["family"] else "past_medical"
        yield HistorySpan(
            *match.span("np"), kind, None if match["none"] or kind != "family" else "family"
        )


def _treatments(text: str) -> Iterator[HistorySpan]:
    for match in _treatment().finditer(text):
        if match.group().lower() in _NOT_A_DRUG:
            continue
        if _CAUSE_BEFORE.search(text, max(0, match.start() - 60), match.start()):
            yield HistorySpan(*match.span(), "exposure")
        elif _PROPOSED_BEFORE.search(text, max(0, match.start() - 60), match.start()):
            yield HistorySpan(*match.span(), "treatment", "possible")
        else:
            yield HistorySpan(*match.span(), "treatment")
