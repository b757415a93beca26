"""Rules that look around a name, to tell whether it means the finding here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from structurer.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Reading:
    """A name at tokens ``[first, last)`` with the node it stands for."""

    field: str
    first: int
    last: int
    node: str
    name: str
    path: tuple[str, ...]
    match: str
    caution: bool = False
    borrowed: bool = False
    """An abbreviation that means something else outside dermatology ("CRP", "DM")."""


_WEAK_FAMILIES: Final = frozenset({"color", "shape", "arrangement", "distribution", "texture"})
"""Adjectives that describe anything; one alone is a sign only near something of the skin."""
_NOUN_ENDINGS: Final = ("tion", "ness", "ema", "osis", "derma", "chia", "or")
"""Endings of nouns that name a sign by themselves: depigmentation, redness, pallor."""
_COLOUR_NAMES: Final = frozenset({"erythema", "pallor"})
# A colour or a common word is a sign only where it speaks of skin.
_SKIN_WORDS: Final = frozenset(
    """
    skin lesion lesions area areas mark marks spot spots surface color colour colored coloured
    discoloration discolouration patch patches mucosa membrane base border borders margin edge
    center centre halo fluid discharge crust scale scales region spotted dot dots line lines
    bump bumps lump lumps swelling rash hair nail nails lips tongue face pus
    """.split()
)
_COPULAS: Final = frozenset(
    "is are was were be become becomes became turned turns turning turn look looks looked appear "
    "appears appeared getting got feels feel felt very quite slightly somewhat bit".split()
)
_NOT_BEFORE_SITE: Final = frozenset(
    """
    come came comes coming go goes went going gone get gets getting got grow grew growing bring
    brought look looking date dated dates dating write wrote give gave turn turned send sent hold
    held move moved fall fell report reported call called way years i we you they can will would
    must not step stepped on-foot
    """.split()
)
_ROUTES: Final = frozenset({"oral", "intraoral", "nasal", "rectal", "vaginal", "dental"})
_MEDICINES: Final = frozenset(
    "medicine medicines medication medications drug drugs administration intake contraceptive "
    "contraceptives corticosteroid corticosteroids steroid steroids antibiotic antibiotics "
    "antihistamine antihistamines treatment therapy tablet tablets dose and or prednisone "
    "prednisolone examination spray hygiene decay caries implant surgery".split()
)
# "Deltoid muscle", "femoral artery": what lies under a site is not the site.
_DEEP: Final = frozenset(
    "muscle muscles artery arteries vein veins nerve nerves bone bones tendon tendons ligament "
    "fracture fractures replacement arthroplasty radiograph".split()
)
# "pulmonary nodules", "jejunal ulcers": signs of another organ.
_ORGANS: Final = frozenset(
    """
    pulmonary lung hepatic liver renal kidney jejunal duodenal ileal gastric colonic intestinal
    cardiac cerebral brain pancreatic splenic bone muscle muscular thyroid mediastinal retinal
    corneal bladder uterine ovarian pleural esophageal oesophageal bronchial tracheal adrenal
    aortic coronary vertebral spinal
    """.split()
)


def contextual(readings: Sequence[Reading], tokens: Tokens) -> list[Reading]:
    """Return the readings that hold in their context, in order."""
    words = [word.lower() for word in tokens.words]
    anchors = [r for r in readings if not _needs_anchor(r, words)]
    kept: list[Reading] = []
    following = {r.first: r for r in readings}
    for reading in readings:
        if reading.path[0] == "distribution" and _qualifies(reading.last, following):
            continue
        if (
            words[reading.first] in _ROUTES
            and words[reading.last : reading.last + 1]
            and (words[reading.last] in _MEDICINES)
        ):
            continue
        if _needs_anchor(reading, words) and not _anchored(reading, anchors, words, tokens):
            continue
        if reading.field == "body_site" and reading.caution and _is_verbal(reading, words):
            continue
        if reading.field == "concept" and reading.first and words[reading.first - 1] in _ORGANS:
            continue
        after = words[reading.last] if reading.last < len(words) else ""
        if reading.field == "body_site" and after in _DEEP:
            continue
        kept.append(reading)
    return kept


def _field(reading: Reading | None) -> str | None:
    return reading.field if reading else None


def _qualifies(first: int, following: Mapping[int, Reading]) -> bool:
    """Return whether a distribution word before this place belongs to what follows."""
    reading = following.get(first)
    if reading is None:
        return False
    if reading.field == "symptom":  # but "localized itchy rash" is a localized rash
        return _field(following.get(reading.last)) != "concept"
    return reading.field == "diagnosis"


def _needs_anchor(reading: Reading, words: Sequence[str]) -> bool:
    if reading.field != "concept":
        return False
    if reading.caution:
        return True
    weak = reading.path[0] in _WEAK_FAMILIES or reading.name in _COLOUR_NAMES
    single = reading.last - reading.first == 1
    return weak and single and not words[reading.first].endswith(_NOUN_ENDINGS)


def _anchored(
    reading: Reading, anchors: Sequence[Reading], words: list[str], tokens: Tokens
) -> bool:
    low, high = tokens.sentence_of(reading.first)
    near = range(max(low, reading.first - 5), min(high, reading.last + 6))
    if any(words[i] in _SKIN_WORDS for i in near if not reading.first <= i < reading.last):
        return True
    if reading.first > low and words[reading.first - 1] in _COPULAS:
        return True
    return any(low <= a.first < high and a.first in near for a in anchors)


def _is_verbal(reading: Reading, words: list[str]) -> bool:
    return reading.first > 0 and words[reading.first - 1] in _NOT_BEFORE_SITE
