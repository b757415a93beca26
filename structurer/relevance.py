"""Is the caption about human skin, and how was the picture made? Answers with reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from structurer.patterns import patterns, words
from structurer.records import Mention
from structurer.rules import Group, Rule, rule
from structurer.scan import Scan, scanned

_ANIMAL: Final = words("relevance", "animal")
_ANIMAL_CONTACT: Final = words("relevance", "animal_contact")
_TABLE: Final = patterns("relevance")
# "in a dog with flea allergy", "A cow infected with mange": the animal is the patient.
_ANIMAL_PATIENT: Final = re.compile(
    rf"(?:^|[.;:]\s+|\b(?P<of>in|on|from|of)\s+)(?:an?|the|this|two|three|four|five|\d+)\s+"
    rf"(?:[\w-]+\s+){{0,2}}?(?:{_TABLE['animal']})\b(?(of)|\s+(?:{_TABLE['ill_animal']})\b)",
    re.I,
)
# "a two-year-old male donkey": whose age and sex they are.
_ANIMAL_AGED: Final = re.compile(
    r"(?:[- ]old|\b(?:fe)?male|\bneutered|\bspayed|\bcastrated)"
    r"(?: (?!(?:with|whose|who|and|an?|the|by|in|had|was|has|bitten|on|of)\b)[\w-]+){0,3}? "
    rf"(?:{_TABLE['animal']})\b(?! (?:\w+er|bit\w*|scratch\w*)\b)",
    re.I,
)
# What a post asks of its readers; a window of a case report asks nothing.
_ASKS: Final = re.compile(
    r"\?|\b(?:please|help|experts?|advi[cs]e|thanks?|thank you|take a look|diagnose|this disease"
    r"|what (?:is|kind|disease)|pictures?|photos?|my|i|i'm|i've)\b",
    re.I,
)
_ORGAN: Final = re.compile(
    r"\b(?:kidney|renal|liver|hepatic|lungs?|pulmonary|spleen|splenic|pancrea\w+|bowel|colon|gastric"
    r"|brain|cerebral|ovar\w+|uter\w+|prostat\w+|bladder|aort\w+)\b",
    re.I,
)
_LIMBS: Final = re.compile(
    r"joint|legs?\b|ankle|foot|feet|pedal|limb|extremit|abdom|chest|knee|elbow|hip|lymph", re.I
)
_MET_ANIMAL: Final = re.compile(rf"\b(?:{_TABLE['met_animal']})\s*$", re.I)
_BENCH: Final = words("relevance", "bench")
_INSIDE: Final = words("relevance", "inside")
_SURGERY: Final = words("relevance", "surgery")
_SKIN: Final = words("relevance", "skin")
_DERMOSCOPY: Final = words("relevance", "dermoscopy")
_CLINICAL: Final = words("relevance", "clinical")
_MAGNIFIED = r"[x\u00d7]\s?\d{2,4}\b(?!\s?(?:cm|mm|years))"
_IS_MAGNIFIED: Final = re.compile(_MAGNIFIED, re.I)
_REPORTS: Final = re.compile(
    r"\b(?:show|reveal|demonstrat|disclos|confirm|consist|display|identif|exhibit)\w*", re.I
)
# What was cut to treat a finding, not to show how it is done.
_TREATED: Final = rule(
    r"\b(?:incision (?:and|&) drainage|incised (?:and|&) drained)"
    r"|\b(?:flap|graft) (?:failed|necrosis)\b"
)
# What walls, paint and metal also have.
_EVERYDAY: Final = re.compile(
    r"(?:cracks?|cracked|cracking|peel(?:s|ed|ing)?|patch(?:es)?|flat|dark\w*|light|red|white|black"
    r"|brown|yellow|green|blue|gr[ae]y|pink|orange|purple|dry|rough|smooth|shiny|hard|soft|round|oval"
    r"|linear|lines?|scratch(?:es|ed)?|stains?|raised|thick\w*|holes?|ridges?)",
    re.I,
)
_SENTENCE_END: Final = re.compile(r"[.;](?:\s|$)|[.;](?=[A-Z])")
_HISTOLOGY: Final = rule(rf"\b(?:{_TABLE['histology']})\b|{_MAGNIFIED}")
# What only a microscope shows: a sentence with two of these reports what was seen there.
_CELLS: Final = rule(
    r"\b(?:nuclei|nucle(?:ar|us)|cytoplasm(?:ic)?|mitos[ei]s|mitotic|mononuclear cells"
    r"|spindle cells|multinucleated|hyphae|acanthosis|parakeratosis|spongiosis|keratinocytes"
    r"|neutrophils|nuclear dust|perivascular|fibrinoid|venules|dermis|epidermis|melanocytes"
    r"|infiltrates?|histiocytes)\b|\bh\s?&\s?e\b"
)
_MICROSCOPY: Final = Group(_INSIDE, _HISTOLOGY, _CELLS)
_MY_BODY: Final = re.compile(
    r"\bmy (?:(?:left|right|lower|upper|whole|entire|own) )?(?:foot|feet|legs?|arms?|hands?|face"
    r"|skin|back|chest|neck|scalp|fingers?|toes?|ankles?|belly|stomach|thighs?|knees?|body|elbows?)\b",
    re.I,
)
_OF_SKIN: Final = rule(r"\b(?:skin|hair|nails?|mouth|scalp|palms|soles)")
# Colours and sizes alone describe anything; they are no skin finding by themselves.
_WEAK_FAMILIES: Final = frozenset(
    {
        "colour",
        "color",
        "size",
        "shape",
        "border",
        "artefact",
        "arrangement",
        "distribution",
        "texture",
    }
)


# Complaints that say nothing of skin, hair, nails or mucosa.
_INNER: Final = frozenset(
    (f"{organ} symptom",)
    for organ in ("respiratory", "cardiovascular", "gastrointestinal", "urinary", "neurological")
) | {("musculoskeletal symptom",), ("ear nose and throat symptom",), ("constitutional symptom",)}
_INNER_PAIN: Final = frozenset(
    f"{part} pain" for part in ("chest", "abdominal", "back", "neck", "epigastric", "pelvic", "ear")
) | {"headache", "limb pain"}
# History that belongs to a complaint; a past illness alone may be any organ's.
_TELLING: Final = frozenset({"duration", "course", "exposure"})


@dataclass(frozen=True, slots=True)
class Relevance:
    """The verdict and the rule that gave it."""

    relevant: bool
    reason: str


def judge_relevance(text: str | Scan, mentions: Sequence[Mention]) -> Relevance:
    """Return whether the caption describes a human skin, hair, nail or mucosal finding."""
    strong = [
        m
        for m in mentions
        if m.field == "diagnosis"
        or (
            m.field == "concept"
            and not (m.path and m.path[0] in _WEAK_FAMILIES)
            and not _is_deed(m.text)  # an incision is a deed, no finding
        )
    ]
    weak = [m for m in mentions if m.field in ("concept", "symptom")]
    person = any(m.field in ("age", "sex") for m in mentions)
    scan = scanned(text)
    about_skin = bool(_SKIN.search(scan))
    named = [m.text.lower() for m in strong if m.field == "diagnosis"]
    animal = _outside(_ANIMAL, scan, named)
    if animal and _ANIMAL_AGED.search(scan.text):
        return Relevance(False, f"about an animal ({animal.group().lower()})")
    mine = animal and _MY_BODY.search(scan.text)
    if (
        animal
        and not (person or mine)
        and (_is_patient(scan.text) or not _ANIMAL_CONTACT.search(scan))
    ):
        return Relevance(False, f"about an animal or plant ({animal.group().lower()})")
    bench = _BENCH.search(scan)
    sited = any(m.field == "body_site" for m in mentions)
    several = sited and len({*strong, *weak}) > 1
    if bench and not person and not (strong and (about_skin or several)):
        return Relevance(
            False, f"laboratory, statistics, engineering or advertising ({bench.group().lower()})"
        )
    inside = _INSIDE.search(scan)
    seen = strong and (person or _OF_SKIN.search(scan) or several)
    organ = inside and not sited and _ORGAN.search(scan.text)
    if inside and not about_skin and (not seen or (organ and not named)):
        return Relevance(
            False, f"imaging or inspection of another organ ({inside.group().lower()})"
        )
    surgery = _outside(_SURGERY, scan, named)
    if surgery and not (strong and (about_skin or person or _TREATED.search(scan))):
        return Relevance(False, f"surgical technique ({surgery.group().lower()})")
    if (
        strong
        and not (person or sited or about_skin)
        and all(m.field == "concept" and _is_everyday(m.text) for m in weak)
        and not any(m.field in ("diagnosis", "history") for m in mentions)
        and not _OF_SKIN.search(scan)
    ):
        return Relevance(False, f"nothing says that it is seen on skin ({strong[0].text})")
    if _is_swelling_alone(strong, weak, mentions) and not (about_skin or _ASKS.search(scan.text)):
        return Relevance(False, f"a swollen joint or limb of an inner illness ({strong[0].text})")
    if strong:
        return Relevance(True, f"names a finding ({strong[0].name or strong[0].text})")
    if about_skin:
        return Relevance(True, "speaks of a skin lesion")
    felt = [m for m in weak if m.path[:1] == ("skin sensation",)]
    if felt:
        return Relevance(True, f"something felt in the skin ({felt[0].text})")
    if any(m.field == "concept" for m in weak) and any(m.field == "symptom" for m in weak):
        return Relevance(True, f"a sign and what is felt of it ({weak[0].text})")
    if weak and all(map(_is_inner, weak)):
        return Relevance(False, f"complaints of other organs ({weak[0].text})")
    if weak and (sited or person):
        return Relevance(True, f"symptom or sign at a site or in a person ({weak[0].text})")
    told = any(
        m.field == "history" and m.name in _TELLING and "smok" not in m.text.lower()
        for m in mentions
    )
    # A window of a case report on other illnesses tells of no skin.
    ill = any(m.field == "history" and m.name == "past_medical" for m in mentions)
    asks = bool(_ASKS.search(scan.text))
    if (sited and told) or (person and ((told and not ill) or (sited and asks))):
        return Relevance(True, "tells of a person's complaint: who, where or since when")
    if (person or weak or sited) and _OF_SKIN.search(scan):
        return Relevance(True, "skin, hair, nail or mouth of a person")
    return Relevance(False, "names no skin, hair, nail or mucosal finding")


def _is_swelling_alone(
    strong: Sequence[Mention], weak: Sequence[Mention], mentions: Sequence[Mention]
) -> bool:
    """Tell if the only finding is swelling, with complaints of a joint or of other organs."""
    if not strong or not all(m.name in ("swelling", "edema") for m in strong):
        return False
    others = [m for m in weak if m not in strong]
    if any(m.field == "concept" or m.path[:1] == ("skin sensation",) for m in others):
        return False
    sites = [m.text for m in mentions if m.field == "body_site"]
    if not all(map(_LIMBS.search, sites)):
        return False  # a swollen face or lip is seen on the skin
    return any("joint" in site.lower() for site in sites) or any(
        m.field == "symptom" and m.name not in ("fever", "pain") and _is_inner(m) for m in others
    )


def _is_inner(mention: Mention) -> bool:
    if mention.name in ("asymptomatic", "symptomatic", "flushing"):
        return False
    return mention.path[:1] in _INNER or (mention.name or "") in _INNER_PAIN


def _outside(pattern: Rule, scan: Scan, named: Sequence[str]) -> re.Match[str] | None:
    """Return the first match that is no part of a disease's name: "chicken pox"."""
    if not named:
        return pattern.search(scan)
    return next(
        (m for m in pattern.finditer(scan) if not any(m.group().lower() in n for n in named)), None
    )


