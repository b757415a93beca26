"""Annotated texts of other corpora, and how they become gold captions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .gold import GoldCaption, GoldMention


@dataclass(frozen=True, slots=True)
class Entity:
    """One annotated entity. ``fragments`` bound its parts; most have one.

    ``ids`` are concept ids of a terminology ("MESH:D003865"); ``attributes`` are the
    corpus's own marks, such as ``("POLARITY", "NEG")``.
    """

    key: str
    type: str
    text: str
    fragments: tuple[tuple[int, int], ...]
    ids: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> int:
        """First code point of the first fragment."""
        return self.fragments[0][0]

    @property
    def end(self) -> int:
        """Code point after the last fragment."""
        return self.fragments[-1][1]


@dataclass(frozen=True, slots=True)
class Document:
    """One annotated text; ``text[start:end]`` of a one-fragment entity is its text."""

    id: str
    text: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a corpus's annotations read in this contract.

    ``fields`` maps entity types to fields (other types are left out); ``assertions`` maps
    attributes to assertions, the first that applies wins; ``by_type`` gives the assertion
    of a type ("Family_history" is ``family``); ``kinds`` gives the kind of history types.
    """

    fields: Mapping[str, str]
    assertions: Mapping[tuple[str, str], str]
    by_type: Mapping[str, str]
    kinds: Mapping[str, str]


MACCROBAT = Reading(
    fields={
        "Age": "age",
        "Sex": "sex",
        "Disease_disorder": "diagnosis",
        "Sign_symptom": "symptom",
        "Biological_structure": "body_site",
        "Color": "concept",
        "Texture": "concept",
        "Shape": "concept",
        "Duration": "history",
        "History": "history",
        "Family_history": "history",
    },
    assertions={
        ("POLARITY", "NEG"): "absent",
        ("POLARITY", "UNCERTAIN"): "possible",
        ("POLARITY", "MAYBE_POS"): "possible",
        ("POLARITY", "MAYBE_NEG"): "possible",
    },
    by_type={"Family_history": "family"},
    kinds={"Duration": "duration", "History": "past_medical", "Family_history": "family"},
)
"""MACCROBAT 2020 (Caufield et al., A comprehensive typing system for information extraction
from clinical narratives, 2019): general case reports, so types map only roughly."""

NCBI_DISEASE = Reading(
    fields={
        "SpecificDisease": "diagnosis",
        "DiseaseClass": "diagnosis",
        "Modifier": "diagnosis",
        "CompositeMention": "diagnosis",
    },
    assertions={},
    by_type={},
    kinds={},
)
"""NCBI Disease corpus (Dogan et al., J Biomed Inform 2014)."""


def as_gold(documents: Iterable[Document], reading: Reading) -> Iterator[GoldCaption]:
    """Yield documents as gold captions; the relevance is left open.

    An entity in several fragments becomes the span from its first to its last character;
    its concept is the annotated text, since the corpora's ids are of other terminologies.
    """
    for document in documents:
        mentions = []
        for entity in document.entities:
            field = reading.fields.get(entity.type)
            if field is None:
                continue
            text = document.text[entity.start : entity.end]
            concept = reading.kinds.get(entity.type, entity.text.lower())
            assertion = _assertion(entity, reading)
            mentions.append(GoldMention(field, text, entity.start, entity.end, assertion, concept))
        mentions.sort(key=lambda m: (m.start, m.end, m.field))
        yield GoldCaption(document.id, document.text, None, tuple(mentions))


def _assertion(entity: Entity, reading: Reading) -> str:
    for attribute in entity.attributes:
        if attribute in reading.assertions:
            return reading.assertions[attribute]
    return reading.by_type.get(entity.type, "present")
