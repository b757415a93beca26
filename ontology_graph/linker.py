"""Phrases to nodes: generate candidates, score them by a table, and say why.

Stages run from sure to daring and stop at the first that gives an answer above the
threshold, so an exact name never loses to a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

from ontology_graph import candidates as ways
from ontology_graph.backoff import broader
from ontology_graph.building import uncollected
from ontology_graph.candidates import Candidate, Generator, Phrase
from ontology_graph.graph import Ontology
from ontology_graph.index import STOP_WORDS, Index, surface_key
from ontology_graph.lexicon import normalise, words
from ontology_graph.model import Link, SurfaceForm
from ontology_graph.nearest import Near, Resemblance
from ontology_graph.scoring import (
    AMBIGUITY_COST,
    MATCH_KINDS,
    THRESHOLD,
    WAY_WEIGHTS,
    Scored,
    exact_reason,
    form_weight,
    reason,
    score,
    score_part,
)

STAGES: Final[tuple[Generator, ...]] = (
    ways.as_written,
    ways.reordered,
    ways.unqualified,
    ways.parts,
    ways.misspelt,
    ways.misspelt_unqualified,
)
"""Candidate generators, surest first."""

_BELOW: Final = 0.999
"""Keeps what only resembles a phrase under the threshold, even where all its words are shared."""


Ready = tuple[str, str, tuple[str, ...], float, str, str]
"""The fields of a Link after its term."""


_SET_TERM, _SET_NODE, _SET_NAME, _SET_PATH, _SET_SCORE, _SET_MATCH, _SET_REASON = (
    getattr(Link, field.name).__set__ for field in fields(Link)
)


def _filled(text: str, ready: Ready) -> Link:
    """Return ``Link(text, *ready)`` in half the time: slots set without a frozen ``__init__``."""
    link = object.__new__(Link)
    node, name, path, value, match, why = ready
    _SET_TERM(link, text)
    _SET_NODE(link, node)
    _SET_NAME(link, name)
    _SET_PATH(link, path)
    _SET_SCORE(link, value)
    _SET_MATCH(link, match)
    _SET_REASON(link, why)
    return link


class Linker:
    """Links phrases to the terms of one ontology.

    Every answer carries its score, match kind and reason. A phrase that is written as in the
    ontology is answered from one look-up; other answers are cached by phrase.
    """

    @uncollected()
    def __init__(
        self, ontology: Ontology, *, threshold: float = THRESHOLD, cache_size: int = 1 << 16
    ) -> None:
        self.ontology = ontology
        self.threshold = threshold
        self._index = Index(ontology.surface_forms())
        self._ready: dict[str | None, dict[str, Ready | None]] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._cues: dict[str, frozenset[str]] = {}
        self._readings = {
            (term.id, normalise(surface))
            for term in ontology.terms()
            for surface, _ in term.readings
        }
        self._nodes_with_readings = frozenset(node for node, _ in self._readings)
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
        choose between readings of one surface. ``backoff`` allows a broader term, one that
        a part of the phrase stands for: heads before modifiers, findings before places.

        >>> from ontology_graph import load_default
        >>> linker = Linker(load_default())
        >>> linker.link("Erythematous").name
        'erythema'
        >>> linker.link("steel bridge").match
        'nil'
        >>> linker.link("nodular melanoma of unknown origin").match
        'nil'
        >>> linker.link("nodular melanoma of unknown origin", backoff=True).name
        'nodular melanoma'
        """
        ready = self._at_once(text, branch)
        return _filled(text, ready) if ready else self._cached(text, branch, context, backoff)

    def link_all(
        self, texts: Iterable[str], branch: str | None = None, *, backoff: bool = False
    ) -> list[Link]:
        """Return one answer per phrase, in order: what :meth:`link` gives without context."""
        seen = self._ready.setdefault(branch, {}).get
        at_once, cached = self._at_once, self._cached
        return [
            _filled(text, ready)
            if (ready := seen(text.casefold()) or seen(surface_key(text)) or at_once(text, branch))
            else cached(text, branch, None, backoff)
            for text in texts
        ]

    @uncollected()
    def prepare(self, branch: str | None = None) -> None:
        """Build now what is otherwise built when first needed; answers stay the same.

        For long batches, and before a process forks, so that its children share the index.
        """
        self._index.build()
        for key in self._index.exact:
            self._at_once(key, branch)

    def _at_once(self, text: str, branch: str | None) -> Ready | None:
        """Return the answer for a surface that needs no weighing, ``None`` where it may.

        That is a form of one term which nothing else in the ontology resembles in spelling,
        so that neither case nor context matters.
        """
        key = surface_key(text)
        known = self._ready.setdefault(branch, {})
        if key in known:
            return known[key]
        forms = self._index.exact.get(key)
        if not forms:
            return None  # not kept: there is no end of unknown phrases
        if branch is not None:
            forms = [form for form in forms if form.branch == branch]
        ready = known[key] = self._plain(key, forms) if forms else None
        return ready

    def _plain(self, key: str, forms: list[SurfaceForm]) -> Ready | None:
        top = forms[0] if len(forms) == 1 else max(forms, key=form_weight)
        value = form_weight(top)
        if value < self.threshold:
            return None
        for form in forms:
            # Case counts for abbreviations, context for readings: neither is known here.
            if form.kind == "abbreviation" or self._has_readings(form):
                return None
            if form.node != top.node and form_weight(form) >= value:
                return None
        if value <= WAY_WEIGHTS["normalised"] and self._index.resembled(key) > len(forms):
            return None
        name = self.ontology.term(top.node).name
        return top.node, name, self._path(top.node), round(value, 4), "exact", exact_reason(top)

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

    def rivals(
        self, text: str, branch: str | None = None, context: str | None = None
    ) -> tuple[str, ...]:
        """Return the nodes between which :meth:`link` cannot decide; empty where it can."""
        ranked = self.candidates(text, branch, context)
        equal = [s for s in ranked if (s.score, s.support) == (ranked[0].score, ranked[0].support)]
        return tuple(s.candidate.form.node for s in equal) if len(equal) > 1 else ()

    def nearest(
        self, text: str, branch: str | None = None, context: str | None = None, *, k: int = 5
    ) -> list[Near]:
        """Return the ``k`` terms nearest to a phrase, best first, accepted or not.

        Every stage proposes, then backing off, then mere resemblance; a term counts with the
        best score that any of them gives it, and what only resembles stays below the
        threshold. Terms of one score come in the order of their support in ``context``, then
        of their ids. Empty for a phrase that shares no word with any term of the branch.
        """
        phrase = Phrase.read(text)
        met = chain.from_iterable(stage(phrase, self._index) for stage in (*STAGES, broader))
        found = {s.candidate.form.node: s.score for s in self._rank(met, branch, None, least=0.0)}
        for node, alike in self._resemblance.scores(phrase.tokens, branch).items():
            found[node] = max(found.get(node, 0.0), alike * self.threshold * _BELOW)
        cues = frozenset(words(context)) if context else frozenset()
        ranked = sorted(
            found, key=lambda node: (-found[node], -len(self._cue_words(node) & cues), node)
        )
        return [
            Near(node, self.ontology.term(node).name, self._path(node), round(found[node], 4))
            for node in ranked[:k]
        ]

    @cached_property
    def _resemblance(self) -> Resemblance:
        return Resemblance(self.ontology, self._index)

    def _link(self, text: str, branch: str | None, context: str | None, backoff: bool) -> Link:
        ranked = self.candidates(text, branch, context)
        if not ranked and backoff:
            ranked = self._rank(broader(Phrase.read(text), self._index), branch, context)
        if not ranked:
            where = f" in branch {branch}" if branch else ""
            return Link(text, None, None, (), 0.0, "nil", f"no name or synonym{where} is near it")
        return self._answer(text, ranked)

    def _rank(
        self,
        found: Iterable[Candidate],
        branch: str | None,
        context: str | None,
        least: float | None = None,
    ) -> list[Scored]:
        least = self.threshold if least is None else least
        best: dict[str, tuple[float, Candidate]] = {}
        for candidate in found:
            form = candidate.form
            if branch is not None and form.branch != branch:
                continue
            if candidate.way == "broader":
                path = self._path(form.node)
                value = score_part(candidate, path[0] if path else "", any_branch=branch is None)
            else:
                value = score(candidate)
            if value >= least and (form.node not in best or value > best[form.node][0]):
                best[form.node] = (value, candidate)
        if not best:
            return []
        cues = frozenset(words(context)) if context else frozenset()
        scored = [
            Scored(candidate, value, len(self._cue_words(node) & cues) if cues else 0)
            for node, (value, candidate) in best.items()
        ]
        return sorted(scored, key=lambda s: (-s.score, -s.support, s.candidate.form.node))

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
        value, why = top.score, reason(candidate)
        if rivals:
            others = ", ".join(self.ontology.term(s.candidate.form.node).name for s in rivals[:3])
            if top.support > rivals[0].support:
                why += f"; its surroundings speak against {others}"
            else:
                value = max(0.0, value - AMBIGUITY_COST)
                why += f"; may also be read as {others}"
        elif not top.support and self._has_readings(form):
            value = max(0.0, value - AMBIGUITY_COST / 2)
            why += "; it has readings outside this ontology"
        return Link(
            term=text,
            node=form.node,
            name=self.ontology.term(form.node).name,
            path=self._path(form.node),
            score=round(value, 4),
            match=MATCH_KINDS.get(candidate.way, "normalised"),
            reason=why,
        )

    def _has_readings(self, form: SurfaceForm) -> bool:
        if form.node not in self._nodes_with_readings:
            return False
        return (form.node, normalise(form.text)) in self._readings

    def _path(self, node: str) -> tuple[str, ...]:
        if node not in self._paths:
            self._paths[node] = self.ontology.path(node)
        return self._paths[node]
