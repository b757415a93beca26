"""Rules that look around a name, to tell whether it means the finding here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from structurer.elsewhere import (
    INNER,
    LEVEL_NAMES,
    MEASURED,
    inner_growth,
    inner_sentences,
    is_level,
    is_measure,
    of_an_organ,
)
from structurer.naming import is_general, is_no_finding
from structurer.scan import Scan
from structurer.tokens import Tokens
from structurer.valueclass import valueclass


@valueclass
class Reading:
    """A name at tokens ``[first, last)`` with the node it stands for."""

    first: int
    last: int
    field: str
    node: str
    name: str
    path: tuple[str, ...]
    match: str
    caution: bool = False
    borrowed: bool = False
    """An abbreviation that means something else outside dermatology ("CRP", "DM")."""
    loose: bool = False
    """Does it hold only near something that speaks of skin (:func:`needs_anchor`)?"""


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
    bump bumps lump lumps swelling rash plaque plaques hair nail nails lips tongue face pus texture
    """.split()
)
# "red spot", "erythematous plaque": a colour makes a common word a sign.
_COLOURED: Final = frozenset(
    "red reddish erythematous white whitish brown brownish black blackish blue bluish purple pink "
    "yellow yellowish dark pigmented hyperpigmented hypopigmented violaceous scaly itchy".split()
)
# Colours and shapes of a dermoscopic picture are signs, whatever has them: "white structures".
_SCOPES: Final = frozenset(
    "dermoscopy dermoscopic dermoscopically dermatoscopy dermatoscopic dermatoscopically "
    "dermatoscope dermoscope trichoscopy trichoscopic onychoscopy onychoscopic "
    "videodermoscopy videodermatoscopy".split()
)
_COPULAS: Final = frozenset(
    "is are was were be become becomes became turned turns turning turn look looks looked appear "
    "appears appeared getting got feels feel felt very quite slightly somewhat bit".split()
)
_CHANGED: Final = frozenset("went changed turned going changing turning".split())
_CHANGE_REACH: Final = 9
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
    "antihistamine antihistamines combination treatment therapy tablet tablets dose prednisone "
    "prednisolone examination spray hygiene decay caries implant surgery hospital clinic school "
    "department extraction procedure procedures practitioner health record history".split()
)
_OTHER_ROUTES: Final = frozenset({"topical", "intravenous", "external"})
_FORMS: Final = frozenset(
    "tablet tablets capsule capsules pill pills mg g ml granules solution liquid drops".split()
)
# "Deltoid muscle", "femoral artery": what lies under a site is not the site.
_DEEP: Final = frozenset(
    "muscle muscles artery arteries vein veins nerve nerves bone bones tendon tendons ligament "
    "fracture fractures replacement arthroplasty radiograph".split()
)
_PREVENTED: Final = frozenset(
    "vaccine vaccines vaccination vaccinations vaccinated immunization immunisation serology "
    "antibody antibodies antigen marker igg igm titer titers titre".split()
)
_ARTICLES: Final = frozenset("a an the linear superficial cat small".split())
_PLACED: Final = frozenset("in on at over to around along near within above below".split())
_PARTS: Final = frozenset("part parts side aspect surface view portion".split())


def contextual(readings: Sequence[Reading], scan: Scan) -> list[Reading]:
    """Return the readings that hold in their context, in order."""
    tokens = scan.tokens
    words = tokens.lowered
    measured = MEASURED.is_open(scan)
    inner = inner_sentences(readings, words, tokens) if INNER.is_open(scan) else ()
    kept: list[Reading] = []
    for reading in readings:
        field, first, last = reading.field, reading.first, reading.last
        word = words[first]
        after = words[last] if last < len(words) else ""
        if reading.path[0] == "distribution" and _qualifies(last, readings):
            continue
        if word in _ROUTES and _is_route(last, words):
            continue
        if reading.loose and not _anchored(reading, readings, words, tokens):
            continue
        if field == "concept":
            if inner and tokens.sentence_of(first) in inner:
                continue
            if of_an_organ(first, last, words):
                continue
            if word == "inflammatory" and not _before_sign(reading, words, readings):
                continue
        elif field == "diagnosis":
            if after in _PREVENTED:
                continue  # "measles vaccine", "varicella antibodies"
            if of_an_organ(first, last, words) or inner_growth(reading, words, tokens):
                continue
            if is_no_finding(first, last, tokens) or is_general(first, last, tokens):
                continue
        elif field == "body_site":
            if after in _DEEP or (word == "frontal" and after in _PARTS):
                continue
            if reading.caution and _is_verbal(reading, words):
                continue
        if word == "scratch" and _is_deed(reading, words):
            continue
        if reading.name == "localized" and after in _PLACED:
            continue  # "a lesion localized on the lid" only says where
        if reading.name == "asymptomatic" and after == "of":
            continue  # "no symptoms of itching" denies the itch
        if measured and is_measure(reading, words):
            continue
        if reading.name in LEVEL_NAMES and is_level(reading, words):
            continue
        kept.append(reading)
    return kept


