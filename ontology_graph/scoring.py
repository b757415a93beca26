"""What each way of meeting a form is worth: tables, and the score they give.

The weights rank ways by how sure they are; they are set by hand, not fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ontology_graph.candidates import Candidate
from ontology_graph.model import SurfaceForm

WAY_WEIGHTS: Final[dict[str, float]] = {
    "exact": 1.0,
    "case": 0.9,
    "normalised": 0.98,
    "joined": 0.95,
    "order": 0.95,
    "head": 0.88,
    "expanded": 0.93,
    "qualifier": 0.9,
    "part": 0.85,
    "fuzzy": 0.95,
    "fuzzy qualifier": 0.85,
}
"""How far a way of meeting a form is trusted; multiplied with the form's weight."""

FORM_WEIGHTS: Final[dict[tuple[str, str], float]] = {
    ("name", "EXACT"): 1.0,
    ("synonym", "EXACT"): 0.99,
    ("abbreviation", "EXACT"): 0.97,
    ("synonym", "NARROW"): 0.85,
    ("synonym", "BROAD"): 0.75,
    ("synonym", "RELATED"): 0.7,
}
"""Weight of a form by kind and scope; anything else counts as RELATED."""

EDIT_COST: Final = 0.1
"""What each edit of a fuzzy match takes off."""

AMBIGUITY_COST: Final = 0.2
"""What a surface with several readings loses where nothing decides between them."""

THRESHOLD: Final = 0.5
"""Below this an answer is NIL."""

PART_WEIGHTS: Final[dict[str, float]] = {"base": 0.45, "coverage": 0.2, "head": 0.22}
"""Score of a broader term: the base, plus the share of the phrase's weight it covers, plus
a bonus for the head noun. The sum stays below what a whole match gets."""

SEGMENT_WEIGHT: Final = 0.93
"""What each step back from the first segment of a phrase leaves of a broader term."""

BRANCH_WEIGHTS: Final[dict[str, float]] = {"body_site": 0.62, "skin_tone": 0.8}
"""Broader terms only, where no branch was asked for: a finding says more than its place."""

FAMILY_WEIGHTS: Final[dict[str, float]] = {
    "shape": 0.75,
    "arrangement": 0.75,
    "distribution": 0.75,
    "size": 0.75,
    "border": 0.8,
    "texture": 0.85,
    "color": 0.9,
}
"""Broader terms only, by the first name of the path: an attribute is not the thing."""

MATCH_KINDS: Final[dict[str, str]] = {
    "exact": "exact",
    "fuzzy": "fuzzy",
    "fuzzy qualifier": "fuzzy",
}
"""Way -> match kind of the answer; any other way is "normalised"."""

_REASONS: Final[dict[str, str]] = {
    "exact": "is {form}",
    "case": "is {form} in another case",
    "normalised": "is {form} but for spelling, number or punctuation",
    "joined": "is {form} but for spaces or hyphens",
    "order": "has the words of {form} in another order",
    "head": 'is {form} with "{note}" as head word',
    "expanded": 'is {form} with "{note}" written out',
    "qualifier": 'is {form} without "{note}"',
    "part": '"{note}" is {form}',
    "fuzzy": "is {distance} edit(s) from {form}",
    "fuzzy qualifier": 'is {distance} edit(s) from {form} without "{note}"',
    "broader": 'backed off to "{note}", {form}',
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score and the number of context words that speak for it."""

    candidate: Candidate
    score: float
    support: int


def score(candidate: Candidate) -> float:
    """Return the score of a candidate in 0..1: way times form, less the edits.

    >>> from ontology_graph.model import SurfaceForm
    >>> name = SurfaceForm("psoriasis", "DERM:1", "condition", "name")
    >>> score(Candidate(name, "exact"))
    1.0
    >>> score(Candidate(name, "fuzzy", distance=2)) < score(Candidate(name, "fuzzy", distance=1))
    True
    """
    weight = form_weight(candidate.form)
    raw = WAY_WEIGHTS[candidate.way] * weight - EDIT_COST * candidate.distance
    return max(0.0, min(1.0, raw))


def form_weight(form: SurfaceForm) -> float:
    """Return the weight of a surface form by its kind and scope."""
    return FORM_WEIGHTS.get((form.kind, form.scope), FORM_WEIGHTS["synonym", "RELATED"])


def score_part(candidate: Candidate, family: str, *, any_branch: bool) -> float:
    """Return the score in 0..1 of a term that only a part of the phrase stands for.

    ``family`` is the first name of the term's path; ``any_branch`` says that no branch was
    asked for, so that branches compete.
    """
    form = candidate.form
    raw = PART_WEIGHTS["base"] + PART_WEIGHTS["coverage"] * candidate.coverage
    if candidate.head:
        raw += PART_WEIGHTS["head"]
    raw *= form_weight(form) * SEGMENT_WEIGHT**candidate.place
    if any_branch:
        raw *= BRANCH_WEIGHTS.get(form.branch, 1.0)
        raw *= FAMILY_WEIGHTS.get(family, 1.0)
    return raw


def reason(candidate: Candidate) -> str:
    """Return in words how a candidate met its form."""
    return _REASONS[candidate.way].format(
        form=_described(candidate.form), note=candidate.note, distance=candidate.distance
    )


def exact_reason(form: SurfaceForm) -> str:
    """Return the reason of an exact match; the same words as :func:`reason`, sooner."""
    return f"is {_described(form)}"


def _described(form: SurfaceForm) -> str:
    if form.kind == "name":
        return f'the name "{form.text}"'
    scope = "" if form.scope == "EXACT" else f"{form.scope.lower()} "
    return f'the {scope}{form.kind} "{form.text}"'
