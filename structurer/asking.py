"""Many small requests to a backend: batches of like length, and no request lost."""

from __future__ import annotations

from collections.abc import Sequence

from structurer.backends.base import Backend, BackendUnavailable, Generation, GenerationRequest
from structurer.errors import one_line


def ask(backend: Backend, requests: Sequence[GenerationRequest], size: int) -> list[Generation]:
    """Return one reply per request, in order, asked in batches of at most ``size``.

    Batches are made of requests of like length, in an order that depends on the requests
    alone. Where an engine raises for a batch it is asked one by one, and what raises again is
    a reply with ``finish_reason="error"``.

    Raises:
        BackendUnavailable: if the engine as a whole broke down.
    """
    order = sorted(range(len(requests)), key=lambda i: (len(requests[i].messages[-1].content), i))
    replies: dict[int, Generation] = {}
    for first in range(0, len(order), size):
        batch = order[first : first + size]
        replies.update(zip(batch, _generate(backend, [requests[i] for i in batch]), strict=True))
    return [replies[i] for i in range(len(requests))]


def _generate(backend: Backend, requests: list[GenerationRequest]) -> list[Generation]:
    try:
        return backend.generate(requests)
    except BackendUnavailable:
        raise
    except Exception as error:  # engines raise whatever they like
        if len(requests) > 1:
            return [_generate(backend, [request])[0] for request in requests]
        return [Generation("", "error", error=one_line(f"{type(error).__name__}: {error}"))]
