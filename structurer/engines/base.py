"""What an engine is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from structurer.records import CaptionRecord, StructuredCaption


class RecordStructurer(Protocol):
    """The way of one batch of captions."""

    def structure(self, records: Sequence[CaptionRecord]) -> list[StructuredCaption]:
        """Return one row for each record, in order; a bad row comes back as failed."""
        ...

    def fingerprint(self) -> dict[str, str]:
        """Return versions and hashes of everything that decides the rows."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A structurer with answers that are dear: it keeps them in the run's folder."""

    def remember_in(self, folder: Path) -> None:
        """Know the answers that are kept in a folder, and keep new ones there."""
        ...

    def settle_memory(self) -> None:
        """Write what is kept in its final order."""
        ...


@dataclass(frozen=True, slots=True)
class PartJob:
    """The records of one part; ``index`` is the part's number in the whole input."""

    index: int
    records: tuple[CaptionRecord, ...]


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """The rows of one part, in the order of its records."""

    index: int
    rows: tuple[StructuredCaption, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What an engine needs besides the jobs. ``advance`` hears how many rows were just done."""

    structurer: RecordStructurer
    batch_size: int
    advance: Callable[[int], None]


class Engine(Protocol):
    """Runs the jobs and yields their parts, in the order of the jobs."""

    def __call__(self, jobs: Iterable[PartJob], work: Work) -> Iterator[FinishedPart]:
        """Yield one finished part for each job."""
        ...
