"""How far a body site reaches, and sites that are told by another: "behind the left ear"."""

from __future__ import annotations

from typing import Final, NamedTuple

from structurer.tokens import Tokens

_LEADS: Final = frozenset(
    "left right bilateral both two each all four l r lt rt ipsilateral contralateral first second "
    "third fourth fifth 1st 2nd 3rd 4th 5th 20 twenty".split()
)
_PARTS: Final = frozenset(
    "dorsum side sides aspect aspects surface surfaces part parts tip base inside outside portion "
    "bottoms tops backs border back front top bottom half third root middle edge ball".split()
)
_DIRECTIONS: Final = frozenset(
    """
    inner outer medial lateral anterior posterior dorsal ventral upper lower inferior superior
    distal proximal internal external extensor flexor volar ulnar radial anterolateral
    posterolateral anteromedial posteromedial central front mid
    """.split()
)
_DETERMINERS: Final = frozenset("the his her my their its a your our this".split())
_BEFORE: Final = _LEADS | _DIRECTIONS
_OWNERS: Final = _LEADS | _DETERMINERS
_AREAS: Final = frozenset("area areas region regions joint joints".split())

_DIGITS: Final = frozenset({"toe", "finger"})
_COUNTED: Final = _OWNERS | frozenset(
    "first second third fourth fifth big great little index middle ring st nd rd th 1 2 3 4 5"
    " 1st 2nd 3rd 4th 5th / & and".split()
)

_OF: Final = frozenset("of at on in".split())
_NAIL_OF: Final[dict[tuple[str, ...], str | None]] = {
    ("toe",): "toenail", ("toes",): "toenail", ("foot",): "toenail", ("feet",): "toenail",
    ("big", "toe"): "great toenail", ("big", "toes"): "great toenail",
    ("great", "toe"): "great toenail", ("great", "toes"): "great toenail",
    ("finger",): "fingernail", ("fingers",): "fingernail", ("hand",): "fingernail",
    ("hands",): "fingernail", ("thumb",): "thumbnail", ("thumbs",): "thumbnail",
}  # fmt: skip
"""What "the nail of ..." is called."""

_ENDS: Final[dict[str, dict[tuple[str, ...], str | None]]] = {
    "nail": _NAIL_OF,
    "sole": {("foot",): None, ("feet",): None},
    "palm": {("hand",): None, ("hands",): None},
}
"""Parts named with the whole they end, and what they are called then, if otherwise."""

_PART_OF: Final[dict[tuple[str, str], str]] = {
    ("back", "hand"): "dorsal hand", ("back", "ear"): "retroauricular area",
    ("back", "neck"): "nape", ("back", "knee"): "popliteal fossa",
    ("back", "head"): "occipital scalp", ("back", "thigh"): "posterior thigh",
    ("top", "hand"): "dorsal hand", ("top", "foot"): "dorsal foot",
    ("inside", "cheek"): "buccal mucosa", ("top", "head"): "vertex of scalp",
    ("bottom", "foot"): "sole", ("ball", "foot"): "ball of foot",
    ("dorsum", "hand"): "dorsal hand", ("dorsum", "foot"): "dorsal foot",
}  # fmt: skip
"""What "the back of ..." or "the top of ..." is called."""

_RELATIONS: Final[dict[str, str]] = {
    "around": "around", "round": "around", "near": "around", "surrounding": "around",
    "behind": "behind", "below": "below", "under": "below", "underneath": "below",
    "beneath": "below", "between": "between", "btwn": "between", "above": "above",
}  # fmt: skip
_RELATED: Final[dict[tuple[str, str], str]] = {
    ("around", "mouth"): "perioral area",
    ("around", "lip"): "perioral area",
    ("around", "eye"): "periorbital area",
    ("around", "eyelid"): "periorbital area",
    ("around", "nose"): "perinasal area",
    ("around", "anus"): "perianal area",
    ("around", "umbilicus"): "periumbilical area",
    ("around", "nail"): "periungual area",
    ("around", "ear"): "periauricular area",
    ("behind", "ear"): "retroauricular area",
    ("behind", "knee"): "popliteal fossa",
    ("below", "breast"): "inframammary area",
    ("below", "eye"): "infraorbital area",
    ("below", "chin"): "submental area",
    ("below", "jaw"): "submandibular area",
    ("between", "toe"): "toe web",
    ("between", "finger"): "web space",
    ("between", "buttock"): "gluteal cleft",
    ("between", "breast"): "intermammary area",
    ("above", "umbilicus"): "supraumbilical area",
    ("below", "arm"): "axilla",
}
"""(relation, site) -> the site's name in the ontology; a name it lacks changes nothing."""


class Place(NamedTuple):
    """Token range of a place and, where a relation gives it, the name of another site."""

    first: int
    last: int
    name: str | None = None


def place_of(tokens: Tokens, first: int, last: int, name: str) -> Place:
    """Return the whole place around the site ``name`` at tokens ``[first, last)``.

    Laterality, direction, "dorsum of the" and a closing "area" belong to the span and leave
    the site as it is; "behind the ear" is another site.
    """
    words = tokens.lowered
    low, high = tokens.sentence_of(first)
    if last < high and words[last] in _AREAS:
        last += 1
    first = _back_over(words, low, first, _BEFORE)
    if name in _ENDS and last < high and words[last] in _OF:
        at = last + 1
        while at < high and words[at] in _OWNERS:
            at += 1
        for size in (2, 1):
            whole = tuple(words[at : at + size])
            if whole in _ENDS[name]:
                return Place(first, at + size, _ENDS[name][whole])
    i = _back_over(words, low, first, _OWNERS)
    if name.rsplit(" ", 1)[-1] in _DIGITS:
        i = _back_over(words, low, i, _COUNTED)
        if i > low and words[i - 1] == "between":  # "between the fourth and fifth toes"
            name = name.rsplit(" ", 1)[-1]
    if i > low and words[i - 1] in _RELATIONS:
        related = _RELATED.get((_RELATIONS[words[i - 1]], name))
        if related is not None:
            return Place(i - 1, last, related)
    if i - 2 >= low and words[i - 1] == "of" and words[i - 2] in _PARTS:
        first = _back_over(words, low, i - 2, _BEFORE)
        part = (words[i - 2].removesuffix("s"), name)
        if part in _PART_OF:
            return Place(first, last, _PART_OF[part])
    return Place(first, last)


def _back_over(words: list[str], low: int, at: int, lead: frozenset[str]) -> int:
    while at > low and words[at - 1] in lead:
        at -= 1
    return at
