"""The LLM lane: render, generate, validate, align; every caption gets a result.

The first ``llm_max_caption_words`` words of a caption are read, in windows of at most
:data:`structurer.windows.WINDOW_WORDS` that end at a sentence or word border; what lies behind
is counted as unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from structurer.alignment import Aligner
from structurer.answers import WRONG, Answer, AnswerError, Fact
from structurer.asking import generate
from structurer.backends import (
    Backend,
    BackendUnavailable,
    Generation,
    GenerationRequest,
    Message,
    open_backend,
)
from structurer.cleaning import CleanText
from structurer.config import EngineConfig
from structurer.decoding import model_text
from structurer.forms import FORMS, Form
from structurer.prompting import Prompt, load_prompt
from structurer.records import ExtractionFailure, Mention, Unaligned
from structurer.windows import Window, windows
from structurer.worked import known_facts, worked

_AGAIN: Final = (
    "That was not an answer of the asked form. Answer again, in that form and nothing else."
)


@dataclass(frozen=True, slots=True)
class LLMResult:
    """What the lane has to say about one caption.

    In a review, ``mentions`` are those to add or change and ``rejected`` the spans in the original
    caption that are no fact.
    With a ``failure``, ``mentions`` holds what the other windows gave. ``unread_words`` counts
    the words behind the last window. Tokens are summed over windows and retries.
    """

    mentions: tuple[Mention, ...] = ()
    rejected: tuple[tuple[int, int], ...] = ()
    unaligned: tuple[Unaligned, ...] = ()
    relevant: bool | None = None
    failure: ExtractionFailure | None = None
    prompt_tokens: int = 0
    generated_tokens: int = 0
    cached_tokens: int = 0
    unread_words: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reply to one window: an answer or a failure, and its cost."""

    answer: Answer | None
    failure: ExtractionFailure | None
    replies: tuple[Generation, ...]


class LLMLane:
    """Extracts mentions with a language model.

    ``fingerprint`` names prompt and model by content. Backend, form and prompt are those of the
    configuration unless others are given.

    Raises:
        PromptError: for an unknown or malformed prompt version.
        BackendUnavailable: if the backend or its model cannot be had.
    """

    def __init__(
        self,
        config: EngineConfig,
        backend: Backend | None = None,
        form: Form | None = None,
        prompt: Prompt | None = None,
    ) -> None:
        self._config = config
        self.backend = backend or open_backend(config.backend, config.model)
        self._form = form or _form(config, self.backend)
        prompt = prompt or load_prompt(
            config.prompt or _PROMPTS.get(self._form.name, DEFAULT_PROMPT)
        )
        self._prompt = prompt
        messages = prompt.static(
            partial(worked, form=self._form),
            config.llm_examples,
            partial(known_facts, form=self._form),
            self._form.words(),
        )
        self._static = tuple(Message(**message) for message in messages)
        self.fingerprint: dict[str, str] = {
            "prompt": prompt.fingerprint,
            "backend": self.backend.fingerprint,
            "form": self._form.name,
        }

    @property
    def reviews(self) -> bool:
        """Whether the model is to be shown what is known, and says what should change."""
        return self._form.reviews

    def extract(
        self, cleans: Sequence[CleanText], known: Sequence[Sequence[Mention]] | None = None
    ) -> list[LLMResult]:
        """Return one result per caption, in order.

        ``known`` are the mentions of each caption that a reviewing model is shown.

        A caption never raises: what went wrong with it is its ``failure``. Batches are made of
        windows of like length, in an order that depends on the captions alone.

        Raises:
            BackendUnavailable: if the engine as a whole broke down.
        """
        todo: list[tuple[Window, str]] = []
        unread: list[int] = []
        for index, clean in enumerate(cleans):
            shown = model_text(clean.text)
            found, rest = windows(index, shown, self._config.llm_max_caption_words)
            stated = _shown(clean, known[index]) if known is not None and self.reviews else []
            todo.extend((window, self._listed(window, stated)) for window in found)
            unread.append(rest)
        readings = self._read(todo)
        grouped: list[list[tuple[Window, _Reading]]] = [[] for _ in cleans]
        for (window, _), reading in zip(todo, readings, strict=True):
            grouped[window.caption].append((window, reading))
        return [
            replace(_result(clean, parts), unread_words=rest)
            for clean, parts, rest in zip(cleans, grouped, unread, strict=True)
        ]

    def _listed(self, window: Window, stated: Sequence[tuple[int, Fact]]) -> str:
        """Return the known facts of a window, in the words it is shown in."""
        end = window.start + len(window.text)
        inside = [fact for at, fact in stated if window.start <= at < end]
        return self._form.encode(inside) if inside else ""

    def _read(self, windows: Sequence[tuple[Window, str]]) -> list[_Reading]:
        order = sorted(range(len(windows)), key=lambda i: (len(windows[i][0].text), i))
        readings: dict[int, _Reading] = {}
        size = self._config.llm_batch_size
        for first in range(0, len(order), size):
            batch = order[first : first + size]
            replies = generate(self.backend, [self._request(*windows[i]) for i in batch])
            for i, reply in zip(batch, replies, strict=True):
                readings[i] = self._judge((reply,))
        if not (self.backend.constrained and self._config.llm_constrained):
            self._retry(windows, readings)
        return [readings[i] for i in range(len(windows))]

    def _retry(self, windows: Sequence[tuple[Window, str]], readings: dict[int, _Reading]) -> None:
        """Ask once more where a free-running model missed the form."""
        missed = [
            (index, reading)
            for index, reading in sorted(readings.items())
            if reading.failure is not None and reading.failure.reason in _RETRIED
        ]
        size = self._config.llm_batch_size
        for first in range(0, len(missed), size):
            batch = missed[first : first + size]
            requests = []
            for index, reading in batch:
                request = self._request(*windows[index])
                wrong = Message("assistant", reading.replies[-1].text)
                messages = (*request.messages, wrong, Message("user", _AGAIN))
                requests.append(replace(request, messages=messages))
            seconds = generate(self.backend, requests)
            for (index, reading), second in zip(batch, seconds, strict=True):
                readings[index] = self._judge((*reading.replies, second))

    def _request(self, window: Window, known: str) -> GenerationRequest:
        ask = Message("user", self._prompt.ask(window.text, known))
        form = self._form
        grammar, schema = form.grammar(window.text), form.json_schema
        if not self._config.llm_constrained:
            grammar = schema = None
        return GenerationRequest(
            (*self._static, ask), grammar, form.token_bound(window.text), schema
        )

    def _judge(self, replies: tuple[Generation, ...]) -> _Reading:
        return _judge(replies, self._form)


