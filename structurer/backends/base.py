"""What the LLM lane asks of an engine, and what it gets back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

FinishReason = Literal["stop", "length", "error"]


class BackendUnavailable(RuntimeError):
    """The backend cannot be opened; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One generation.

    ``messages`` up to the last are the same for all requests of a run, so a backend may
    compute them once. ``grammar`` is llguidance Lark; where it is ``None``, ``json_schema``
    is what the answer has to follow, if there is one. ``max_tokens`` bounds the answer.
    """

    messages: tuple[Message, ...]
    grammar: str | None
    max_tokens: int
    json_schema: str | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """One reply. ``finish_reason`` is ``"stop"`` only if the model ended its answer itself.

    ``prompt_tokens`` counts the whole prompt; ``cached_tokens`` of them were not recomputed.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int = 0
    generated_tokens: int = 0
    cached_tokens: int = 0
    error: str | None = None


class Backend(Protocol):
    """An engine that answers requests.

    ``constrained`` tells whether constraints are enforced while decoding, ``takes_grammar`` whether
    they may be grammars or must be JSON Schemas; ``fingerprint`` names
    model and engine for the provenance. ``generate`` returns one reply per request, in order;
    what is wrong with one request is its own reply (``finish_reason="error"``). An exception
    is about the batch, and the lane asks again row by row; :class:`BackendUnavailable` is
    about the engine, and ends the run.
    """

    name: str
    constrained: bool
    takes_grammar: bool
    fingerprint: str

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request."""
        ...
