"""The extraction contract: fields, assertions and history kinds, each defined once.

Prompt, grammar, JSON Schema, validator, lexicon lane and reports read these tables;
a new field is a new row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ASSERTIONS: Final[tuple[str, ...]] = ("present", "absent", "possible", "historical", "family")
"""Assertion values of a mention; the first is the default."""

HISTORY_KINDS: Final[tuple[str, ...]] = (
    "duration",
    "course",
    "past_medical",
    "family",
    "treatment",
    "exposure",
)
"""Kinds of a ``history`` mention; they stand in its ``name``."""

MODALITIES: Final[tuple[str, ...]] = ("clinical", "dermoscopy", "histology", "other")
AGE_GROUPS: Final[tuple[str, ...]] = ("infant", "child", "adolescent", "adult", "elderly")
SEXES: Final[tuple[str, ...]] = ("female", "male")
MATCH_KINDS: Final[tuple[str, ...]] = ("exact", "normalised", "fuzzy", "choice", "nil")
LANES: Final[tuple[str, ...]] = ("lexicon", "llm")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One extracted field.

    ``branch`` names the ontology branch its mentions link to (``None``: the value is
    typed, not linked). ``max_items`` and ``max_words`` bound what a model may emit for
    the field, so a generation always ends.
    """

    name: str
    branch: str | None
    description: str
    max_items: int
    max_words: int


FIELDS: Final[tuple[FieldSpec, ...]] = (
    FieldSpec("diagnosis", "condition", "named disease of skin, hair, nail or mucosa", 6, 6),
    FieldSpec(
        "concept",
        "concept",
        "visible sign: lesion type, change, colour, shape, arrangement, texture",
        10,
        4,
    ),
    FieldSpec("symptom", "symptom", "what the patient feels, or a bodily symptom", 6, 4),
    FieldSpec("body_site", "body_site", "where on the body", 6, 6),
    FieldSpec("skin_tone", "skin_tone", "stated skin type or tone", 2, 5),
    FieldSpec("age", None, "age of the patient", 1, 4),
    FieldSpec("sex", None, "sex of the patient", 1, 2),
    FieldSpec(
        "history", None, "duration, course, past illness, family, treatment, exposure", 6, 10
    ),
)

FIELD_NAMES: Final[tuple[str, ...]] = tuple(spec.name for spec in FIELDS)
_BY_NAME: Final[dict[str, FieldSpec]] = {spec.name: spec for spec in FIELDS}


def field_spec(name: str) -> FieldSpec:
    """Return the specification of a field.

    Raises:
        KeyError: for an unknown name; the message lists the fields there are.

    >>> field_spec("symptom").branch
    'symptom'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        choices = ", ".join(FIELD_NAMES)
        raise KeyError(f"unknown field {name!r}: choose one of {choices}") from None
