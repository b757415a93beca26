"""What a name says of something that is not skin: an inner organ, a laboratory value, a size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from structurer.gates import Gate
from structurer.tokens import Tokens

if TYPE_CHECKING:
    from structurer.context import Reading


# "pulmonary nodules", "jejunal ulcers": signs of another organ.
_ORGANS: Final = frozenset(
    """
    pulmonary lung hepatic liver renal kidney jejunal duodenal ileal gastric colonic intestinal
    cardiac cerebral brain pancreatic splenic bone muscle muscular thyroid mediastinal retinal
    corneal bladder uterine ovarian pleural esophageal oesophageal bronchial tracheal adrenal
    aortic coronary vertebral spinal tubular testicular peritoneal retroperitoneal mesenteric
    prostatic pericardial endometrial gastrointestinal intracranial endobronchial ileocecal
    gallbladder thalamic ventricular alveolar glomerular tumoral arterial biliary splenic
    submucosal colorectal cecal antral osseous vitreous choroidal
    """.split()
)
# "hydrops of the gallbladder".
_ORGAN_NOUNS: Final = frozenset(
    """
    lung lungs liver kidney kidneys stomach pancreas spleen colon bowel intestine intestines brain
    heart uterus ovary ovaries bladder gallbladder testis testes prostate thyroid bone bones muscle
    muscles artery arteries valve valves aorta retina cornea iris oesophagus esophagus duodenum
    jejunum ileum adrenal adrenals ureter ureters trachea bronchus bronchi pleura peritoneum
    mesentery meninges myocardium pericardium spine vertebra vertebrae femur tibia cerebellum larynx
    vein veins nerve nerves brainstem hippocampus sinus sinuses
    """.split()
)
_VISCERA: Final = _ORGAN_NOUNS - frozenset(
    "bone bones muscle muscles vein veins nerve nerves sinus sinuses spine femur tibia artery "
    "arteries".split()
) | frozenset("ovarian pulmonary hepatic renal gastric cardiac cerebral peritoneal".split())
INNER: Final = Gate(_VISCERA.__contains__)
"""Open in texts that speak of an inner organ."""
_OUTSIDE: Final = frozenset(
    """
    skin cutaneous rash rashes dermal eruption eruptions lesion lesions patient man woman boy girl
    she he i papule papules macule macules pustule pustules vesicle vesicles nail nails hair
    pruritic erythematous
    """.split()
)
# Growths and infections that inner organs have as readily as skin.
_ANY_ORGAN: Final = frozenset(
    """
    schwannoma lipoma liposarcoma hemangioma lymphangioma leiomyoma leiomyosarcoma angiosarcoma
    neurofibroma granuloma cyst abscess fibromatosis angiolipoma rhabdomyosarcoma hamartoma
    """.split()
) | {"dermoid cyst", "arteriovenous malformation", "granular cell tumor", "venous malformation"}
_ORGAN_WORDS: Final = _VISCERA | frozenset(
    """
    laparoscopic laparotomy laparoscopy cholecystectomy nephrectomy hepatectomy thoracotomy
    craniotomy endoscopic endoscopy gastroscopy colonoscopy bronchoscopy intracranial
    retroperitoneal mediastinal intestinal gastrointestinal abdominal mesenteric esophageal
    duodenal jejunal ileal colonic adrenal pancreatic splenic uterine bladder intraspinal spinal
    """.split()
)
_OUTSIDE_TEXT: Final = frozenset(
    """
    skin cutaneous subcutaneous dermal dermatology rash rashes eruption papule papules macule
    macules nodule nodules plaque plaques nail nails hair scalp face cheek lip lips nose ear ears
    eyelid neck arm arms forearm hand hands finger fingers leg legs thigh foot feet toe toes trunk
    chest buttock buttocks axilla groin vulva penis scrotum perianal breast nipple tongue mouth
    """.split()
)
"""Words that say a caption speaks of something which can be seen from outside."""
_OF: Final = frozenset({"of", "in"})
_OF_LEADS: Final = frozenset(
    "the his her left right both upper lower sigmoid bilateral entire small large femoral".split()
)
# "the size of a pea", "palm-sized": things to measure by.
_SIZED: Final = frozenset({"sized", "size"})
_MEASURES: Final = frozenset({"size", "big", "large", "sizes"})
MEASURED: Final = Gate((_MEASURES | _SIZED).__contains__)
"""Open in texts that may measure something by a name."""
# "raised inflammatory markers": what the laboratory found.
_LEVELS: Final = frozenset(
    """
    marker markers level levels titer titers titre titres count counts enzyme enzymes protein
    creatinine esr crp leukocyte leukocytes leucocyte leucocytes transaminase transaminases
    transaminitis rate ige eosinophil eosinophils concentration concentrations pressure temperature
    blood cells lactate dehydrogenase antibody antibodies ferritin glucose bilirubin troponin
    platelets
    """.split()
)
LEVEL_NAMES: Final = frozenset({"raised", "depressed", "inflammation"})
"""Signs that a laboratory value may have."""


def inner_sentences(
    readings: Sequence[Reading], words: Sequence[str], tokens: Tokens
) -> set[tuple[int, int]]:
    """Return the sentences that tell of an inner organ and of nothing a look at a person shows."""
    inner: set[tuple[int, int]] = set()
    for low, high in tokens.sentences:
        inside = set(words[low:high])
        if not inside & _VISCERA or inside & _OUTSIDE:
            continue
        if not any(
            low <= r.first < high and r.field in ("body_site", "diagnosis", "symptom")
            for r in readings
        ):
            inner.add((low, high))
    return inner


def inner_growth(reading: Reading, words: Sequence[str], tokens: Tokens) -> bool:
    """Tell if a growth of any organ is told of an inner one: "nephrectomy showed a schwannoma"."""
    if reading.name not in _ANY_ORGAN or not _OUTSIDE_TEXT.isdisjoint(words):
        return False
    low, high = tokens.sentence_of(reading.first)
    return not _ORGAN_WORDS.isdisjoint(words[low:high])


def of_an_organ(first: int, last: int, words: Sequence[str]) -> bool:
    """Tell if an organ owns the sign: "jejunal ulcers", "hydrops of the gallbladder"."""
    if first and words[first - 1] in _ORGANS:
        return True
    if last >= len(words) or words[last] not in _OF:
        return False
    at = last + 1
    while at < len(words) and words[at] in _OF_LEADS:
        at += 1
    return at < len(words) and words[at] in _ORGAN_NOUNS


def is_measure(reading: Reading, words: Sequence[str]) -> bool:
    """Tell if a name only says how big something is: "the size of a corn kernel"."""
    if words[reading.last : reading.last + 1] and words[reading.last] in _SIZED:
        return reading.field in ("body_site", "diagnosis")
    if reading.field not in ("body_site", "diagnosis", "concept"):
        return False
    before = words[max(0, reading.first - 4) : reading.first]
    for i, word in enumerate(before):
        rest = before[i + 1 :]
        if word in _MEASURES and rest[:1] in (["of"], ["as"]) and len(rest) > 1:
            if rest[1] in ("this", "these", "each"):
                return False  # "the size of this wart" measures the wart
            return rest[1] in ("a", "an", "the", "his", "her", "my") or len(rest) == 2
    return False


def is_level(reading: Reading, words: Sequence[str]) -> bool:
    """Tell if one of :data:`LEVEL_NAMES` is said of a laboratory value: "raised creatinine"."""
    return any(word in _LEVELS for word in words[reading.last : reading.last + 6])
