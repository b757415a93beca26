"""Training texts from a record, within a token budget and safe in what they assert.

A text never states what the caption negates, only suspects, reports of a relative or
reports as past. Two rules see to it: only ``present`` mentions are composed, and no
composed text may hold the words of a mention that is not present (:class:`Forbidden`), as
happens where a broader term of a present diagnosis is what the caption excludes. Pieces of
the caption itself are whole sentences; where a sentence must be cut, nothing of it is kept
from the first such mention on, since the cut may part it from its "no".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from ontology_graph.lexicon import words as normal_words
from structurer.budget import fits
from structurer.cleaning import CleanText
from structurer.records import Mention, StructuredCaption, Texts
from structurer.subcaptions import subcaptions
from structurer.tokens import Tokens
from structurer.wording import duration, listed, person, site, tone

Compose = Callable[["Material"], str]


@dataclass(frozen=True, slots=True)
class Material:
    """What a text may be composed of: present facts only, in caption order, no name twice."""

    diagnoses: tuple[Mention, ...] = ()
    concepts: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    person: str | None = None
    tone: str | None = None
    duration: str | None = None


_Words = tuple[str, ...]


class Forbidden:
    """The words of all mentions that are not present, unless a present one says the same.

    >>> absent = Mention("concept", "scars", 0, 5, "absent", name="scar")
    >>> forbidden = Forbidden([absent])
    >>> forbidden.holds("an atrophic scar"), forbidden.holds("a scarf")
    (True, False)
    """

    def __init__(self, mentions: Iterable[Mention]) -> None:
        found = list(mentions)
        elsewhere = _phrases(m for m in found if m.assertion != "present")
        # Most captions deny nothing: then there is nothing to look for.
        here = _phrases(m for m in found if m.assertion == "present") if elsewhere else set()
        self._phrases = elsewhere - here - {()}

    def holds(self, text: str) -> bool:
        """Return whether one of the phrases stands in ``text``, in whatever form of its words."""
        if not self._phrases:
            return False
        readings = _readings(text)
        return any(_stands_in(reading, phrase) for reading in readings for phrase in self._phrases)


def _stands_in(words: _Words, phrase: _Words) -> bool:
    if phrase[0] not in words:  # nearly always
        return False
    size = len(phrase)
    return any(words[i : i + size] == phrase for i in range(len(words) - size + 1))


def _phrases(mentions: Iterable[Mention]) -> set[_Words]:
    texts = {text for m in mentions for text in (m.text, m.name) if text}
    return {reading for text in texts for reading in _phrase_readings(text)}


_WORD: Final = re.compile(r"\w+")


def _readings(text: str) -> tuple[_Words, _Words]:
    """Words as written and in normal form: "scars" is "scar", and "III-IV" two words."""
    return tuple(_WORD.findall(text.casefold())), tuple(normal_words(text))


_phrase_readings: Final = lru_cache(maxsize=1 << 14)(_readings)
"""The same for mentions and names, of which there are few distinct ones."""


def compose(
    record: StructuredCaption, clean: CleanText, budget: int, tokens: Tokens | None = None
) -> Texts:
    """Return the training texts of a record; a text without content is ``None``.

    ``clean`` is the whole cleaned caption, whatever its length. All others fit ``budget``
    tokens: ``ontology`` names the diagnoses with the groups above them, ``concept`` the
    visible signs and sites, ``context`` the patient, ``refined`` all of it;
    ``subcaptions`` are the caption's panels or sentences. An irrelevant caption has its
    clean text only. ``tokens`` are those of the cleaned caption, where the caller has them.
    """
    whole = clean.text or None
    if record.relevant is False or whole is None:
        return Texts(clean=whole)
    forbidden = Forbidden(record.mentions)
    material = _material(record, forbidden)
    composed = {
        name: _within(material, make, forbidden, budget) for name, make in _COMPOSERS.items()
    }
    return Texts(
        clean=whole,
        subcaptions=tuple(subcaptions(clean, _unsafe(record, clean), budget, tokens)),
        **composed,
    )


def _material(record: StructuredCaption, forbidden: Forbidden) -> Material:
    present = [m for m in record.mentions if m.assertion == "present"]

    def names(field: str, write: Callable[[str], str] = str) -> tuple[str, ...]:
        found = (write(_name(m)) for m in present if m.field == field)
        return tuple(dict.fromkeys(name for name in found if not forbidden.holds(name)))

    def allowed(phrase: str | None) -> str | None:
        return None if phrase is None or forbidden.holds(phrase) else phrase

    return Material(
        diagnoses=_diagnoses(present, forbidden),
        concepts=names("concept"),
        symptoms=names("symptom"),
        sites=names("body_site", site),
        person=allowed(person(record, present)),
        tone=allowed(tone(record.skin_tone) if _states(present, "skin_tone") else None),
        duration=allowed(duration(present)),
    )


def _diagnoses(present: Sequence[Mention], forbidden: Forbidden) -> tuple[Mention, ...]:
    """Return the first mention of each diagnosis, with the groups above it that may be said."""
    found: dict[str, Mention] = {}
    for mention in present:
        if mention.field == "diagnosis" and not forbidden.holds(_name(mention)):
            path = tuple(name for name in mention.path if not forbidden.holds(name))
            found.setdefault(_name(mention), replace(mention, path=path))
    return tuple(found.values())


def _states(present: Sequence[Mention], field: str) -> bool:
    return any(mention.field == field for mention in present)


def _name(mention: Mention) -> str:
    return " ".join((mention.name or mention.text.lower()).split())


def _ontology(material: Material) -> str:
    cases = [_classified(mention) for mention in material.diagnoses]
    return f"A case of {listed(cases)}." if cases else ""


def _classified(mention: Mention) -> str:
    above = ", ".join(name for name in mention.path if name != mention.name)
    return f"{_name(mention)} ({above})" if above else _name(mention)


def _concept(material: Material) -> str:
    if not material.concepts:
        return ""
    return _sentence([f"skin findings: {', '.join(material.concepts)}", _sites(material)])


def _context(material: Material) -> str:
    if not (material.person or material.tone or material.sites or material.duration):
        return ""
    return _sentence([_patient(material), _sites(material), _lasting(material)])


def _refined(material: Material) -> str:
    names = [_name(mention) for mention in material.diagnoses]
    if not (names or material.concepts or material.symptoms):
        return ""
    patient = _patient(material)
    if names:
        patient += f" {'and' if material.tone else 'with'} {listed(names)}"
    # Findings are nouns and adjectives, so they are a list without "and".
    signs = f"signs: {', '.join(material.concepts)}" if material.concepts else ""
    symptoms = f"symptoms: {listed(material.symptoms)}" if material.symptoms else ""
    return _sentence([patient, signs, symptoms, _sites(material), _lasting(material)])


_COMPOSERS: Final[dict[str, Compose]] = {
    "refined": _refined,
    "ontology": _ontology,
    "concept": _concept,
    "context": _context,
}
"""Text name to what composes it; the empty string stands for no content."""


def _patient(material: Material) -> str:
    who = material.person or "a patient"
    return f"{who} with {material.tone}" if material.tone else who


def _sites(material: Material) -> str:
    if not material.sites:
        return ""
    return f"body {'site' if len(material.sites) == 1 else 'sites'}: {listed(material.sites)}"


def _lasting(material: Material) -> str:
    return f"duration: {material.duration}" if material.duration else ""


def _sentence(clauses: Iterable[str]) -> str:
    text = "; ".join(clause for clause in clauses if clause)
    return f"{text[:1].upper()}{text[1:]}."


def _within(material: Material, make: Compose, forbidden: Forbidden, budget: int) -> str | None:
    """Return the fullest text that fits and is safe; facts go from the end, least needed first."""
    for version in _ever_less(material):
        text = make(version)
        if not text:
            return None
        if fits(text, budget) and not forbidden.holds(text):
            return text
    return None


_EXPENDABLE: Final = ("duration", "symptoms", "sites", "tone", "person", "concepts", "diagnoses")


def _ever_less(material: Material) -> Iterator[Material]:
    yield material
    left = {name: getattr(material, name) for name in _EXPENDABLE}
    for name in _EXPENDABLE:
        while left[name]:
            left[name] = left[name][:-1] if isinstance(left[name], tuple) else None
            yield Material(**left)


def _unsafe(record: StructuredCaption, clean: CleanText) -> list[int]:
    """Return the clean offsets at which mentions that are not present begin."""
    return sorted(
        max(0, bisect_right(clean.starts, m.start) - 1)
        for m in record.mentions
        if m.assertion != "present"
    )
