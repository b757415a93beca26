"""Names that running text holds as several mentions: "erythematous macules", "severe itching"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import Final

from ontology_graph import Ontology, SurfaceForm
from ontology_graph.lexicon import normalise_word
from structurer.tokens import tokenize

Key = tuple[str, ...]
"""A name as normalised tokens."""

# Degree and count are unmarked; "very itchy" and "multiple lipomas" are the finding alone.
_DEGREES: Final = frozenset(
    "very slightly slight mild moderate severe intense extreme small large multiple single high "
    "low grade spiking generalized fine classic typical atypical mildly moderately severely "
    "intensely extremely exquisitely terribly unbearable unbearably finely bright deep vivid fiery "
    "beefy".split()
)
# The part of a lesion that a colour or shape speaks of is no sign of its own.
_PARTS: Final = frozenset("border edge margin base center surface lesion area".split())
# With these, an adjective is a second finding: "erythematous papules", "atrophic scar".
_GENERIC_HEADS: Final = frozenset(
    "papule plaque macule patch nodule vesicle pustule bulla blister spot rash crust scale lesion "
    "erythema ulcer erosion scar alopecia purpura skin".split()
)
_NEGATIONS: Final = frozenset("no not without absence lack absent".split())
_DIRECTIONS: Final = frozenset(
    "medial lateral anterior posterior inner outer dorsal ventral volar mid proximal distal "
    "central internal external left right side inside outside front dorsum flexor extensor".split()
)
# "the upper chest" is the chest; but "the upper arm" is no part of the arm to say otherwise.
_UPPER_PARTS: Final = frozenset({("upper", "chest")})


_MODIFIERS_MAX: Final = 2
"""Words before the abbreviation of a kind of disease: "superficial spreading MM"."""


class Compounds:
    """Tells names that are the sum of mentions which the guidelines mark one by one.

    "Erythematous macules" and "palms and soles" are two mentions each, "no fever" is a
    negated one, "medial ankle" is the ankle. Such names serve look-ups, not running text.
    """

    def __init__(self, ontology: Ontology, surfaces: Mapping[Key, list[SurfaceForm]]) -> None:
        self._ontology = ontology
        self._surfaces = surfaces

    def splits(self, key: Key) -> bool:
        """Return whether running text should be matched by the parts of this name."""
        if len(key) < 2:
            return False
        forms = self._surfaces[key]
        branches = {form.branch for form in forms}
        if key[-1] == "skin" and {form.node for form in forms} <= self._nodes(key[:-1]):
            return True  # "soft skin-colored papules"
        if branches == {"body_site"}:
            return "and" in key or self._is_directed_site(key, forms)
        if any(self._family(form) == "dermoscopic structure" for form in forms):
            return False
        bare = key
        while len(bare) > 1 and bare[0] in _DEGREES:
            bare = bare[1:]
            if bare in self._surfaces:
                return True
        if "condition" in branches:
            return self._is_a(key[:1], "body_site") and self._is_a(key[1:], "concept")
        if key[0] in _NEGATIONS and key[1:] in self._surfaces:
            return True  # "no pain"; but "no symptoms" is one thing
        if all(self._has_family(word, "color") for word in key):
            return False  # "dark red" is one colour
        if key[-1] not in _PARTS | _GENERIC_HEADS and any(form.kind == "name" for form in forms):
            return False  # "black dot", "retiform purpura": signs with a name of their own
        if key[-1] in _PARTS and self._is_a(key[:-1], "concept"):
            return True
        if (
            self._is_a(key[:1], "concept", "symptom")
            and self._is_a(key[1:], "body_site")
            and key[-1] != "node"
        ):
            return True  # "painful eyes" is a feeling and a site; "eye pain" is one symptom
        if key[-1] == "alopecia" and self._has_long_name(forms):
            return False  # "cicatricial alopecia" is scarring alopecia
        if key[-1] in _GENERIC_HEADS and any(
            self._is_a(key[:cut], "concept", "symptom") and self._is_a(key[cut:], "concept")
            for cut in range(1, len(key))
        ):
            return True  # "honey-colored crust"
        return all(word in _DEGREES or self._is_a((word,), "concept", "symptom") for word in key)

    def _is_directed_site(self, key: Key, forms: list[SurfaceForm]) -> bool:
        if any(" " not in self._ontology.term(form.node).name for form in forms):
            return False  # "back of the neck" has a name of its own: nape
        if key[0] == "dorsal" and any(f.kind == "name" for f in forms):
            return False  # as "back of the hand"
        rest = key[1:]
        while rest and rest[0] in ("of", "the"):
            rest = rest[1:]
        directed = key[0] in _DIRECTIONS or key in _UPPER_PARTS
        return directed and self._is_a(rest, "body_site")

    def _has_long_name(self, forms: list[SurfaceForm]) -> bool:
        return all(" " in self._ontology.term(form.node).name for form in forms)

    def _nodes(self, part: Key) -> set[str]:
        return {form.node for form in self._surfaces.get(part, ())}

    def _is_a(self, part: Key, *branches: str) -> bool:
        return any(form.branch in branches for form in self._surfaces.get(part, ()))

    def _has_family(self, word: str, family: str) -> bool:
        return any(self._family(form) == family for form in self._surfaces.get((word,), ()))

    def _family(self, form: SurfaceForm) -> str:
        return self._ontology.path(form.node)[0]


def key_of(text: str) -> Key:
    """Return the normalised tokens of a name, cut the same way as running text."""
    return tuple(
        normalise_word(word) or word for word in tokenize(text.replace("\u2019", "'")).words
    )


def abbreviated(
    ontology: Ontology, surfaces: Mapping[Key, list[SurfaceForm]], shared: Collection[str]
) -> dict[Key, list[SurfaceForm]]:
    """Return the names of kinds with the abbreviation of what they are a kind of: "nodular BCC".

    ``shared`` are abbreviations, in capitals, that mean something else as readily.
    """
    named: dict[Key, set[str]] = {}
    short: dict[str, set[str]] = {}
    for key, forms in surfaces.items():
        for form in forms:
            if form.branch == "condition" and form.scope == "EXACT":
                if form.kind != "abbreviation":
                    named.setdefault(key, set()).add(form.node)
                elif len(key) == 1 and form.text.upper() not in shared:
                    short.setdefault(form.node, set()).add(key[0])
    found: dict[Key, list[SurfaceForm]] = {}
    for key, nodes in named.items():
        sizes = range(1, min(_MODIFIERS_MAX, len(key) - 2) + 1)
        for size, node in product(sizes, nodes):
            parents = named.get(key[size:], set()) & ontology.ancestors(node)
            form = next(one for one in surfaces[key] if one.node == node)
            for letters in set[str]().union(*(short.get(parent, ()) for parent in parents)):
                found.setdefault((*key[:size], letters), []).append(form)
    return {
        key: forms
        for key, forms in found.items()
        if key not in surfaces and len({form.node for form in forms}) == 1
    }
