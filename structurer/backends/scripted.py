"""A backend that replays queued replies: for tests, and for dry runs without a model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from structurer.backends.base import Generation, GenerationRequest

Reply = str | Generation | Exception
Script = Callable[[GenerationRequest], Reply]


class ScriptedBackend:
    """Answers requests from a queue, or by a function of the request; keeps what it was asked.

    A string is a reply that ended by itself; an exception in the queue is raised for the whole
    batch, as an engine that breaks down does. An exhausted queue is an ``error`` reply.
    """

    name = "scripted"
    takes_grammar = True

    def __init__(self, replies: Iterable[Reply] | Script, *, constrained: bool = False) -> None:
        self.constrained = constrained
        self.fingerprint = "scripted"
        self.requests: list[GenerationRequest] = []
        self._script = replies if callable(replies) else None
        self._queue: deque[Reply] = deque() if callable(replies) else deque(replies)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Return the next replies, one per request."""
        self.requests.extend(requests)
        return [self._reply(request) for request in requests]

    def _reply(self, request: GenerationRequest) -> Generation:
        if self._script is not None:
            reply = self._script(request)
        elif self._queue:
            reply = self._queue.popleft()
        else:
            return Generation("", "error", error="no reply left in the script")
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Generation):
            return reply
        return Generation(reply, "stop", generated_tokens=len(reply.split()))
