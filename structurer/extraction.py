"""The LLM lane: render, generate, validate, align; every caption gets a result.

The first ``llm_max_caption_words`` words of a caption are read, in windows of at most
:data:`WINDOW_WORDS` that end at a sentence or word border; what lies behind is counted as
unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from structurer.answers import Answer, AnswerError, Fact, encode, parse
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
from structurer.decoding import grammar, has_words, is_word_char, model_text, token_bound
from structurer.prompting import Example, load_prompt
from structurer.records import ExtractionFailure, Mention, Unaligned

WINDOW_WORDS: Final = 120
"""Words of one request: the cost of a grammar step grows with them."""
_CHARS_PER_WORD: Final = 10
"""A window of n words is also at most n times this long: some scripts have no spaces."""
_SENTENCE_END: Final = re.compile(r"[.!?;]\s+")
_AGAIN: Final = "That was not an answer of the asked form. Answer again, with the JSON object only."


@dataclass(frozen=True, slots=True)
class LLMResult:
    """What the lane has to say about one caption.

    With a ``failure``, ``mentions`` holds what the other windows gave. ``unread_words`` counts
    the words behind the last window. Tokens are summed over windows and retries.
    """

    mentions: tuple[Mention, ...] = ()
    unaligned: tuple[Unaligned, ...] = ()
    relevant: bool | None = None
    failure: ExtractionFailure | None = None
    prompt_tokens: int = 0
    generated_tokens: int = 0
    cached_tokens: int = 0
    unread_words: int = 0


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of one caption, in the form the model sees, and where it starts."""

    caption: int
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reply to one window: an answer or a failure, and its cost."""

    answer: Answer | None
    failure: ExtractionFailure | None
    replies: tuple[Generation, ...]


class LLMLane:
    """Extracts mentions with a language model.

    ``fingerprint`` names prompt and model by content. The backend is opened here unless one
    is given.

    Raises:
        PromptError: for an unknown or malformed prompt version.
        BackendUnavailable: if the backend or its model cannot be had.
    """

    def __init__(self, config: EngineConfig, backend: Backend | None = None) -> None:
        self._config = config
        prompt = load_prompt(config.prompt)
        self._prompt = prompt
        self._static = tuple(
            Message(**message) for message in prompt.static(_worked, config.llm_examples)
        )
        self.backend = backend or open_backend(config.backend, config.model)
        self.fingerprint: dict[str, str] = {
            "prompt": prompt.fingerprint,
            "backend": self.backend.fingerprint,
        }

    def extract(self, cleans: Sequence[CleanText]) -> list[LLMResult]:
        """Return one result per caption, in order.

        A caption never raises: what went wrong with it is its ``failure``. Batches are made of
        windows of like length, in an order that depends on the captions alone.

        Raises:
            BackendUnavailable: if the engine as a whole broke down.
        """
        windows: list[_Window] = []
        unread: list[int] = []
        for index, clean in enumerate(cleans):
            found, rest = _windows(index, model_text(clean.text), self._config)
            windows.extend(found)
            unread.append(rest)
        readings = self._read(windows)
        grouped: list[list[tuple[_Window, _Reading]]] = [[] for _ in cleans]
        for window, reading in zip(windows, readings, strict=True):
            grouped[window.caption].append((window, reading))
        return [
            replace(_result(clean, parts), unread_words=rest)
            for clean, parts, rest in zip(cleans, grouped, unread, strict=True)
        ]

    def _read(self, windows: Sequence[_Window]) -> list[_Reading]:
        order = sorted(range(len(windows)), key=lambda i: (len(windows[i].text), i))
        readings: dict[int, _Reading] = {}
        size = self._config.llm_batch_size
        for first in range(0, len(order), size):
            batch = order[first : first + size]
            replies = self._generate([self._request(windows[i]) for i in batch])
            readings.update((i, _judge((reply,))) for i, reply in zip(batch, replies, strict=True))
        if not self.backend.constrained:
            self._retry(windows, readings)
        return [readings[i] for i in range(len(windows))]

    def _retry(self, windows: Sequence[_Window], readings: dict[int, _Reading]) -> None:
        """Ask once more where a free-running model missed the form."""
        for index, reading in sorted(readings.items()):
            if reading.failure is None or reading.failure.reason not in _RETRIED:
                continue
            request = self._request(windows[index])
            wrong = Message("assistant", reading.replies[-1].text)
            again = replace(request, messages=(*request.messages, wrong, Message("user", _AGAIN)))
            second = self._generate([again])
            readings[index] = _judge((*reading.replies, *second))

    def _request(self, window: _Window) -> GenerationRequest:
        ask = Message("user", self._prompt.ask(window.text))
        return GenerationRequest(
            (*self._static, ask), grammar(window.text), token_bound(window.text)
        )

    def _generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        try:
            return self.backend.generate(requests)
        except BackendUnavailable:
            raise
        except Exception as error:  # engines raise whatever they like
            if len(requests) > 1:
                return [self._generate([request])[0] for request in requests]
            cause = str(error).strip().split("\n")[0]
            return [Generation("", "error", error=f"{type(error).__name__}: {cause}")]


_RETRIED: Final = frozenset({"llm_invalid_json", "llm_schema", "llm_empty"})


def _worked(example: Example) -> str:
    """Return the reply to a worked example, its facts in the order of the caption."""
    caption = example.caption
    stated = sorted(example.facts, key=lambda fact: caption.find(fact.text))
    facts = [Fact(f.field, f.text, f.assertion, f.kind) for f in stated]
    return encode(facts, example.relevant)


def _judge(replies: tuple[Generation, ...]) -> _Reading:
    last = replies[-1]
    if last.finish_reason == "error":
        return _failed("llm_backend", last.error or "no cause given", replies)
    if last.finish_reason == "length":
        return _failed("llm_length", f"cut off after {last.generated_tokens} tokens", replies)
    try:
        return _Reading(parse(last.text), None, replies)
    except AnswerError as error:
        return _failed(error.reason, str(error), replies)


def _failed(reason: str, detail: str, replies: tuple[Generation, ...]) -> _Reading:
    return _Reading(None, ExtractionFailure(reason, detail, "llm"), replies)


# --- windows ---------------------------------------------------------------------------


def _windows(index: int, text: str, config: EngineConfig) -> tuple[list[_Window], int]:
    """Return the windows of a caption and the number of words behind the last."""
    found: list[_Window] = []
    start, left = 0, config.llm_max_caption_words
    chars = left * _CHARS_PER_WORD
    while start < min(len(text), chars) and left > 0:
        end = min(_window_end(text, start, min(left, WINDOW_WORDS)), chars)
        if has_words(text[start:end]):
            found.append(_Window(index, start, text[start:end]))
        left -= len(text[start:end].split())
        start = end
    return found, len(text[start:].split())


def _window_end(text: str, start: int, max_words: int) -> int:
    limit = min(len(text), start + max_words * _CHARS_PER_WORD)
    for count, word in enumerate(re.finditer(r"\S+", text[start:limit])):
        if count == max_words:
            limit = start + word.start()
            break
    if limit == len(text):
        return limit
    half = start + (limit - start) // 2
    sentences = [m.end() for m in _SENTENCE_END.finditer(text, half, limit)]
    if sentences:
        return sentences[-1]
    space = text.rfind(" ", half, limit)
    return space + 1 if space >= 0 else limit


# --- alignment -------------------------------------------------------------------------


def _result(clean: CleanText, parts: Sequence[tuple[_Window, _Reading]]) -> LLMResult:
    mentions: list[Mention] = []
    unaligned: list[Unaligned] = []
    verdicts: list[bool | None] = []
    for window, reading in parts:
        if reading.answer is None:
            continue
        verdicts.append(reading.answer.relevant)
        used: set[tuple[str, int, int]] = set()
        cursor = 0
        for fact in reading.answer.facts:
            span = _align(fact, window.text, used, cursor)
            if isinstance(span, str):
                unaligned.append(Unaligned(fact.field, fact.text, fact.assertion, span))
                continue
            used.add((fact.field, *span))
            cursor = span[1]
            mentions.append(_mention(clean, fact, window.start + span[0], window.start + span[1]))
    replies = [reply for _, reading in parts for reply in reading.replies]
    failures = [reading.failure for _, reading in parts if reading.failure is not None]
    return LLMResult(
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.field))),
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


def _mention(clean: CleanText, fact: Fact, start: int, end: int) -> Mention:
    start, end = clean.to_original(start, end)
    return Mention(
        field=fact.field,
        text=clean.original[start:end],
        start=start,
        end=end,
        assertion=fact.assertion,
        name=fact.kind,
        lanes=("llm",),
    )


def _align(
    fact: Fact, text: str, used: set[tuple[str, int, int]], cursor: int
) -> tuple[int, int] | str:
    """Return the span of the fact's text, or the reason why there is none.

    As written first, then without regard to case, spacing and punctuation between words. Of
    several places it is the first behind the fact before it, as answers go through the caption;
    failing that the first that its field has not used.
    """
    words = [re.escape(word) for word in re.findall(r"\w+", fact.text)]
    patterns = [re.compile(re.escape(fact.text))]
    if words:
        patterns.append(re.compile(r"[\W_]{0,3}".join(words), re.IGNORECASE))
    seen = False
    for pattern in patterns:
        spans = list(_whole_words(pattern, text))
        seen = seen or bool(spans)
        free = [span for span in spans if (fact.field, *span) not in used]
        ahead = [span for span in free if span[0] >= cursor]
        if free:
            return (ahead or free)[0]
    return "repeated" if seen else "not_in_caption"


def _whole_words(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        start, end = match.span()
        cuts_before = start > 0 and is_word_char(text[start]) and is_word_char(text[start - 1])
        cuts_after = end < len(text) and is_word_char(text[end - 1]) and is_word_char(text[end])
        if start < end and not (cuts_before or cuts_after):
            yield start, end
