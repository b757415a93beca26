"""What a GPU benchmark measures: one batch of captions through the lane, counted and timed."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from roofline import Tokens

from structurer.assembly import CaptionStructurer
from structurer.backends import Backend, Generation, GenerationRequest
from structurer.backends.counting import CountingBackend
from structurer.config import EngineConfig
from structurer.forms import FORMS
from structurer.records import CaptionRecord

WARM_UP: Final = 64
"""Captions before the measured ones: kernels are compiled when a batch first needs them."""


class CappedBackend:
    """A backend whose answers are cut at a number of tokens, or written without grammars."""

    def __init__(self, inner: Backend, most: int | None, free: bool = False) -> None:
        self.inner = inner
        self.most = most
        self.free = free
        self.name = inner.name
        self.constrained = inner.constrained
        self.takes_grammar = inner.takes_grammar
        self.fingerprint = inner.fingerprint

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request, within the bound."""
        if self.most is not None:
            most = self.most
            requests = [replace(one, max_tokens=min(one.max_tokens, most)) for one in requests]
        if self.free:
            requests = [replace(one, grammar=None, json_schema=None) for one in requests]
        return self.inner.generate(requests)


class TimedBackend(CountingBackend):
    """A counting backend that also adds up the wall time of its calls."""

    seconds = 0.0

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Return the replies of the wrapped backend."""
        start = time.perf_counter()
        replies = super().generate(requests)
        self.seconds += time.perf_counter() - start
        return replies


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run did: sums over all captions, seconds of wall time, when it began by the clock."""

    captions: int
    failures: dict[str, int]
    began: float
    seconds: float
    engine_seconds: float
    prompt: int
    cached: int
    generated: int

    def tokens(self) -> Tokens:
        """Return the tokens a caption."""
        n = self.captions
        return Tokens(self.prompt / n, self.cached / n, self.generated / n)


class Gate:
    """Holds processes that share a folder until all of them have come, once for each call."""

    def __init__(self, folder: Path | None, processes: int) -> None:
        self._folder = folder
        self._processes = processes
        self._rounds = 0

    def __call__(self) -> None:
        """Wait for the others."""
        if self._folder is None:
            return
        self._rounds += 1
        (self._folder / f"{self._rounds}-{os.getpid()}.here").touch()
        while len(list(self._folder.glob(f"{self._rounds}-*.here"))) < self._processes:
            time.sleep(0.01)


def measure(
    backend: Backend,
    records: Sequence[CaptionRecord],
    form: str,
    ready: Callable[[], None] = lambda: None,
) -> Measured:
    """Structure the captions in one batch, after a warm-up.

    A form that reviews what the lexicon lane found runs with both lanes, the others with the
    model's alone. ``ready`` is called after the warm-up: to wait for other processes, say.
    """
    counted = TimedBackend(backend)
    both = form in FORMS and FORMS[form].reviews
    # Long captions are asked about in several parts, and all of them are to be one batch.
    config = EngineConfig(
        lane="both" if both else "llm",
        backend="vllm",
        llm_form=form,
        llm_batch_size=max(1, 8 * len(records)),
    )
    structurer = CaptionStructurer(config, backend=counted)
    structurer.structure([CaptionRecord(f"warm-up {i}", f"Dry skin {i}.") for i in range(WARM_UP)])
    gc.freeze()  # as the command does with what it built
    counted.reset()
    counted.seconds = 0.0
    ready()
    began, start = time.time(), time.perf_counter()
    rows = structurer.structure(records)
    seconds = time.perf_counter() - start
    gc.unfreeze()
    failures = Counter(row.failure.reason for row in rows if row.failure is not None)
    tokens = (counted.prompt_tokens, counted.cached_tokens, counted.generated_tokens)
    return Measured(len(rows), dict(failures), began, seconds, counted.seconds, *tokens)


def together(parts: Sequence[Measured]) -> Measured:
    """Return what processes did side by side, from the first's beginning to the last's end."""
    failures: Counter[str] = Counter()
    for part in parts:
        failures.update(part.failures)
    began = min(part.began for part in parts)
    return Measured(
        sum(part.captions for part in parts),
        dict(failures),
        began,
        max(part.began + part.seconds for part in parts) - began,
        max(part.engine_seconds for part in parts),
        sum(part.prompt for part in parts),
        sum(part.cached for part in parts),
        sum(part.generated for part in parts),
    )
