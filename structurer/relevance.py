"""Is the caption about human skin, and how was the picture made? Answers with reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from structurer.records import Mention

_ANIMAL: Final = re.compile(
    r"\b(?:mice|mouse|murine|rats?|rabbits?|guinea pigs?|dogs?|canine(?! (?:tooth|teeth|fossa))|puppy|cats?|feline|kitten|cows?|cattle|calf (?:with|infected)|bovine"
    r"|horses?|equine|sheep|ovine|goats?|pigs?|piglets?|porcine|swine|chickens?|poultry|birds?|fish(?!er|ing|[- ](?:odou?r|scale))|salmon (?:skin|farm)|frogs?"
    r"|zebrafish|drosophila|monkeys?|macaques?|primates?|hamsters?|ferrets?|veterinary|larvae of|seedlings?|leaves|leaf blight|plants?|fruit trees?|crops?)\b",
    re.I,
)
_ANIMAL_CONTACT: Final = re.compile(
    r"\b(?:pets?|bit(?:ten|e|es)?|scratch(?:ed|es)?|contact|exposure|owner|owns|keeps?|kept|infected|allerg\w+|hair|dander|bites?|lives with|eating|ate|touch\w*|handl\w+)\b",
    re.I,
)
_BENCH: Final = re.compile(
    r"\b(?:in vitro|cell lines?|cultured (?:cells|keratinocytes|fibroblasts)|agar|western blot|pcr (?:products?|gel)|gel electrophoresis|flow cytometry|scanning electron"
    r"|transmission electron|nanoparticles?|supernatant|flowchart|flow chart|schematic|diagram|block diagram|graph|bar chart|kaplan[- ]meier|roc curve"
    r"|phylogenetic|forest plot|scatter ?plot|confocal|prototype|sensor|circuit|algorithm|architecture of|workflow|questionnaire|map of|histogram|box ?plot)\b",
    re.I,
)
_INSIDE: Final = re.compile(
    r"\b(?:computed tomograph\w*|ct (?:scan|image|of|showing|angiogra\w+)|mri\b|magnetic resonance|radiograph\w*|x-?rays?|ultraso\w+|sonogra\w+|echocardio\w+"
    r"|angiogra\w+|mammogra\w+|endoscop\w+|colonoscop\w+|gastroscop\w+|bronchoscop\w+|laparoscop\w+|fundus|fundoscop\w+|slit[- ]lamp|retinal?|retina|iris"
    r"|cornea\w*|intraocular|vitreous|pet[- ]ct|scintigra\w+|myocard\w+|intraoperative)\b",
    re.I,
)
_SURGERY: Final = re.compile(
    r"\b(?:sutur\w+|retract\w+|incis(?:ion|ed)\w*|anastomos\w+|flaps?|dissect\w+|trocars?|catheter\w*|cannula\w*|needles? (?:were|was|placed|insert\w+)|acupuncture|implants?|prosthes\w+"
    r"|stent\w*|electrodes?|port site|wound closure|osteotom\w+|fixation|screws?|plates? and|drapes?|draped|harvest\w+|graft (?:was|placed|harvest)|landmarks?)\b",
    re.I,
)
_SKIN: Final = re.compile(
    r"\b(?:skin lesions?|skin (?:rash|disease|problem|changes?|involvement|findings?|condition|biopsy|eruption)|cutaneous|dermat\w+|rash(?:es)?|eruptions?|lesions? (?:on|over|of) (?:the )?"
    r"(?:skin|face|hands?|legs?|arms?|back|trunk|scalp|neck|foot|feet)|mucocutaneous|epiderm\w+|dermis|dermal|dermoscop\w+)\b",
    re.I,
)
_DERMOSCOPY: Final = re.compile(
    r"\b(?:dermoscop\w+|dermatoscop\w+|trichoscop\w+|onychoscop\w+|videodermo\w+|capillaroscop\w+)\b",
    re.I,
)
_HISTOLOGY: Final = re.compile(
    r"\b(?:histolog\w+|histopatholog\w+|photomicrograph\w*|microscop\w+|h\s?&\s?e\b|h and e\b|ha?ematoxylin|immunohistochem\w*|immunofluorescence|original magnification|giemsa"
    r"|periodic acid|pas stain\w*|masson|biops(?:y|ies) (?:specimens? )?(?:show\w*|reveal\w*|demonstrat\w*|of the \w+ show\w*))\b|[x\u00d7]\s?\d{2,4}\b(?!\s?(?:cm|mm|years))",
    re.I,
)
_CLINICAL: Final = re.compile(
    r"\b(?:clinical (?:photo\w*|pictures?|images?|appearance|presentation|aspect|features?|findings?|view)|photographs?|physical examination|gross appearance"
    r"|on examination|skin examination|dermatological examination|examination (?:revealed|showed))\b",
    re.I,
)
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


@dataclass(frozen=True, slots=True)
class Relevance:
    """The verdict and the rule that gave it."""

    relevant: bool
    reason: str


def judge_relevance(text: str, mentions: Sequence[Mention]) -> Relevance:
    """Return whether the caption describes a human skin, hair, nail or mucosal finding."""
    strong = [
        m
        for m in mentions
        if m.field == "diagnosis"
        or (m.field == "concept" and not (m.path and m.path[0] in _WEAK_FAMILIES))
    ]
    weak = [m for m in mentions if m.field in ("concept", "symptom")]
    person = any(m.field in ("age", "sex") for m in mentions)
    about_skin = bool(_SKIN.search(text))
    animal = _ANIMAL.search(text)
    if animal and not person and not _ANIMAL_CONTACT.search(text):
        return Relevance(False, f"about an animal or plant ({animal.group().lower()})")
    bench = _BENCH.search(text)
    if bench and not person and not (strong and about_skin):
        return Relevance(False, f"laboratory, statistics or engineering ({bench.group().lower()})")
    inside = _INSIDE.search(text)
    if inside and not about_skin and not (person and strong):
        return Relevance(
            False, f"imaging or inspection of another organ ({inside.group().lower()})"
        )
    surgery = _SURGERY.search(text)
    if surgery and not (strong and (about_skin or person)):
        return Relevance(False, f"surgical technique ({surgery.group().lower()})")
    if strong:
        return Relevance(True, f"names a finding ({strong[0].name or strong[0].text})")
    if about_skin:
        return Relevance(True, "speaks of a skin lesion")
    sited = any(m.field == "body_site" for m in mentions)
    if weak and (sited or person):
        return Relevance(True, f"symptom or sign at a site or in a person ({weak[0].text})")
    if re.search(r"\bskin|hair|nails?|mouth\b", text, re.I) and (person or weak or sited):
        return Relevance(True, "skin, hair, nail or mouth of a person")
    return Relevance(False, "names no skin, hair, nail or mucosal finding")


def judge_modality(text: str) -> str | None:
    """Return how the picture was made where the caption says so.

    >>> judge_modality("Dermoscopy shows a blue-white veil")
    'dermoscopy'
    >>> judge_modality("Itchy rash for two weeks") is None
    True
    """
    if _DERMOSCOPY.search(text):
        return "dermoscopy"
    if _HISTOLOGY.search(text):
        return "histology"
    if _INSIDE.search(text) and not _SKIN.search(text):
        return "other"
    return "clinical" if _CLINICAL.search(text) else None


def microscopy_spans(text: str) -> list[tuple[int, int]]:
    """Return the stretches of text that tell what the microscope showed.

    A stretch runs from the cue to the end of its sentence; visible signs named there are
    microscopic and are not marked.
    """
    spans = []
    for match in _HISTOLOGY.finditer(text):
        stop = re.compile(r"[.;](?:\s|$)|[.;](?=[A-Z])").search(text, match.end())
        spans.append((match.start(), stop.start() if stop else len(text)))
    return spans
