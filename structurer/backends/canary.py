"""Proof at the start that an engine enforces grammars, before it is trusted with a caption.

An engine that ignores constraints, or reads only half of a grammar, still answers, and its
answers look fine. So it is asked two things whose natural answer the grammar does not admit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from llguidance import LLMatcher, LLTokenizer

from structurer.backends.base import BackendUnavailable, Generation, GenerationRequest, Message
from structurer.decoding import grammar, token_bound

_ASK: Final = (
    Message("system", "Answer with one English word in small letters, and nothing else."),
    Message("user", "What colour is blood?"),
)
_CAPTION: Final = "Scaly plaques, no fever."

CANARIES: Final = (
    GenerationRequest(_ASK, 'start: "<" ("4711" | "4712") ">"', 16),
    # The form of a caption's grammar: an engine may take a simple one and misread this.
    GenerationRequest(_ASK, grammar(_CAPTION), token_bound(_CAPTION)),
)


class _Generates(Protocol):
    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]: ...


def check(engine: _Generates, where: str, advice: str) -> None:
    """See that ``engine`` answers within the grammars of :data:`CANARIES`.

    Raises:
        BackendUnavailable: if it does not, or does not answer at all. ``where`` names the
            engine in the message, ``advice`` says what to change.
    """
    for request, reply in zip(CANARIES, engine.generate(CANARIES), strict=True):
        if reply.finish_reason == "error":
            raise BackendUnavailable(f"{where} does not take a grammar ({reply.error}): {advice}")
        if not admits(request.grammar or "", reply.text):
            shown = reply.text if len(reply.text) <= 60 else f"{reply.text[:60]}..."
            raise BackendUnavailable(
                f"{where} does not keep to the grammar (it answered {shown!r}): {advice}"
            )


def admits(lark: str, text: str) -> bool:
    """Return whether ``text`` is a whole sentence of a llguidance Lark grammar.

    >>> admits('start: "a" "b"?', "ab"), admits('start: "a" "b"', "a")
    (True, False)
    """
    tokenizer = LLTokenizer("byte")
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(lark), log_level=0)
    tokens = tokenizer.tokenize_str(text)
    consumed: int = matcher.try_consume_tokens(tokens)
    return consumed == len(tokens) and bool(matcher.is_accepting())
