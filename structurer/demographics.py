"""Patterns for age and sex in a clean caption.

Each finder returns character spans of the clean text. They look for statements about the
patient: a relative's age and an illness's age are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from structurer.relatives import is_own_story
from structurer.rules import rule
from structurer.scan import Scan, scanned
from structurer.tokens import Span
from structurer.values import DECADES, NUMBER, ONES, ORDINALS

# "41 M.", "32F, papules"; neither "M. leprae" nor "F-12".
_ALONE = r"(?-i:(?![\w-]|\.\w|\. [a-z]))"
_UNIT = r"(?:years?|yrs?|months?|mos?|mths?|weeks?|wks?|days?)"
_AGE_NUMERIC: Final = rule(
    rf"(?<![\w.])(?:"
    rf"{NUMBER}(?:\s+and\s+a\s+half)?[\s-]*{_UNIT}'?\.?[\s-]*(?:old\b|of\s+age\b)"
    rf"|{NUMBER}[\s-]*(?:y[/-]?o|yr?\.?o|y\.-?o|m/o|yrs?\s*/?\s*o)\b"
    rf"|(?<=aged )(?:about\s+)?{NUMBER}(?:\s*{_UNIT})?\b"
    rf"|(?<=\bage )(?:of\s+)?\d{{1,3}}(?:\s*{_UNIT})?\b|(?<=\bage: )\d{{1,3}}(?:\s*{_UNIT})?\b"
    rf"|\d{{1,3}}(?=\s?(?-i:[MF])\b{_ALONE})|\d\d(?=[mf]\b{_ALONE})"
    rf"|\d{{1,3}}(?=[- ]?(?:yo|y/o)\b)|(?<=patient \(){NUMBER}\s?{_UNIT}(?=[,)])"
    rf"|\d{{1,3}} ?y(?=,? [mf]\b{_ALONE})"
    rf"|\d{{1,3}}(?=\s?/\s?(?-i:[MF])\b{_ALONE})"
    rf")"
)
TEENS: Final = (
    r"(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen)(?=[.,;!?]|$| and\b)"
)
_PERSON = (
    r"(?:woman|girl|lady|female|man|boy|gentleman|male|guy|bloke|chap|baby|toddler|wife|husband|mother|mom|mum|father"
    r"|dad|son|daughter|grandmother|grandma|grandfather|grandpa|kid|child|girlfriend|boyfriend"
    r"|gf|bf|fianc[e\u00e9]e?|partner|hubby)"
)
# Notes and posts: "Male 35", "my grandpa (91)", "daughter 6y", "F/9 mo", "she's sixty one",
# "23 yrs, female". A measure or a count after the number makes it something else.
_NO_MEASURE = (
    rf"(?!\s*(?:cm|mm|kg|g\b|mg|ml|%|\u00b0|x\b|of\b|times|lesions?|patients?|{_UNIT}\s+(?:ago|later|history"
    r"|duration)|(?:months?|mths?|days?|weeks?|wks?|hours?|hrs?)\b)|[\w.,/:-]*\d)"
)
_MANY = (
    r"(?:patients|subjects|participants|individuals|controls|volunteers|cases|students|children"
    r"|adults|mice|rats|rabbits|animals|dogs|to\b|:)"
)
_AGE_NOTE: Final = rule(
    rf"(?:\b{_PERSON}|(?<![\w'])(?-i:[MF])(?!\d\b)|(?<!\w)[\u2640\u2642])\)?\s?[,;(/:]?\s?"
    rf"(?P<a>\d{{1,3}}(?:\s?(?:years?|yrs?|y)\b(?:,? (?:and )?\d{{1,2}} ?(?:months?|mo)\b)?"
    rf"|\s?(?:months?|mo|mths?)\b)?)"
    rf"(?![a-z]|\s(?:fe)?males?\b){_NO_MEASURE}"
    rf"|\b(?:im|(?:he|she|i|patient|pt|{_PERSON})(?:'s|'m|\s(?:is|am|was)))\s"
    rf"(?P<b>(?:\d{{1,2}}|{ONES}) and a half|\d{{1,3}}|{TEENS}|(?:{DECADES})(?:[\s-](?:{ONES}))?)\b"
    rf"(?! when\b){_NO_MEASURE}"
    # "girl 5 wks with ..."
    rf"|\b(?:girl|boy|infant|baby|newborn|(?:fe)?male)"
    rf" (?P<i>\d{{1,2}} ?(?:weeks?|wks?|days?))(?= with\b|,? p/w\b)"
    rf"|(?<![\w.])(?P<c>\d{{1,3}}\s?(?:years?|yrs?|y))(?=[\s,/]+(?:{_PERSON}\b|(?-i:[MF])\b{_ALONE}))"
    rf"|\b(?:he|she|patient) \((?P<g>\d{{1,3}}\s?{_UNIT})\)"
    rf"|(?<![\w.])(?P<h>{NUMBER}\s?(?:years?|yrs?|yr) age)\b(?! group| range)"
    # "44 male", "66 ♂"; not "(44 male, 56 female)"
    rf"|(?<![\w.])(?<!male, )(?<!males, )(?<!male and )(?<!males and )(?P<d>\d{{1,3}})"
    rf"(?=,?\s?(?:(?:fe)?male\b(?!\s{_MANY})|(?<=,)\s(?:wo)?man\b|[\u2640\u2642])"
    rf"(?!,? (?:and |or )?\d))"
    # "this gentleman seventy eight"
    rf"|\b{_PERSON} (?P<f>(?:{DECADES})[\s-](?:{ONES}))\b{_NO_MEASURE}"
    # "a child of 3 years"
    rf"|\b(?:{_PERSON}|infant|baby) of (?P<e>\d{{1,3}}\s?{_UNIT}|\d\d(?=[.,;:)]|$| with| who))\b"
    rf"|\b(?:boy|girl|child|toddler|lad) of (?P<j>\d)(?=[.,;:)]|$| with\b| who\b)"
)
_AGE_DECADE: Final = rule(
    r"(?:(?<=in )(?:his|her|their)|(?:(?<=man in )|(?<=male in )|(?<=lady in )|(?<=patient in )"
    r"|(?<=person in )|(?<=is in )|(?<=was in )|(?<=someone in ))the)\s+"
    r"(?:(?:early|mid|late)[\s-]+)?(?:(?:\d0\s?'?s)|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties"
    rf"|(?:{'|'.join(ORDINALS)}|\d(?:st|nd|rd|th)) decade(?: of life)?)\b"
    r"|(?<![\w.])[2-9]0'?s(?=\s(?:(?:fe)?male|(?:wo)?man|lady|gentleman|(?-i:[MF]))\b)"
)
_AGE_WORD: Final = rule(
    r"\b(?:neonates?|newborns?|infants?|baby|babies|toddlers?|child|children|adolescents?"
    r"|teen(?:ager)?s?|teenaged?|middle[- ]aged?|elderly"
    r"|(?:sexa|septua|octo|nona)genarian|centenarian"
    r"|young(?= (?:man|woman|male|female|lady|adult|patient|girl|boy|bloke|guy|chap))"
    r"|adults?|preschooler|schoolchild(?:ren)?)\b"
    r"(?!'?s? (?:hospital|clinic|department|ward|medical))"
)
# "3 days old lesions", "a 2-year-old lesion": the age of an illness, not of a person.
_NOT_A_PERSON: Final = re.compile(
    r"[\s-]*(?:lesions?|rash|scars?|wounds?|ulcers?|plaques?|tattoos?|history|nodules?|eruption)\b",
    re.I,
)
# "diagnosed at age 64", "first found in his 50s": when something began.
# "Case 14 F": a number that counts, not an age.
_NUMBERED: Final = rule(r"\b(?:case|patient|fig(?:ure)?|no|number|panel|type|stage|grade)\.?\s*$")
_ONSET: Final = rule(
    r"\b(?:at|at age|at the age|at the age of|(?:diagnosed|found|began|started|first seen|since"
    r"|from) (?:at|in|from)?|(?:since|from|until|by) (?:the )?age(?: of)?)\s*$"
)
# "since she was a child": a time of life, not the age now.
_THEN: Final = rule(
    r"\b(?:as an?|(?:since|when|while|until|till|if) (?:i|he|she|they|we) (?:was|were|am|is)"
    r"(?: still| just| only)?(?: an?)?(?: small| little| young)?)\s*$"
)
# "adult-onset", "baby acne", "adult T-cell lymphoma": a kind of disease.
_KIND_OF_DISEASE: Final = re.compile(
    r"[\s-]+(?:onset|type|form|variant|acne|syndrome|t[\s-]cell|still)\b", re.I
)
# "collodion baby", "fat necrosis of the newborn".
_IN_DISEASE: Final = re.compile(
    r"\b(?:(?:collodion|harlequin|blueberry muffin) "
    r"|(?:necrosis|toxicum|sclerema|impetigo|acne|lupus|syndrome|erythema) (?:of|in) (?:the )?)$",
    re.I,
)
_WHEN: Final = re.compile(
    r"\b(?:when|since|until|before|after) (?:(?:i|he|she|they) (?:was|were|turned) )?$", re.I
)
# "her husband and three children": not the patient.
_OTHERS: Final = re.compile(
    r"\b(?:(?:wife|husband|spouse|mother|parents|siblings) and (?:\w+ )?"
    r"|(?:have|has|had|bore|raised) (?:\d+|no|two|three|four|five|six|healthy|other)"
    r" (?:healthy )?|(?:delivered|gave birth to|birth of|expecting|bore) (?:an? )?(?:\w+ ){0,2}"
    r"|\bmy newborn )$",
    re.I,
)
# "sixty eight no sorry sixty nine": a speaker corrects himself.
_CORRECTED: Final = re.compile(
    r",?\s*(?:no|sorry|i mean|wait|actually|rather|or rather|make that|well)\b[\w ,]{0,14}$", re.I
)
_LASTS: Final = rule(r"\b(?:for|since|past|last|over|about)\s+$")
_RELATIVE: Final = (
    r"(?:mother|father|brother|sister|parents?|uncle|aunt|cousin|sibling|grandmother|grandfather"
    r"|grandparents?|twin)"
)
_RELATIVE_BEFORE: Final = re.compile(
    rf"\b{_RELATIVE}(?:\s+(?:is|was|of|aged|who|,|a|an|[\w-]+[ -]years?[ -]old)|,)*\s*$", re.I
)
# "my mum went bald in her forties".
_KIN_THEN: Final = re.compile(
    r"\b(?:mother|father|mom|mum|dad|brother|sister|aunt|uncle|grand\w+)\b[^.!?]{0,50}$", re.I
)
_PARENTS_OF: Final = re.compile(r"\b(?:parents?|mother|father) of (?:an?|the|this|our|one) $", re.I)
_RELATIVE_AFTER: Final = re.compile(rf"[\s,-]*(?:\w+\s+)?{_RELATIVE}\b", re.I)
_GENERIC_WORDS: Final = rule(
    r"\b(?:(?:for|among|affects?|common in|seen in)\s+(?:most\s+|both\s+|healthy\s+|some\s+)?"
    r"|(?:family|mother|father|parents?) of (?:\w+ )?)$",
)
_SEX_NOUN: Final = rule(
    r"\b(?:Filipina|Latina|woman|women|girl|lady|female|man|men|boy|gentleman|male|schoolgirl|schoolboy|housewife"
    r"|guy|bloke|chap|fella|dude|lass"
    rf"|primigravida)\b|[\u2640\u2642]|(?:(?<=\d)|(?<=\d\s))(?-i:[MF])\b{_ALONE}|(?<=\d\d)[mf]\b{_ALONE}"
    r"|(?<=\d[- ]yo )[MF]\b|(?<=y/o )[MF]\b"
    r"|(?<=yo )[MF]\b|(?<=y\.o\. )(?-i:[MF])\b|(?<=y\.o )(?-i:[MF])\b"
    rf"|(?:(?<=yrs )|(?<=yrs, )|(?<=years )|(?<=years, ))(?-i:[MF])\b{_ALONE}"
    rf"|(?:(?<=\d y )|(?<=\d y, ))[MF]\b{_ALONE}"
    rf"|(?<=old )(?-i:[MF])\b{_ALONE}|(?<=m/o )(?-i:[MF])\b|(?<=\d/)(?-i:[MF])\b{_ALONE}"
    r"|(?<![\w'])(?-i:[MF])(?=\s?/\s?\d{1,3}\b)"
    r"|(?:^|(?<=[.,;!?] ))(?-i:[MF])(?=,? [1-9]\d\b)",
)
_SEX_KIN: Final = rule(
    r"\b(?:my|brought (?:in )?(?:her|his|their)) (?:[\w-]+\s){0,3}(?P<kin>wife|husband|mother|mom"
    r"|mum|father|dad|son|daughter"
    r"|sister|brother|grandmother|grandma|grandfather|grandpa|girlfriend|boyfriend|gf|bf|hubby"
    r"|aunt|uncle|niece|nephew"
    r"|girl|boy)\b(?!'s (?:[\w-]+\s){0,3}(?:son|daughter|nephew|niece|mother|father|brother|sister"
    r"|friend|cousin|aunt|uncle)\b)",
)
# "Mrs. Khan", in letters and talks.
_SEX_TITLE: Final = rule(
    r"\b(?:Mr|Mrs|Ms|Miss|Mister|mister)\b(?=\.?\s[A-Z])",
    ignore_case=False,
)
_NEAR: Final = 120
"""Characters before a word that can say whose it is."""

# "my doctor says she": not the patient.
_OF_DOCTOR: Final = re.compile(
    r"\b(?:my|our) (?:\w+ )?(?:doctor|dr|gp|dermatologist|physician|nurse|specialist|consultant"
    r"|pharmacist|derm)\b[^.;!?]{0,60}$",
    re.I,
)
# "him/her", "he or she": whose sex nobody said.
_SEX_PRONOUN: Final = rule(
    r"(?<!/)(?<!he or )(?<!his or )(?<!him or )\b(?:he|she|his|her|him|hers|himself|herself"
    r"|(?:s?hes)(?= (?:\d|an?\b|been\b|had\b|got\b|only\b|now\b|always\b)))\b"
    r"(?!\s?/\s?(?:her|she|his|he|him)|\s?\(s\)| or (?:she|her|him|he|his)\b)"
)
_SEX_GENERIC: Final = re.compile(
    r"\b(?:men|women|males|females)\b|\bman syndrome|\b(?:fe)?male[- ](?:to|pattern)"
    r"|\bmale and|\bfemale and|\bfe?male (?:mice|rats?|dogs?|patients aged)"
    r"|\b(?:fe)?male\s?:\s?(?:fe)?male"
    r"|\b(?<=male:)(?:fe)?male"
    r"|\b(?:fe)?male ratio",
    re.I,
)


def find_age(text: str | Scan) -> list[Span]:
    """Return the spans that state the patient's age, in numbers and in group words.

    >>> text = "A 54-year-old man and his 80-year-old mother"
    >>> [text[a:b] for a, b in find_age(text)]
    ['54-year-old']
    """
    scan = scanned(text)
    text = scan.text
    spans: list[Span] = []
    for pattern in (_AGE_NUMERIC, _AGE_DECADE):
        for match in pattern.finditer(scan):
            if _NOT_A_PERSON.match(text, match.end()) or _of_relative(text, match.span()):
                continue
            if _ONSET.before(scan, match.start()) or _NUMBERED.before(scan, match.start()):
                continue
            if _WHEN.search(text, max(0, match.start() - 20), match.start()):
                continue
            if pattern is _AGE_DECADE and (
                spans or _KIN_THEN.search(text, max(0, match.start() - 60), match.start())
            ):
                continue  # "52F, sunbed use in her twenties": when something was
            spans.append(_trimmed(text, match.span()))
    for match in _AGE_NOTE.finditer(scan):
        span = match.span(match.lastgroup or 0)
        # "60-year-old female, 4 years": a duration.
        taken = any(low < span[1] and match.start() - 2 <= high for low, high in spans)
        if (
            spans
            and _KIN.match(text, match.start())
            and not _MY.search(text, max(0, match.start() - _NEAR), match.start())
        ):
            continue  # "an 8-year-old boy whose mother, 35, has warts"
        # "nail disease for 4 years\nFemale": a duration before the next line.
        then = _WHEN.search(text, max(0, match.start() - 8), match.start())
        if not taken and not then and not _LASTS.before(scan, span[0]):
            spans.append(span)
    for match in _AGE_WORD.finditer(scan):
        generic = _GENERIC_WORDS.before(scan, match.start()) or (
            not match.group().lower().startswith("adult") and _THEN.before(scan, match.start())
        )
        generic = generic or _KIND_OF_DISEASE.match(text, match.end())
        generic = generic or _IN_DISEASE.search(text, max(0, match.start() - 30), match.start())
        generic = generic or _OTHERS.search(text, max(0, match.start() - 30), match.start())
        known = bool(spans) and match.group().lower() in ("young", "child", "children")
        if not generic and not known and not _of_relative(text, match.span()):
            spans.append(match.span())
    spans.sort()
    return [
        span
        for span, then in zip_longest(spans, spans[1:])
        if then is None or not _CORRECTED.match(text, span[1], then[0])
    ]


_KIN: Final = re.compile(
    rf"(?:{_RELATIVE}|(?<=his )wife|(?<=her )husband|(?<=his )daughter|(?<=her )son)\b", re.I
)
_MY: Final = re.compile(r"\b(?:my|our) (?:\w+ )?$", re.I)


def _trimmed(text: str, span: Span) -> Span:
    """Drop the lead words that a look-behind could not hold ("about", "of")."""
    match = re.match(r"(?:about|of)\s+", text[span[0] : span[1]], re.I)
    return (span[0] + match.end(), span[1]) if match else span


def _of_relative(text: str, span: Span) -> bool:
    before = text[max(0, span[0] - 40) : span[0]]
    if _PARENTS_OF.search(before):
        return False  # "the parents of a 5-month-old infant reported"
    if re.search(r"\bmy\s+(?:\w+\s+)?$", before, re.I):
        return False
    return bool(
        _RELATIVE_BEFORE.search(before) and not re.search(rf"\bmy {_RELATIVE}", before, re.I)
    ) or bool(_RELATIVE_AFTER.match(text, span[1]))


def find_sex(text: str | Scan, untold: Sequence[Span] = ()) -> Span | None:
    """Return the first clear statement of the patient's sex: a noun, else kin, else a pronoun.

    ``untold`` are spans that say nothing of the patient.

    >>> text = "Her brother was well. A 3-year-old girl with milia."
    >>> start, end = find_sex(text)
    >>> text[start:end]
    'girl'
    """
    scan = scanned(text)
    text = scan.text
    for pattern in (_SEX_NOUN, _SEX_KIN, _SEX_TITLE, _SEX_PRONOUN):
        for match in pattern.finditer(scan):
            span = match.span(match.lastgroup or 0)
            if any(low <= span[0] < high for low, high in untold):
                continue
            if pattern is _SEX_KIN and is_own_story(scan.tokens.lowered):
                break  # "I'm 61. My dad had melanoma."
            said = match.start() + len("my ") if pattern is _SEX_KIN else span[0]
            generic = _SEX_GENERIC.match(text, said)
            if generic or (pattern is _SEX_NOUN and _of_relative(text, span)):
                continue
            if pattern is _SEX_PRONOUN and _OF_DOCTOR.search(
                text, max(0, match.start() - _NEAR), match.start()
            ):
                continue
            return span
    return None
