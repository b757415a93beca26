"""Refined texts by the model: it rewrites a caption, and what is not proven is not used.

The model gets the caption and the text composed from its record, and writes one to three
sentences. The grammar lets it use the words of both and a list of connectives, none of them a
word of what is not present; :class:`structurer.proving.Prover` has the last word. Where a
rewriting is refused, or the request failed, the composed text stands and the row says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from ontology_graph import Linker
from structurer.asking import answer, ask, request
from structurer.backends.base import Backend, Generation, GenerationRequest
from structurer.cleaning import CleanText
from structurer.cues import default_cues
from structurer.decoding import model_text, split_words
from structurer.enrichment import Forbidden
from structurer.lexicon import LexiconLane
from structurer.patterns import word_list
from structurer.proving import Prover, required
from structurer.records import StructuredCaption
from structurer.taskprompts import load_task_prompt

PROMPT: Final = "refine-v1"
SENTENCES: Final = 3
SENTENCE_WORDS: Final = 30
"""Words of a sentence at most; the shortest has three."""
SHOWN_WORDS: Final = 150
"""Words of the caption that the model is shown: more than twice what a text may hold."""

_SHOWN_CHARS: Final = 10 * SHOWN_WORDS
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")

Case = tuple[StructuredCaption, CleanText]


class Rewriter:
    """Rewrites captions. ``fingerprint`` names the prompt by content.

    Raises:
        PromptError: if the prompt is not installed.
    """

    def __init__(
        self,
        lane: LexiconLane,
        linker: Linker,
        backend: Backend,
        *,
        budget: int = 77,
        batch_size: int = 8,
    ) -> None:
        self._backend = backend
        self._batch_size = batch_size
        self._budget = budget
        self._prover = Prover(lane, linker, budget)
        self._prompt = load_task_prompt(PROMPT)
        self.fingerprint: dict[str, str] = {"refine_prompt": self._prompt.fingerprint}

    def rewrite(self, cases: Sequence[Case]) -> list[StructuredCaption]:
        """Return the rows, in order, with the refined text of the model where it is proven.

        Only relevant captions with a present diagnosis or sign are asked about; the other
        rows stay as they are.

        Raises:
            BackendUnavailable: if the engine as a whole broke down.
        """
        rows = [row for row, _ in cases]
        asked = [i for i, (row, _) in enumerate(cases) if row.relevant and required(row)]
        askable = [i for i in asked if cases[i][0].status == "ok" and rows[i].texts.refined]
        requests = [self._request(*cases[i]) for i in askable]
        replies = dict(zip(askable, ask(self._backend, requests, self._batch_size), strict=True))
        for i in asked:
            if i in replies:
                rows[i] = self._judged(*cases[i], replies[i])
            elif rows[i].status == "ok":
                # Its own words are among those of what is not present: no text can say it.
                rows[i] = replace(rows[i], refined_by="composed", refined_refusal="unsafe")
        return rows

    def _judged(
        self, row: StructuredCaption, cleaned: CleanText, reply: Generation
    ) -> StructuredCaption:
        text = answer(reply)
        if reply.finish_reason == "error":
            refusal: str | None = "backend"
        elif reply.finish_reason == "length":
            refusal = "not_finished"
        else:
            refusal = self._prover.refusal(text, row, cleaned)
        if refusal is not None:
            return replace(row, refined_by="composed", refined_refusal=refusal)
        return replace(row, texts=replace(row.texts, refined=text), refined_by="model")

    def _request(self, row: StructuredCaption, cleaned: CleanText) -> GenerationRequest:
        shown = " ".join(model_text(cleaned.text)[:_SHOWN_CHARS].split()[:SHOWN_WORDS])
        facts = model_text(row.texts.refined or "")
        messages = self._prompt.messages({"caption": shown, "facts": facts})
        words = grammar(sayable_words(row, shown, facts))
        schema = {"type": "string", "minLength": 1, "maxLength": 5 * self._budget}
        return request(self._backend, messages, words, schema, 2 * self._budget)


def sayable_words(row: StructuredCaption, shown: str, facts: str) -> list[str]:
    """Return the words that a rewriting of a row may be made of, as they are written."""
    forbidden = Forbidden(row.mentions)
    found: Iterable[str] = (
        word
        for text in (facts, shown)
        for word in (*_NUMBER.findall(text), *split_words(text).words)
    )
    words = dict.fromkeys((*word_list("connectives"), *found))
    own = {word.casefold() for word in split_words(facts).words}
    return [
        word
        for word in words
        if word.casefold() in own or (word.casefold() not in _cues() and not forbidden.holds(word))
    ]


@lru_cache(maxsize=1)
def _cues() -> frozenset[str]:
    """Words that alone deny, doubt or speak of relatives: a text of present facts needs none."""
    return frozenset(
        rule.words[0]
        for rule in default_cues().rules()
        if len(rule.words) == 1 and rule.category in ("absent", "possible", "family")
    )


def grammar(words: Sequence[str]) -> str:
    """Return the Lark grammar of one to three sentences of these words.

    A sentence begins with a capital, ends with a full stop behind a word that is no connective,
    and has 3 to 30 words with spaces, commas or hyphens between them. It is one expression, so
    no word can hide the beginning of another.
    """
    first = _any_of(dict.fromkeys(word[:1].upper() + word[1:] for word in words))
    last = _any_of(word for word in words if word not in word_list("connectives"))
    more = f"((, | |-){_any_of(words)}){{1,{SENTENCE_WORDS - 2}}}"
    sentence = f"{first}{more}(, | |-){last}\\."
    return f"start: /{sentence}( {sentence}){{0,{SENTENCES - 1}}}/\n"


def _any_of(words: Iterable[str]) -> str:
    return f"({'|'.join(re.escape(word) for word in words)})"
