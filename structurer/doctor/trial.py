"""A backend tried out: whether it is constrained, and how long a job would take with it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Final

from structurer.assembly import CaptionStructurer
from structurer.backends import Backend, BackendUnavailable, canary, open_backend
from structurer.backends.counting import CountingBackend
from structurer.config import EngineConfig
from structurer.doctor.finding import Check
from structurer.errors import UserError
from structurer.inputs import resolve_inputs
from structurer.readers import ReadOptions, check_inputs, read_files
from structurer.records import CaptionRecord

MOST: Final = 200
"""Captions of a file that are tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. ``captions`` is a number of the built-in ones, or a file; none: only open."""

    config: EngineConfig
    captions: str | None = None
    job: int = 1_000_000
    """Captions that the time is estimated for."""


def trial_checks(trial: Trial) -> Iterator[Check]:
    """Yield whether the backend keeps to grammars, and how fast it is with captions.

    Raises:
        UserError: if there are no such captions.
    """
    records = None if trial.captions is None else trial_records(trial.captions)
    start = time.perf_counter()
    config = trial.config
    try:
        backend = open_backend(config.backend, config.model)
        where = f"backend {config.backend}"
        grammars = canary.prove(backend, where, "use a backend that constrains its answers")
    except BackendUnavailable as error:
        yield Check("canary", "fail", str(error))
        return
    seconds = time.perf_counter() - start
    kept = "grammars" if grammars else "JSON Schemas, not to grammars"
    detail = f"{backend.fingerprint} keeps to {kept}; open in {seconds:.1f} s"
    yield Check("canary", "ok", detail, numbers={"seconds": seconds})
    if records is not None:
        yield speed(backend, config, records, trial.job)


def speed(
    backend: Backend, config: EngineConfig, records: Sequence[CaptionRecord], job: int
) -> Check:
    """Structure captions, and return how many a second and how long ``job`` of them take.

    The part that all prompts share is computed before the clock starts, as it is once a run.
    """
    counted = CountingBackend(backend)
    lane = config.model_copy(update={"lane": "llm"})
    structurer = CaptionStructurer(lane, backend=counted)
    structurer.structure([CaptionRecord("warm-up", "Dry skin.")])
    counted.reset()
    start = time.perf_counter()
    rows = structurer.structure(records)
    seconds = time.perf_counter() - start
    failed = sum(row.status == "failed" for row in rows)
    words = sum(len(record.caption.split()) for record in records) / len(records)
    rate = len(rows) / seconds
    hours = job / rate / 3600
    detail = (
        f"{len(rows)} captions of {words:.0f} words in {seconds:.1f} s, {failed} failed: "
        f"{rate:.3g} a second, {_duration(hours)} for {job:,}; a caption took "
        f"{counted.prompt_tokens / len(rows):.0f} prompt tokens "
        f"({counted.cached_tokens / len(rows):.0f} of them cached) and "
        f"{counted.generated_tokens / len(rows):.0f} generated"
    )
    numbers = {
        "captions_per_second": rate,
        "hours": hours,
        "failed": failed,
        "prompt_tokens": counted.prompt_tokens,
        "cached_tokens": counted.cached_tokens,
        "generated_tokens": counted.generated_tokens,
    }
    if failed == len(rows):
        cause = rows[0].failure.detail if rows[0].failure else "no cause given"
        return Check("speed", "fail", f"every caption failed ({cause})", None, numbers)
    advice = f"{failed} failed: see failures.jsonl of a run" if failed else None
    return Check("speed", "warn" if failed else "ok", detail, advice, numbers)


def trial_records(captions: str) -> list[CaptionRecord]:
    """Return some built-in captions, if ``captions`` is a number, or the first of a file.

    Raises:
        UserError: if there are not so many, or the file cannot be read.
    """
    if not captions.isdecimal():
        files = resolve_inputs([captions])
        options = ReadOptions()
        check_inputs(files, options)
        found = list(islice(read_files(files, options), MOST))
        if not found:
            raise UserError(f"no row to read in {Path(captions)}")
        return found
    built_in = resources.files("structurer.data") / "trial_captions.txt"
    lines = built_in.read_text(encoding="utf-8").splitlines()
    if not 1 <= int(captions) <= len(lines):
        raise UserError(f"--captions {captions}: there are 1 to {len(lines)}, or give a FILE")
    return [CaptionRecord(f"trial-{i}", line) for i, line in enumerate(lines[: int(captions)])]


def _duration(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.1f} minutes"
    return f"{hours:.1f} hours" if hours < 72 else f"{hours / 24:,.1f} days"
