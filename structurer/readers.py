"""Captions in: CSV, TSV, JSON Lines and Parquet, one stream of :class:`CaptionRecord`.

Nothing is held in memory but one row (one record batch for Parquet) and eight bytes' worth
of hash for each id seen. A row that cannot be taken as it should be still comes out, with
``problem`` set, so that rows in and rows out stay equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structurer import delimited, jsonlines, parquetrows
from structurer.columns import Columns, ReadOptions
from structurer.inputs import InputFile, resolve_inputs
from structurer.rawrows import DUPLICATE, EMPTY, MALFORMED, NULL, RawRow, checked
from structurer.records import CaptionRecord

__all__ = [
    "FORMATS",
    "Format",
    "ReadOptions",
    "check_inputs",
    "read_files",
    "read_records",
    "single_record",
]


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is read: its columns (checked before a run begins) and its rows."""

    header: Callable[[InputFile, ReadOptions], Columns]
    rows: Callable[[InputFile, ReadOptions], Iterator[RawRow]]


FORMATS: Final[dict[str, Format]] = {
    "csv": Format(delimited.header, delimited.rows),
    "tsv": Format(delimited.header, delimited.rows),
    "jsonl": Format(jsonlines.header, jsonlines.rows),
    "parquet": Format(parquetrows.header, parquetrows.rows),
}


def read_records(
    paths: Sequence[str | Path], options: ReadOptions | None = None
) -> Iterator[CaptionRecord]:
    """Yield the records of all files behind ``paths``, in order.

    Ids come from the id column; without one (or where its cell is empty) the id is
    ``<file>:<row>``, which is the same in every run. Of two rows with one id the later
    carries the problem ``duplicate_id``.

    Raises:
        UserError: a file is missing, empty, of unknown format, lacks the caption column or
            breaks off; all but the last are found before the first record comes.
    """
    options = options or ReadOptions()
    files = resolve_inputs(paths)
    check_inputs(files, options)
    return read_files(files, options)


def check_inputs(files: Iterable[InputFile], options: ReadOptions) -> None:
    """Look at the header of every file.

    Raises:
        UserError: for the first that cannot be read with ``options``.
    """
    for file in files:
        FORMATS[file.kind].header(file, options)


def read_files(files: Iterable[InputFile], options: ReadOptions) -> Iterator[CaptionRecord]:
    """Yield the records of ``files``, in order; see :func:`read_records`."""
    seen: set[int] = set()
    position = 0
    for file in files:
        for raw in FORMATS[file.kind].rows(file, options):
            yield _record(checked(raw), file.label, position, seen)
            position += 1


def single_record(caption: str) -> CaptionRecord:
    """Return the record of one caption that comes from no file, judged as a row of one is."""
    return _record(checked(RawRow(0, caption, id="text")), "", 0, set())


def _record(row: RawRow, label: str, position: int, seen: set[int]) -> CaptionRecord:
    identity = row.id if row.id is not None else f"{label}:{row.number}"
    problem = row.problem
    # The id of a row whose cells may have shifted is no claim on that id.
    if (problem is None or problem[0] != MALFORMED) and not _first_use(identity, seen):
        problem = problem or (DUPLICATE, f"id {identity!r} belongs to an earlier row")
    problem = problem or _nothing_to_read(row.caption)
    return CaptionRecord(identity, row.caption or "", row.image, position, problem)


def _first_use(identity: str, seen: set[int]) -> bool:
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    key = int.from_bytes(digest, "big")
    if key in seen:
        return False
    seen.add(key)
    return True


def _nothing_to_read(caption: str | None) -> tuple[str, str] | None:
    if caption is None:
        return NULL, "the caption is null"
    if not caption.strip():
        return EMPTY, "the caption is empty"
    return None
