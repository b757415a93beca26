"""Proof at the start that an engine enforces grammars, before it is trusted with a caption.

An engine that ignores constraints, or reads only half of a grammar, still answers, and its
answers look fine. So it is asked two things whose natural answer the grammar does not admit.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Protocol

from llguidance import LLMatcher, LLTokenizer

from structurer.backends.base import BackendUnavailable, Generation, GenerationRequest, Message
from structurer.backends.constraints import compiled
from structurer.decoding import grammar, token_bound
from structurer.styles import LINES

_LOG: Final = logging.getLogger(__name__)

_ASK: Final = (
    Message("system", "Answer with one English word in small letters, and nothing else."),
    Message("user", "What colour is blood?"),
)
_CAPTION: Final = "Scaly plaques, no fever."

CANARIES: Final = (
    GenerationRequest(_ASK, 'start: "<" ("4711" | "4712") ">"', 16),
    # The form of a caption's grammar: an engine may take a simple one and misread this.
    GenerationRequest(_ASK, grammar(_CAPTION, LINES), token_bound(_CAPTION)),
)

SCHEMA_CANARIES: Final = (
    GenerationRequest(
        _ASK,
        None,
        24,
        json_schema='{"type":"object","properties":{"n":{"enum":[4711,4712]}},'
        '"required":["n"],"additionalProperties":false}',
    ),
)
"""For engines that are to follow a JSON Schema alone."""


class _Generates(Protocol):
    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]: ...


def prove(engine: _Generates, where: str, advice: str) -> bool:
    """Return whether ``engine`` keeps to grammars; else it was seen to keep to JSON Schemas.

    Raises:
        BackendUnavailable: if it keeps to neither, or does not answer at all. ``where`` names
            the engine in the message, ``advice`` says what to change.
    """
    try:
        _check(engine, where, advice, CANARIES)
    except BackendUnavailable as no_grammar:
        try:
            _check(engine, where, advice, SCHEMA_CANARIES)
        except BackendUnavailable:
            raise no_grammar from None
        _LOG.warning("%s; it follows JSON Schemas, and is given those", no_grammar)
        return False
    return True


def _check(
    engine: _Generates, where: str, advice: str, canaries: Sequence[GenerationRequest]
) -> None:
    for request, reply in zip(canaries, engine.generate(canaries), strict=True):
        kind = "the JSON Schema" if request.grammar is None else "the grammar"
        if reply.finish_reason == "error":
            raise BackendUnavailable(f"{where} does not take {kind} ({reply.error}): {advice}")
        if not admits(request, reply.text):
            shown = reply.text if len(reply.text) <= 60 else f"{reply.text[:60]}..."
            raise BackendUnavailable(
                f"{where} does not keep to {kind} (it answered {shown!r}): {advice}"
            )


def admits(request: GenerationRequest, text: str) -> bool:
    """Return whether ``text`` is a whole answer under a request's constraint.

    >>> request = GenerationRequest((), 'start: "a" "b"?', 4)
    >>> admits(request, "ab"), admits(request, "b")
    (True, False)
    """
    tokenizer = LLTokenizer("byte")
    matcher = LLMatcher(tokenizer, compiled(request), log_level=0)
    tokens = tokenizer.tokenize_str(text)
    consumed: int = matcher.try_consume_tokens(tokens)
    return consumed == len(tokens) and bool(matcher.is_accepting())
