"""Linking by choice: where the linker has no answer, or two, the model picks among its nearest.

A phrase is shown in its own clause with the nearest terms of its field's branch, a letter
each, and "none of these". The grammar admits one of the letters, so nothing outside the
candidates can be chosen, and an answer is one token. A choice gets ``match="choice"`` and, as
its score, how near the wording of phrase and term is (:meth:`ontology_graph.Linker.nearest`):
the model gives no certainty of its own. "None", and whatever goes wrong, leave the mention as
the linker had it.

Skin tones are left alone: a tone is what a statement about skin tone says, and never what a
model makes of "Caucasian".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Final

from ontology_graph import Linker, Near
from structurer.answerstore import AnswerStore
from structurer.asking import answer, ask, request
from structurer.backends.base import Backend, Generation, GenerationRequest
from structurer.cleaning import CleanText
from structurer.decoding import model_text
from structurer.provenance import sha256
from structurer.records import Mention
from structurer.schema import FIELDS
from structurer.taskprompts import load_task_prompt

PROMPT: Final = "choice-v1"
NONE: Final = "none of these"
CONTEXT_WORDS: Final = 12
"""Words of the clause that are shown on either side of the phrase."""
MAX_CANDIDATES: Final = len(ascii_uppercase) - 1

OUTCOMES: Final[dict[str, str]] = {
    "chosen": "the model chose a term",
    "none": "the model said that no term fits",
    "no_candidates": "no term shares a word with the phrase; nothing was asked",
    "invalid": "the answer was none of the letters offered",
    "not_finished": "the answer was cut off",
    "backend": "the request failed",
}
"""What may come of a question; all but the first leave the mention as it was."""

_CHOSEN_FIELDS: Final[dict[str, str]] = {
    spec.name: {"concept": "sign", "body_site": "body site"}.get(spec.name, spec.name)
    for spec in FIELDS
    if spec.branch is not None and spec.name != "skin_tone"
}
"""Field to what the model is told of it."""
_BRANCHES: Final = {spec.name: spec.branch for spec in FIELDS}
_MAX_TOKENS: Final = 4
_BORDER: Final = re.compile(r"[.!?;:]\s+")
_SIDE_CHARS: Final = 10 * CONTEXT_WORDS
_LETTER: Final = re.compile(r"\W*([A-Z])(?:\W*$|[.):])")


@dataclass(frozen=True, slots=True)
class Question:
    """One unsure phrase in its clause, with the terms to choose from; the same ones are one."""

    field: str
    phrase: str
    context: str
    options: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """The mentions of one caption after the choices, and what came of each question.

    ``outcomes`` are keys of :data:`OUTCOMES`, one a mention that was unsure, in their order.
    """

    mentions: tuple[Mention, ...]
    outcomes: tuple[str, ...] = ()


class Chooser:
    """Settles unsure mentions. ``fingerprint`` names the prompt by content.

    Answers are kept in ``store`` by field, phrase, clause, candidates, ontology version, model
    and prompt, so no question is asked twice.

    Raises:
        PromptError: if the prompt is not installed.
    """

    def __init__(
        self, linker: Linker, backend: Backend, *, candidates: int = 5, batch_size: int = 8
    ) -> None:
        self._linker = linker
        self._backend = backend
        self._candidates = candidates
        self._batch_size = batch_size
        self._prompt = load_task_prompt(PROMPT)
        self.fingerprint: dict[str, str] = {"choice_prompt": self._prompt.fingerprint}
        self.store = AnswerStore()

    def settle(
        self, cases: Iterable[tuple[CleanText, Sequence[Mention]]], lane: str = "llm"
    ) -> list[Settled]:
        """Return the linked mentions of each caption, with the unsure ones of a lane chosen for.

        Raises:
            BackendUnavailable: if the engine as a whole broke down.
            OutputError: if answers cannot be written to the run's folder.
        """
        asked = [
            (mentions, [self._question(clean, m) if lane in m.lanes else None for m in mentions])
            for clean, mentions in cases
        ]
        questions = dict.fromkeys(q for _, found in asked for q in found if q is not None)
        answers = self._answers([question for question in questions if question.options])
        return [_settled(mentions, found, answers) for mentions, found in asked]

    def _question(self, clean: CleanText, mention: Mention) -> Question | None:
        """Return the question about a mention, ``None`` where the linker was sure."""
        branch = _BRANCHES.get(mention.field)
        if branch is None or mention.field not in _CHOSEN_FIELDS:
            return None
        if mention.node is not None and mention.node not in self._linker.rivals(
            mention.text, branch, clean.text
        ):
            return None
        span = clean.from_original(mention.start, mention.end)
        shown = clause(clean.text, *span) if span else mention.text
        phrase = model_text(" ".join(mention.text.split()))
        near = self._linker.nearest(phrase, branch, shown, k=self._candidates)
        return Question(mention.field, phrase, model_text(shown), tuple(near))

    def _answers(self, questions: Sequence[Question]) -> dict[Question, str | Near]:
        """Return the chosen term of each question, or the outcome that is none."""
        keys = {question: self._key(question) for question in questions}
        fresh = [question for question in questions if keys[question] not in self.store]
        replies = ask(self._backend, [self._request(q) for q in fresh], self._batch_size)
        found = {q: _read(reply, q) for q, reply in zip(fresh, replies, strict=True)}
        self.store.add(
            {
                keys[question]: read.node if isinstance(read, Near) else None
                for question, read in found.items()
                if isinstance(read, Near) or read == "none"
            }
        )
        return {q: found[q] if q in found else self._kept(q, keys[q]) for q in questions}

    def _kept(self, question: Question, key: str) -> str | Near:
        node = self.store[key]
        return next((near for near in question.options if near.node == node), "none")

    def _key(self, question: Question) -> str:
        parts = [
            question.field,
            question.phrase,
            question.context,
            [near.node for near in question.options],
            self._linker.ontology.version,
            self._backend.fingerprint,
            self._prompt.fingerprint,
        ]
        return sha256(json.dumps(parts))

    def _request(self, question: Question) -> GenerationRequest:
        letters = ascii_uppercase[: len(question.options) + 1]
        names = [*(near.name for near in question.options), NONE]
        values = {
            "context": question.context,
            "kind": _CHOSEN_FIELDS[question.field],
            "phrase": question.phrase,
            "options": [f"{one}. {name}" for one, name in zip(letters, names, strict=True)],
        }
        grammar = "start: " + " | ".join(f'"{letter}"' for letter in letters) + "\n"
        schema = {"enum": list(letters)}
        messages = self._prompt.messages(values)
        return request(self._backend, messages, grammar, schema, _MAX_TOKENS)


def clause(text: str, start: int, end: int) -> str:
    """Return the clause around a span, at most :data:`CONTEXT_WORDS` words on either side.

    >>> text = "No fever. Boil-like bumps on the neck; itchy."
    >>> clause(text, 10, 25)
    'Boil-like bumps on the neck'
    """
    borders = [match.end() for match in _BORDER.finditer(text, 0, start)]
    low = max(borders[-1] if borders else 0, start - _SIDE_CHARS)
    stop = _BORDER.search(text, end)
    high = min(stop.start() if stop else len(text), end + _SIDE_CHARS)
    before = [match.start() for match in re.finditer(r"\S+", text[low:start])]
    after = [match.end() for match in re.finditer(r"\S+", text[end:high])]
    first = low + before[-CONTEXT_WORDS:][0] if before else start
    last = end + after[:CONTEXT_WORDS][-1] if after else end
    return text[first:last]


def _read(reply: Generation, question: Question) -> str | Near:
    """Return the term that a reply names, or the outcome that is none."""
    if reply.finish_reason == "error":
        return "backend"
    if reply.finish_reason == "length":
        return "not_finished"
    # An engine without grammars may well write "B." or "(B)".
    letter = _LETTER.match(answer(reply))
    place = ascii_uppercase.index(letter[1]) if letter else len(ascii_uppercase)
    if place < len(question.options):
        return question.options[place]
    return "none" if place == len(question.options) else "invalid"


def _settled(
    mentions: Sequence[Mention],
    questions: Sequence[Question | None],
    answers: Mapping[Question, str | Near],
) -> Settled:
    settled, outcomes = [], []
    for mention, question in zip(mentions, questions, strict=True):
        came = "" if question is None else answers.get(question, "no_candidates")
        if isinstance(came, Near):
            outcomes.append("chosen")
            mention = _chosen(mention, came)
        elif came:
            outcomes.append(came)
        settled.append(mention)
    return Settled(tuple(settled), tuple(outcomes))


def _chosen(mention: Mention, near: Near) -> Mention:
    return replace(
        mention, node=near.node, name=near.name, path=near.path, score=near.score, match="choice"
    )
