"""Many small requests to a backend: batches of like length, and no request lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from structurer.backends.base import (
    Backend,
    BackendUnavailable,
    Generation,
    GenerationRequest,
    Message,
)
from structurer.errors import one_line


def request(
    backend: Backend,
    messages: tuple[Message, ...],
    grammar: str,
    schema: Mapping[str, Any],
    max_tokens: int,
) -> GenerationRequest:
    """Return a request held to a grammar, or to a JSON Schema where the engine takes no grammar.

    The answer under the schema is a JSON string; :func:`answer` reads either.
    """
    if backend.takes_grammar:
        return GenerationRequest(messages, grammar, max_tokens)
    return GenerationRequest(messages, None, max_tokens, json.dumps(schema))


def answer(reply: Generation) -> str:
    """Return the text of a reply, without the quotes of a JSON string.

    >>> answer(Generation('"B"', "stop")), answer(Generation(" B", "stop"))
    ('B', 'B')
    """
    text = reply.text.strip()
    if text[:1] == '"':
        try:
            decoded = json.loads(text)
        except ValueError:
            return text
        return decoded.strip() if isinstance(decoded, str) else text
    return text


def ask(backend: Backend, requests: Sequence[GenerationRequest], size: int) -> list[Generation]:
    """Return one reply per request, in order, asked in batches of at most ``size``.

    Batches are made of requests of like length, in an order that depends on the requests
    alone; each is asked as :func:`generate` does.

    Raises:
        BackendUnavailable: if the engine as a whole broke down.
    """
    order = sorted(range(len(requests)), key=lambda i: (len(requests[i].messages[-1].content), i))
    replies: dict[int, Generation] = {}
    for first in range(0, len(order), size):
        batch = order[first : first + size]
        replies.update(zip(batch, generate(backend, [requests[i] for i in batch]), strict=True))
    return [replies[i] for i in range(len(requests))]


def generate(backend: Backend, requests: Sequence[GenerationRequest]) -> list[Generation]:
    """Return the replies to one batch.

    Where the engine raises it is asked one by one, and what raises again is a reply with
    ``finish_reason="error"``.

    Raises:
        BackendUnavailable: if the engine as a whole broke down.
    """
    try:
        return backend.generate(requests)
    except BackendUnavailable:
        raise
    except Exception as error:  # engines raise whatever they like
        if len(requests) > 1:
            return [generate(backend, [request])[0] for request in requests]
        return [Generation("", "error", error=one_line(f"{type(error).__name__}: {error}"))]
