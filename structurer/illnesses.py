"""Illnesses of the patient and of the family, with the words that doubt or deny them."""

from __future__ import annotations

import re
from typing import Final

from structurer.exposures import MEDICINE
from structurer.historyspans import HistorySpan, Readers
from structurer.patterns import patterns, word_list
from structurer.phrases import phrase_pattern
from structurer.rules import rule
from structurer.scan import Scan
from structurer.values import NUMBER

_TABLE: Final = patterns("history")
_DOUBTED_BEFORE: Final = re.compile(
    r"\b(?:possible|suspected|presumed|probable|query"
    r"|(?:suspect|may be|might be|could be|suspicion of)(?: [\w-]+){0,5}) $",
    re.I,
)
_BEFORE: Final = rule(rf"\b(?:(?P<past>{_TABLE['past']})|{_TABLE['family']})\b")
_WELL: Final = re.compile(r"\b(?:not|never|unaffected|healthy|well|normal|asymptomatic|fine)\b")
_ALLERGY: Final = re.compile(r"allerg|intoleran|reaction", re.I)
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


def _illness(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    start, end = match.span()
    if _NOT_ILL_BEFORE.before(scan, start, max(0, start - 80)):
        return None
    if _NOT_ILL_AFTER.match(scan.text, end):
        return None
    lead = _ILLNESS_LEAD.before(scan, start, max(0, start - 40))
    start = lead.start() if lead else start
    doubt = _DOUBTED_BEFORE.search(scan.text, max(0, start - 60), start)
    assertion = "possible" if doubt else None
    caught = _INFECTION.search(match.group()) and _CAUGHT_BEFORE.search(
        scan.text, max(0, start - 40), start
    )
    kind = "exposure" if caught or "smok" in match.group().lower() else "past_medical"
    return HistorySpan(start, end, kind, assertion, named=True)


def _gestation(match: re.Match[str], _scan: Scan) -> HistorySpan:
    return HistorySpan(*match.span(), "past_medical", named=True)


def _familial(match: re.Match[str], _scan: Scan) -> HistorySpan:
    return HistorySpan(*match.span(), "family", "family")


def _past_or_kin(match: re.Match[str], _scan: Scan) -> HistorySpan:
    if match["past"]:
        return HistorySpan(*match.span(), "past_medical", named=True)
    return HistorySpan(*match.span(), "family", _kin_assertion(match.group().lower()))


def _named_past(match: re.Match[str], _scan: Scan) -> HistorySpan:
    kind = "family" if match["family"] else "past_medical"
    if _MET.search(match["np"]):
        kind = "exposure"
    elif kind == "past_medical" and _is_medicine(match["np"]):
        kind = "treatment"
    return HistorySpan(
        *match.span("np"), kind, None if match["none"] or kind != "family" else "family"
    )


def _is_medicine(phrase: str) -> bool:
    return bool(MEDICINE.search(phrase)) and not _ALLERGY.search(phrase)


def _kin_assertion(phrase: str) -> str | None:
    """Return "absent" for what denies: "nobody in her family", "siblings are healthy"."""
    if "consanguin" in phrase or "related" in phrase:
        return None
    return "absent" if phrase.startswith("no") or _WELL.search(phrase) else None


ILLNESSES: Final = Readers(
    (_COMORBIDITY, _illness),
    (_ORGAN_CANCER, _illness),
    (_GESTATION, _gestation),
    (_FAMILY_NP, _familial),
    (_BEFORE, _past_or_kin),
    (_PAST_NP, _named_past),
)