def _form(config: EngineConfig, backend: Backend) -> Form:
    """Return the form to ask for; by default the cheapest that serves (benchmarks/llm_cost.py).

    With both lanes the model reviews what the lexicon lane found, which takes a fifth of the
    tokens of stating it again.
    """
    name: str = config.llm_form
    if name == "auto":
        walk = "review" if config.lane == "both" else "lines"
        name = walk if backend.takes_grammar else "arrays"
    elif FORMS[name].reviews and config.lane != "both":
        raise BackendUnavailable(
            f'llm_form = "{name}" reviews what the lexicon lane found: it needs --lane both'
        )
    elif FORMS[name].style is not None and not backend.takes_grammar:
        raise BackendUnavailable(
            f"the {backend.name} backend takes no grammar here, only a JSON Schema: "
            'set llm_form = "arrays" or "auto"'
        )
    return FORMS[name]


DEFAULT_PROMPT: Final = "v2"
_PROMPTS: Final = {"review": "review-v1"}
_RETRIED: Final = frozenset({"llm_invalid_json", "llm_schema", "llm_empty"})


def _shown(clean: CleanText, mentions: Sequence[Mention]) -> list[tuple[int, Fact]]:
    """Return known mentions as facts in the model's words, with their place in the clean text."""
    found = []
    for mention in mentions:
        span = clean.from_original(mention.start, mention.end)
        if span is None:
            continue
        kind = mention.name if mention.field == "history" else None
        text = model_text(clean.text[slice(*span)])
        found.append((span[0], Fact(mention.field, text, mention.assertion, kind)))
    return found


def _judge(replies: tuple[Generation, ...], form: Form) -> _Reading:
    last = replies[-1]
    if last.finish_reason == "error":
        return _failed("llm_backend", last.error or "no cause given", replies)
    if last.finish_reason == "length":
        return _failed("llm_length", f"cut off after {last.generated_tokens} tokens", replies)
    try:
        return _Reading(form.parse(last.text), None, replies)
    except AnswerError as error:
        return _failed(error.reason, str(error), replies)


def _failed(reason: str, detail: str, replies: tuple[Generation, ...]) -> _Reading:
    return _Reading(None, ExtractionFailure(reason, detail, "llm"), replies)


# --- alignment -------------------------------------------------------------------------


def _result(clean: CleanText, parts: Sequence[tuple[Window, _Reading]]) -> LLMResult:
    mentions: list[Mention] = []
    rejected: list[tuple[int, int]] = []
    unaligned: list[Unaligned] = []
    verdicts: list[bool | None] = []
    for window, reading in parts:
        if reading.answer is None:
            continue
        verdicts.append(reading.answer.relevant)
        aligner = Aligner(window.text)
        for fact in reading.answer.facts:
            place = aligner.find(fact)
            if isinstance(place, str):
                unaligned.append(Unaligned(fact.field, fact.text, fact.assertion, place))
                continue
            span = clean.to_original(window.start + place.start, window.start + place.end)
            if fact.field == WRONG:
                rejected.append(span)
            else:
                mentions.append(_mention(clean, fact, span, place.how))
    replies = [reply for _, reading in parts for reply in reading.replies]
    failures = [reading.failure for _, reading in parts if reading.failure is not None]
    return LLMResult(
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.field))),
        rejected=tuple(rejected),
        unaligned=tuple(unaligned),
        relevant=_relevant(verdicts),
        failure=failures[0] if failures else None,
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        generated_tokens=sum(reply.generated_tokens for reply in replies),
        cached_tokens=sum(reply.cached_tokens for reply in replies),
    )


def _relevant(verdicts: Sequence[bool | None]) -> bool | None:
    if True in verdicts:
        return True
    return False if verdicts and all(v is False for v in verdicts) else None


def _mention(clean: CleanText, fact: Fact, span: tuple[int, int], how: str) -> Mention:
    start, end = span
    return Mention(
        field=fact.field,
        text=clean.original[start:end],
        start=start,
        end=end,
        assertion=fact.assertion,
        name=fact.kind,
        lanes=("llm",),
        alignment=how,
    )
