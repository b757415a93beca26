"""Batches run in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from structurer.engines.base import FinishedPart, PartJob, RecordStructurer, Work
from structurer.errors import is_for_users, one_line
from structurer.provenance import digest, of_row
from structurer.records import CaptionRecord, ExtractionFailure, StructuredCaption

_DEAD_FROM: Final = 8
"""Where this many rows of one batch fail one by one, the engine is broken and not a row."""


def run_jobs(jobs: Iterable[PartJob], work: Work) -> Iterator[FinishedPart]:
    """Yield the finished part of each job.

    Rows that the reader marked go straight to the ledger. Where the structurer raises for a
    batch, its rows are tried one by one and only those that raise again fail, as
    ``internal_error``.

    Raises:
        UserError: as the structurer raises it (a missing model, a dead server).
        Exception: the structurer's own, where it fails for every row of a batch of eight or more.
    """
    deciding = digest(work.structurer.fingerprint())
    for job in jobs:
        rows: list[StructuredCaption] = []
        for start in range(0, len(job.records), work.batch_size):
            batch = job.records[start : start + work.batch_size]
            rows.extend(_one_batch(batch, work.structurer, deciding))
            work.advance(len(batch))
        yield FinishedPart(job.index, tuple(rows))


def failed(record: CaptionRecord, failure: ExtractionFailure, deciding: str) -> StructuredCaption:
    """Return the failed row of ``record``; ``deciding`` is the digest of the run's fingerprint."""
    return StructuredCaption(
        id=record.id,
        caption=record.caption,
        image=record.image,
        status="failed",
        failure=failure,
        provenance=of_row(deciding, record.caption),
        row=record.row,
    )


def _one_batch(
    batch: Sequence[CaptionRecord], structurer: RecordStructurer, deciding: str
) -> Iterator[StructuredCaption]:
    sound = [record for record in batch if record.problem is None]
    done = iter(_structured(sound, structurer, deciding) if sound else [])
    for record in batch:
        if record.problem is None:
            yield next(done)
        else:
            reason, detail = record.problem
            yield failed(record, ExtractionFailure(reason, detail, "read"), deciding)


def _structured(
    records: Sequence[CaptionRecord], structurer: RecordStructurer, deciding: str
) -> list[StructuredCaption]:
    try:
        return _checked(records, structurer)
    except Exception as error:
        if _ends_the_run(error):
            raise
        broken = error
    rows, errors = [], 0
    for record in records:
        try:
            rows.extend(_checked([record], structurer))
        except Exception as error:
            if _ends_the_run(error):
                raise
            errors += 1
            detail = one_line(f"{type(error).__name__}: {error}")
            rows.append(
                failed(record, ExtractionFailure("internal_error", detail, "engine"), deciding)
            )
    if errors == len(records) >= _DEAD_FROM:
        raise broken
    return rows


def _ends_the_run(error: Exception) -> bool:
    return is_for_users(error) or isinstance(error, MemoryError)


def _checked(
    records: Sequence[CaptionRecord], structurer: RecordStructurer
) -> list[StructuredCaption]:
    rows = structurer.structure(records)
    if [row.id for row in rows] != [record.id for record in records]:
        raise RuntimeError(f"{len(records)} records in, {len(rows)} rows out, or in another order")
    return rows