def _qualifies(first: int, readings: Sequence[Reading]) -> bool:
    """Return whether a distribution word before this place belongs to what follows."""
    for reading in readings:
        if reading.first == first and reading.field == "symptom":
            # But "localized itchy rash" is a localized rash.
            return not any(r.first == reading.last and r.field == "concept" for r in readings)
        if reading.first == first:
            return reading.field == "diagnosis"
    return False


_OF_SKIN_ALONE: Final = frozenset("erythematous violaceous serpiginous hyperpigmented".split())
"""Adjectives that speak of nothing else."""


def needs_anchor(field: str, family: str, name: str, caution: bool, word: str | None) -> bool:
    """Return whether a name is a sign only near something that speaks of skin.

    ``word`` is the name as written, lower case, if it is one word.
    """
    if field != "concept" or word in _OF_SKIN_ALONE:
        return False
    weak = family in _WEAK_FAMILIES or name in _COLOUR_NAMES
    return caution or (weak and word is not None and not word.endswith(_NOUN_ENDINGS))


def _anchored(
    reading: Reading, readings: Sequence[Reading], words: list[str], tokens: Tokens
) -> bool:
    low, high = tokens.sentence_of(reading.first)
    if reading.first > low and words[reading.first - 1] in _COLOURED:
        return True
    near = range(max(low, reading.first - 5), min(high, reading.last + 6))
    if any(words[i] in _SKIN_WORDS for i in near if not reading.first <= i < reading.last):
        return True
    if reading.first > low and words[reading.first - 1] in _COPULAS and reading.name != "raised":
        return True  # but "catecholamines were elevated"
    if not _SCOPES.isdisjoint(words[low:high]):
        return True
    before = words[max(low, reading.first - _CHANGE_REACH) : reading.first]
    if "from" in before and not _CHANGED.isdisjoint(before):
        return True  # "the mole went from flat and brown to raised and black"
    return any(low <= a.first < high and a.first in near for a in readings if not a.loose)


def _before_sign(reading: Reading, words: Sequence[str], readings: Sequence[Reading]) -> bool:
    """Tell if a sign comes right behind: "inflammatory papules"; not "inflammatory markers"."""
    near = range(reading.last, reading.last + 3)
    if any(r.field == "concept" and r.first in near for r in readings):
        return True
    return bool(_SKIN_WORDS & set(words[reading.last : reading.last + 3]))


def _is_deed(reading: Reading, words: Sequence[str]) -> bool:
    """Tell if "scratch" is what somebody does: "when I scratch", not "a scratch"."""
    if reading.last - reading.first > 1 or words[reading.last : reading.last + 1] in (
        ["mark"],
        ["marks"],
    ):
        return False
    before = words[reading.first - 1] if reading.first else ""
    return before not in _ARTICLES


def _is_route(after: int, words: Sequence[str]) -> bool:
    """Tell if "oral" and the like say how a medicine is given: "oral and topical use"."""
    following = words[after : after + 4]
    if following[:1] in (["and"], ["or"]):
        following = following[1:]
        return bool(following) and following[0] in _MEDICINES | _OTHER_ROUTES
    if not _MEDICINES.isdisjoint(following[:2]):  # "oral medicine", "oral thyroid medicine"
        return True
    return bool(_FORMS & set(following))


def _is_verbal(reading: Reading, words: list[str]) -> bool:
    return reading.first > 0 and words[reading.first - 1] in _NOT_BEFORE_SITE
