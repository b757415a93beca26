"""What a found name stands for: the node, and how the name was written.

That depends on the phrase alone but for a few abbreviations with several meanings, so it is
weighed once a distinct phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from ontology_graph import Linker, Ontology, SurfaceForm
from ontology_graph.guards import common_words
from structurer.context import Reading, needs_anchor
from structurer.cues import negates
from structurer.matcher import Match, Surface
from structurer.patterns import word_list
from structurer.scan import Scan
from structurer.tokens import Tokens

_BRANCH_FIELD: Final = {
    "condition": "diagnosis",
    "concept": "concept",
    "symptom": "symptom",
    "body_site": "body_site",
}
_BRANCH_ORDER: Final = ("condition", "concept", "symptom", "body_site")
# The guidelines leave sizes, counts and picture artefacts unmarked.
_UNMARKED_FAMILIES: Final = frozenset({"size", "artefact"})
_UNMARKED_NAMES: Final = frozenset({"multiple", "single", "symptomatic", "lesion", "bilateral"})
_PHRASES_KEPT: Final = 1 << 16

# "Tinea manuum and pedis": the second name leaves out its first word; it says nothing alone.
_TOLD_BY_WORDS: Final = frozenset(
    "pedis manuum corporis cruris capitis faciei dandruff sore".split()
)
# "White dandruff": an amount or a colour says that flakes are meant, as translations call scale.
_OF_FLAKES: Final = frozenset(
    "white black grey gray yellow silvery silver brown thin thick fine coarse little some".split()
)
# "It is sore", "red and sore"; "a sore" is a lesion.
_FELT: Final = frozenset(
    "is are was were be been feel feels felt very so really quite slightly extremely super and or "
    "not also still".split()
)

# "A basal cell on his nose": not the cell, nor "the basal cell layer".
_CELLS: Final = (("basal", "cell"), ("squamous", "cell"))
_ONE_OF_THEM: Final = frozenset(
    "a an early another his her my nodular superficial possible suspected recurrent previous small "
    "new old two three several".split()
)
_BEHIND_TUMOUR: Final = frozenset(
    ". , ; ? ! ) on over or and that which we removed excised cut treated at behind near".split()
)

# "it burns", "they burn like crazy".
_BURNING: Final = frozenset("it they also really always sometimes like when whenever".split())
_FELT_BESIDE: Final = frozenset(
    "itch itches hurt hurts sting stings itching stinging ache aches".split()
)

_OTHERS: Final = {"scale": "concept", "soreness": "symptom", "burning": "symptom"}
"""What a word may be taken for instead, with the branch."""

_VOWELS: Final = frozenset("aeiou")

_Sense = tuple[str, str, str, tuple[str, ...], str, bool, bool, bool]
"""The fields of a Reading after its place."""


class Readings:
    """Gives matches their readings. The phrases it met are kept, a bounded number of them."""

    def __init__(self, ontology: Ontology, linker: Linker) -> None:
        self._linker = linker
        self._borrowed = frozenset(word_list("abbreviations"))
        self._paths = {term.id: ontology.path(term.id) for term in ontology.terms()}
        self._names = {term.id: term.name for term in ontology.terms()}
        self._caution = {
            (term.id, word.lower()) for term in ontology.terms() for word in term.caution
        }
        self._others = {
            name: (branch, term.id)
            for name, branch in _OTHERS.items()
            for term in ontology.terms(branch)
            if term.name == name
        }
        self._weighed = lru_cache(maxsize=_PHRASES_KEPT)(self._weigh)

    def of(self, match: Match, scan: Scan) -> Reading | None:
        """Choose the reading of a surface, or ``None`` where none holds here."""
        assert match.surface is not None
        first, last, text, tokens = match.first, match.last, scan.text, scan.tokens
        start, end = tokens.starts[first], tokens.ends[last - 1]
        phrase = text[start:end]
        before, after = text[start - 1 : start], text[end : end + 1]
        if before == "-" and tokens.lowered[first - 1] == "anti":
            return None
        # "SLE-like" resembles SLE; "CD-4" and "anti-PL-7" are codes.
        coded = after == "-" and not text.startswith("-like", end)
        glued = before == "-" or coded or before.isdigit() or after.isdigit()
        sense = self._weighed(match.surface, phrase, glued, match.corrected, last - first)
        if isinstance(sense, list):  # several nodes of a branch: the rest of the text decides
            form, sure = self._told(sense, phrase, text)
            if form is None:
                return None
            forms = _as_written(match.surface, phrase, glued)
            sense = self._sense(form, forms, phrase, match.corrected, last - first)
            if sense and sure:
                sense = (*sense[:-2], False, sense[-1])  # "HS in both groins": told here
        reading = Reading(first, last, *sense) if sense else None
        if match.surface.words in _CELLS and not _is_tumour(tokens, first):
            return None
        if reading and last - first == 1 and tokens.lowered[first] in _TOLD_BY_WORDS:
            return self._in_company(reading, tokens.lowered)
        return reading

    def instead(self, reading: Reading, name: str) -> Reading:
        """Return the reading as another term (:data:`_OTHERS`), if the ontology has it."""
        if name not in self._others:
            return reading
        field, node = self._others[name]
        return replace(reading, field=field, node=node, name=name, path=self._paths[node])

    def _in_company(self, reading: Reading, words: Sequence[str]) -> Reading | None:
        """Return what a word means by the words around it, or ``None`` where it means nothing."""
        word = words[reading.first]
        before = words[reading.first - 1] if reading.first else ""
        if word == "sore":
            if before in _FELT or negates(before):
                felt = self.instead(reading, "soreness")
                return replace(felt, caution=False, borrowed=False, loose=False)
            return reading
        if word == "dandruff":
            return self.instead(reading, "scale") if before in _OF_FLAKES else reading
        return reading if "tinea" in words else None

    def _weigh(
        self, surface: Surface, phrase: str, glued: bool, corrected: bool, size: int
    ) -> _Sense | list[SurfaceForm] | None:
        forms = _as_written(surface, phrase, glued)
        for branch in _BRANCH_ORDER:
            here = [form for form in forms if form.branch == branch]
            nodes = {form.node for form in here}
            if len(nodes) > 1:
                return here
            if nodes:
                form = min(here, key=lambda f: (f.scope != "EXACT", f.kind != "name"))
                return self._sense(form, forms, phrase, corrected, size)
        return None

    def _told(
        self, forms: Sequence[SurfaceForm], phrase: str, text: str
    ) -> tuple[SurfaceForm | None, bool]:
        """Return the form that the text speaks for, and whether it does so against the others."""
        around = text.replace(phrase, " ")
        ranked = self._linker.candidates(phrase, forms[0].branch, around)
        if not ranked:
            return None, False
        top, *rivals = ranked
        form = next((one for one in forms if one.node == top.candidate.form.node), None)
        sure = top.support > max(
            (one.support for one in rivals if one.score == top.score), default=0
        )
        return form, sure

    def _sense(
        self, form: SurfaceForm, forms: Sequence[SurfaceForm], phrase: str, corrected: bool,
        size: int,
    ) -> _Sense | None:  # fmt: skip
        path = self._paths[form.node]
        name = self._names[form.node]
        if path[0] in _UNMARKED_FAMILIES or name in _UNMARKED_NAMES:
            return None
        lowered = phrase.lower()
        exact = any(f.text.lower() == lowered for f in forms if f.node == form.node)
        kind = "fuzzy" if corrected else "exact" if exact else "normalised"
        caution = (form.node, lowered) in self._caution
        borrowed = form.kind == "abbreviation" and (
            phrase in self._borrowed or (phrase.islower() and phrase.upper() in self._borrowed)
        )
        field = _BRANCH_FIELD[form.branch]
        loose = needs_anchor(field, path[0], name, caution, lowered if size == 1 else None)
        return field, form.node, name, path, kind, caution, borrowed, loose


def off_the_scalp(readings: Sequence[Reading]) -> bool:
    """Tell if sites are named, and none of them is the scalp: "dandruff" is scale there."""
    sites = {r.path[-2:] for r in readings if r.field == "body_site"}
    return bool(sites) and not any({"scalp", "head"} & {*path} for path in sites)


def burn_is_felt(reading: Reading, words: Sequence[str]) -> bool:
    """Tell if "burn" is what the skin does: "it doesn't hurt, burn or itch"."""
    if words[reading.first] not in ("burn", "burns"):
        return False
    near = words[max(0, reading.first - 3) : reading.last + 3]
    beside = words[max(0, reading.first - 1) : reading.last + 1]
    return not _FELT_BESIDE.isdisjoint(near) or not _BURNING.isdisjoint(beside)


def _is_tumour(tokens: Tokens, first: int) -> bool:
    """Tell if "basal cell" stands for the tumour here."""
    words = tokens.lowered
    before = words[first - 1] if first else ""
    if words[first + 1] != "cell":
        return False
    return before in _ONE_OF_THEM and _BEHIND_TUMOUR.issuperset(words[first + 2 : first + 3])


def _as_written(surface: Surface, phrase: str, glued: bool) -> list[SurfaceForm]:
    return [form for form in surface.forms if _as_abbreviation(form, phrase, glued)]


def _as_abbreviation(form: SurfaceForm, phrase: str, glued: bool) -> bool:
    """Return whether the phrase reads as this abbreviation here.

    It must stand in capitals, unless it is no English word ("bcc" in a post); and it must
    not be a piece of a longer code ("CD4", "anti-PL-7").
    """
    if form.kind != "abbreviation":
        return True
    if glued:
        return False
    capitals = sum(c.isupper() for c in phrase)
    if len(phrase) == 3 and 0 < capitals < 3 and form.text.isupper() and phrase[-1] != "s":
        return False  # "MPa"
    if capitals >= max(2, sum(c.isupper() for c in form.text) // 2 + 1):
        return True  # "SCCis" for SCCIS
    lowered = phrase.lower()
    if len(lowered) == 3 and lowered[0] in _VOWELS and lowered[2] in _VOWELS and lowered != "aga":
        return False  # "ake": a misspelt word
    return len(lowered) >= 3 and capitals == 0 and lowered not in common_words()
