"""Phrases to nodes: generate candidates, score them by a table, and say why.

Stages run from sure to daring and stop at the first that gives an answer above the
threshold, so an exact name never loses to a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ontology_graph import candidates as ways
from ontology_graph.candidates import Candidate, Generator, Phrase
from ontology_graph.graph import Ontology
from ontology_graph.index import STOP_WORDS, Index
from ontology_graph.lexicon import normalise, words
from ontology_graph.model import Link

STAGES: Final[tuple[Generator, ...]] = (
    ways.as_written,
    ways.reordered,
    ways.unqualified,
    ways.parts,
    ways.misspelt,
)
"""Candidate generators, surest first."""

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
    "broader": 0.7,
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

_MATCH: Final = {"exact": "exact", "fuzzy": "fuzzy"}
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
    form = candidate.form
    weight = FORM_WEIGHTS.get((form.kind, form.scope), FORM_WEIGHTS["synonym", "RELATED"])
    raw = WAY_WEIGHTS[candidate.way] * weight - EDIT_COST * candidate.distance
    return max(0.0, min(1.0, raw))


class Linker:
    """Links phrases to the terms of one ontology.

    Every answer carries its score, match kind and reason; answers are cached by phrase.
    """

    def __init__(
        self, ontology: Ontology, *, threshold: float = THRESHOLD, cache_size: int = 1 << 16
    ) -> None:
        self.ontology = ontology
        self.threshold = threshold
        self._index = Index(ontology.surface_forms())
        self._paths: dict[str, tuple[str, ...]] = {}
        self._cues: dict[str, frozenset[str]] = {}
        self._cached = lru_cache(maxsize=cache_size)(self._link)

    def link(
        self,
        text: str,
        branch: str | None = None,
        context: str | None = None,
        *,
        backoff: bool = False,
    ) -> Link:
        """Return the best node for a phrase, or a NIL answer; never raises for any text.

        ``branch`` keeps to one branch. ``context`` is the surrounding text, read only to
        choose between readings of one surface. ``backoff`` allows a broader term: the
        longest run of words that is known.

        >>> from ontology_graph import load_default
        >>> linker = Linker(load_default())
        >>> linker.link("Erythematous").name
        'erythema'
        >>> linker.link("steel bridge").match
        'nil'
        """
        return self._cached(text, branch, context, backoff)

    def link_all(self, texts: Iterable[str], branch: str | None = None) -> list[Link]:
        """Return one answer per phrase, in order."""
        return [self._cached(text, branch, None, False) for text in texts]

    def candidates(
        self, text: str, branch: str | None = None, context: str | None = None
    ) -> list[Scored]:
        """Return the scored candidates of the first stage that gives any, best first.

        One candidate per node; an empty list where no stage gives one above the threshold.
        """
        phrase = Phrase.read(text)
        for stage in STAGES:
            ranked = self._rank(stage(phrase, self._index), branch, context)
            if ranked:
                return ranked
        return []

    def _link(self, text: str, branch: str | None, context: str | None, backoff: bool) -> Link:
        ranked = self.candidates(text, branch, context)
        if not ranked and backoff:
            ranked = self._rank(ways.broader(Phrase.read(text), self._index), branch, context)
        if not ranked:
            where = f" in branch {branch}" if branch else ""
            return Link(text, None, None, (), 0.0, "nil", f"no name or synonym{where} is near it")
        return self._answer(text, ranked)

    def _rank(
        self, found: Iterable[Candidate], branch: str | None, context: str | None
    ) -> list[Scored]:
        best: dict[str, Scored] = {}
        for candidate in found:
            node = candidate.form.node
            if branch is not None and candidate.form.branch != branch:
                continue
            value = score(candidate)
            if value >= self.threshold and (node not in best or value > best[node].score):
                best[node] = Scored(candidate, value, self._support(node, context))
        return sorted(best.values(), key=lambda s: (-s.score, -s.support, s.candidate.form.node))

    def _support(self, node: str, context: str | None) -> int:
        return len(self._cue_words(node) & set(words(context))) if context else 0

    def _cue_words(self, node: str) -> frozenset[str]:
        if node not in self._cues:
            term = self.ontology.term(node)
            texts = [term.name, term.definition, *self.ontology.path(node)]
            texts += [synonym.text for synonym in term.synonyms]
            texts += [cue for _, cue in term.readings]
            found = {word for text in texts for word in words(text) if len(word) > 2}
            self._cues[node] = frozenset(found - STOP_WORDS)
        return self._cues[node]

    def _answer(self, text: str, ranked: list[Scored]) -> Link:
        top = ranked[0]
        candidate, form = top.candidate, top.candidate.form
        rivals = [s for s in ranked[1:] if s.score == top.score]
        value, reason = top.score, _reason(candidate)
        if rivals:
            others = ", ".join(self.ontology.term(s.candidate.form.node).name for s in rivals[:3])
            if top.support > rivals[0].support:
                reason += f"; its surroundings speak against {others}"
            else:
                value = max(0.0, value - AMBIGUITY_COST)
                reason += f"; may also be read as {others}"
        elif not top.support and self._is_ambiguous(form.node, form.text):
            value = max(0.0, value - AMBIGUITY_COST / 2)
            reason += "; it has readings outside this ontology"
        return Link(
            term=text,
            node=form.node,
            name=self.ontology.term(form.node).name,
            path=self._path(form.node),
            score=round(value, 4),
            match=_MATCH.get(candidate.way, "normalised"),
            reason=reason,
        )

    def _is_ambiguous(self, node: str, surface: str) -> bool:
        key = normalise(surface)
        return any(normalise(text) == key for text, _ in self.ontology.term(node).readings)

    def _path(self, node: str) -> tuple[str, ...]:
        if node not in self._paths:
            self._paths[node] = self.ontology.path(node)
        return self._paths[node]


def _reason(candidate: Candidate) -> str:
    form = candidate.form
    if form.kind == "name":
        described = f'the name "{form.text}"'
    else:
        scope = "" if form.scope == "EXACT" else f"{form.scope.lower()} "
        described = f'the {scope}{form.kind} "{form.text}"'
    return _REASONS[candidate.way].format(
        form=described, note=candidate.note, distance=candidate.distance
    )
