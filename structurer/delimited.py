"""CSV and TSV to rows: streaming, and one broken row never takes its neighbours along."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from structurer.columns import Columns, ReadOptions, resolve_columns
from structurer.errors import UserError
from structurer.inputs import InputFile
from structurer.rawrows import MALFORMED, RawRow, open_text, repaired

FIELD_LIMIT: Final = 8 << 20
"""Characters of one cell. It bounds memory where a quote is never closed."""


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of one row, or those that could be saved from a broken one."""

    cells: list[str]
    problem: str | None = None


class _Lines:
    """Physical lines, with those taken for the current row kept so that they can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._lines)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self._returned.extend(reversed(self.taken[1:]))


def header(file: InputFile, options: ReadOptions) -> Columns:
    """Return the columns to read.

    Raises:
        UserError: no header row, or a column is missing.
    """
    names, _ = _header(file, options)
    return resolve_columns(names, options, file.path)


def rows(file: InputFile, options: ReadOptions) -> Iterator[RawRow]:
    """Yield the rows of ``file``. Blank lines are no rows.

    A row with another number of cells than the header, with a quote that is never closed,
    or with a cell over :data:`FIELD_LIMIT` comes out with a problem; where such a quote
    swallowed the lines after it, they are read again one by one.
    """
    names, delimiter = _header(file, options)
    columns = resolve_columns(names, options, file.path)
    where = {
        role: None if name is None else names.index(name)
        for role, name in (
            ("caption", columns.caption),
            ("image", columns.image),
            ("id", columns.id),
        )
    }
    with open_text(file, options.encoding, newline="") as stream:
        records = _records(stream, delimiter)
        next(records)
        for number, record in enumerate(records):
            cells = {
                role: record.cells[place]
                if place is not None and place < len(record.cells)
                else None
                for role, place in where.items()
            }
            problem = record.problem or _ragged(record.cells, len(names))
            yield RawRow(
                number,
                cells["caption"],
                cells["image"] or None,
                cells["id"] or None,
                None if problem is None else (MALFORMED, problem),
            )


def _ragged(cells: list[str], width: int) -> str | None:
    if len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return None
    return f"{len(cells)} cells where the header has {width} (an unquoted comma or line break?)"


def _header(file: InputFile, options: ReadOptions) -> tuple[list[str], str]:
    with open_text(file, options.encoding, newline="") as stream:
        first = next((line for line in stream if line.strip("\r\n")), None)
        if first is None:
            raise UserError(f"{file.path} is empty: no header row")
        delimiter = _delimiter(file, first)
        stream.seek(0)
        record = next(_records(stream, delimiter))
    return [(repaired(name)[0] or "").strip() for name in record.cells], delimiter


def _delimiter(file: InputFile, first: str) -> str:
    if file.kind == "tsv":
        return "\t"
    # Spreadsheets of many locales write semicolons (or tabs) into files named .csv.
    return next((mark for mark in ",;\t" if mark in first), ",")


def _records(stream: Iterable[str], delimiter: str) -> Iterator[_Record]:
    csv.field_size_limit(max(csv.field_size_limit(), FIELD_LIMIT))
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
            if len(lines.taken) > 1:
                # The lenient reader takes a stray quote as one that runs on to the next
                # quote, lines later; the strict one tells that from a caption of many lines.
                for _ in csv.reader(lines.taken, delimiter=delimiter, strict=True):
                    pass
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back_all_but_first()
            yield _salvaged(lines.taken[0], delimiter, str(error))
            continue
        if cells:
            yield _Record(cells)


def _salvaged(line: str, delimiter: str, error: str) -> _Record:
    try:
        cells = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    return _Record(cells, f"broken quoting: {error}")