@lru_cache(maxsize=1 << 12)
def _is_everyday(text: str) -> bool:
    return _EVERYDAY.fullmatch(text) is not None


@lru_cache(maxsize=1 << 12)
def _is_deed(name: str) -> bool:
    return _SURGERY.pattern.search(name) is not None


def _is_patient(text: str) -> bool:
    """Tell if an animal itself has the disease, and did not just bite somebody."""
    return any(
        (match["of"] or "").lower() == "in"
        or not _MET_ANIMAL.search(text, max(0, match.start() - 30), match.start())
        for match in _ANIMAL_PATIENT.finditer(text)
    )


def judge_modality(text: str | Scan) -> str | None:
    """Return how the picture was made where the caption says so.

    >>> judge_modality("Dermoscopy shows a blue-white veil")
    'dermoscopy'
    >>> judge_modality("Itchy rash for two weeks") is None
    True
    """
    scan = scanned(text)
    if _DERMOSCOPY.search(scan):
        return "dermoscopy"
    if _HISTOLOGY.search(scan):
        return "histology"
    if _INSIDE.search(scan) and not _SKIN.search(scan):
        return "other"
    return "clinical" if _CLINICAL.search(scan) else None


def microscopy_spans(text: str | Scan) -> list[tuple[int, int]]:
    """Return the stretches of text that tell what a microscope, a scan or a scope showed.

    A stretch runs from the cue to the end of its sentence; signs named there are not seen on
    the skin and are not marked. A sentence that also speaks of skin is left alone by a scan.
    """
    scan = scanned(text)
    if not _MICROSCOPY.may_match(scan):
        return []
    text = scan.text
    spans = []
    for match in _INSIDE.finditer(scan):
        stop = _SENTENCE_END.search(text, match.end())
        start = max((m.end() for m in _SENTENCE_END.finditer(text, 0, match.start())), default=0)
        end = stop.start() if stop else len(text)
        # "MRI of the skin lesion", "the rash, then endoscopy": only what the scope showed.
        if not _SKIN.before(scan, end, start):
            spans.append((match.start(), end))
    dermoscopic = _DERMOSCOPY.search(scan)  # then a magnification is the dermatoscope's
    for match in _HISTOLOGY.finditer(scan):
        if dermoscopic and _IS_MAGNIFIED.fullmatch(match.group()):
            continue
        stop = _SENTENCE_END.search(text, match.end())
        end = stop.start() if stop else len(text)
        # What was cut out is seen by eye: "a biopsy of the ulcer showed ...".
        verb = _REPORTS.search(text, match.start(), end)
        spans.append((verb.start() if verb else match.start(), end))
    cells = [match.start() for match in _CELLS.finditer(scan)]
    for one, two in pairwise(cells):
        if not _SENTENCE_END.search(text, one, two):
            start = max((m.end() for m in _SENTENCE_END.finditer(text, 0, one)), default=0)
            stop = _SENTENCE_END.search(text, two)
            verb = _REPORTS.search(text, start, one)
            spans.append((verb.start() if verb else start, stop.start() if stop else len(text)))
    return spans
