"""The values of an ontology: terms, their surface forms, and answers of the linker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCOPES: Final[tuple[str, ...]] = ("EXACT", "NARROW", "BROAD", "RELATED")
"""Synonym scopes of the OBO format, best first."""

PARENT_RELATIONS: Final[tuple[str, ...]] = ("is_a", "part_of")
"""Edges that lead to a parent: both count for paths, depth and ancestors."""

MATCH_KINDS: Final[tuple[str, ...]] = ("exact", "normalised", "fuzzy", "nil")
"""How a phrase met a surface form, strongest first."""


class OntologyError(ValueError):
    """An ontology file cannot be read or used; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Synonym:
    """Another name of a term.

    ``scope`` is one of :data:`SCOPES`; ``kind`` is the synonym type ("ABBREVIATION",
    "LAY") or empty.
    """

    text: str
    scope: str = "EXACT"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One node of the ontology.

    ``parents`` are ids, the primary one first. ``caution`` lists surface forms that are
    also ordinary words, to be matched only with support from their surroundings.
    ``readings`` holds ``(surface, cue)`` pairs: the surface is shared with another term
    on purpose, and the cue words say when this term is meant. ``distinct_from`` are ids of
    terms that look like this one and are not. ``xrefs`` mean the same as the term;
    ``broad_xrefs`` are codes that cover more than it, or are the rest of a group.
    """

    id: str
    name: str
    branch: str
    definition: str = ""
    synonyms: tuple[Synonym, ...] = ()
    xrefs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    primary_parent: str | None = None
    obsolete: bool = False
    caution: tuple[str, ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    distinct_from: tuple[str, ...] = ()
    broad_xrefs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurfaceForm:
    """One way to write a term. ``kind`` is "name", "synonym" or "abbreviation"."""

    text: str
    node: str
    branch: str
    kind: str
    scope: str = "EXACT"


@dataclass(frozen=True, slots=True)
class Link:
    """The linker's answer for one phrase.

    ``term`` is the phrase as asked; ``node`` is ``None`` exactly when ``match`` is
    ``"nil"``; ``score`` lies in 0..1; ``reason`` says in words why.
    """

    term: str
    node: str | None
    name: str | None
    path: tuple[str, ...]
    score: float
    match: str
    reason: str
