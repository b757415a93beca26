"""A backend that passes everything on and adds up what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from structurer.backends.base import Backend, Generation, GenerationRequest


class CountingBackend:
    """Wraps a backend; the sums are over all replies since the last :meth:`reset`."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.name = inner.name
        self.constrained = inner.constrained
        self.takes_grammar = inner.takes_grammar
        self.fingerprint = inner.fingerprint
        self.reset()

    def reset(self) -> None:
        """Start the sums anew."""
        self.replies = self.errors = self.cut_off = 0
        self.prompt_tokens = self.cached_tokens = self.generated_tokens = 0

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Return the replies of the wrapped backend."""
        replies = self.inner.generate(requests)
        self.replies += len(replies)
        for reply in replies:
            self.errors += reply.finish_reason == "error"
            self.cut_off += reply.finish_reason == "length"
            self.prompt_tokens += reply.prompt_tokens
            self.cached_tokens += reply.cached_tokens
            self.generated_tokens += reply.generated_tokens
        return replies
