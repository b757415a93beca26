"""JSON Lines to rows: one object a line, a broken line is one broken row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from structurer.columns import Columns, ReadOptions, resolve_columns
from structurer.errors import UserError
from structurer.inputs import InputFile
from structurer.rawrows import MALFORMED, RawRow, open_text, repaired

_LOOKED_AT: Final = 100
"""Lines whose keys together tell the columns; a key may be missing from single rows."""
_SHOWN: Final = 80


def header(file: InputFile, options: ReadOptions) -> Columns:
    """Return the columns to read, told by the keys of the first lines.

    Raises:
        UserError: no JSON object among them, or a column is missing.
    """
    with open_text(file, options.encoding, newline="\n") as stream:
        lines = (line for line in stream if line.strip())
        objects = [found for found, _ in map(_parse, islice(lines, _LOOKED_AT)) if found]
    if not objects:
        raise UserError(f"{file.path}: no JSON object in the first {_LOOKED_AT} lines")
    names = list(dict.fromkeys(key for found in objects for key in found))
    return resolve_columns(names, options, file.path)


def rows(file: InputFile, options: ReadOptions) -> Iterator[RawRow]:
    """Yield the rows of ``file``. Blank lines are no rows."""
    columns = header(file, options)
    with open_text(file, options.encoding, newline="\n") as stream:
        for number, line in enumerate(line for line in stream if line.strip()):
            found, problem = _parse(line)
            yield _row(number, found or {}, columns, problem)


def _row(number: int, found: dict[str, Any], columns: Columns, problem: str | None) -> RawRow:
    caption = found.get(columns.caption)
    image = found.get(columns.image) if columns.image else None
    identity = found.get(columns.id) if columns.id else None
    if isinstance(image, dict):
        image = image.get("path")
    wrong = [
        f"{role} is {type(value).__name__}, not text"
        for role, value, kinds in (
            ("caption", caption, str),
            ("image", image, str),
            ("id", identity, str | int | float),
        )
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool))
    ]
    problem = problem or ("; ".join(wrong) or None)
    return RawRow(
        number,
        caption if isinstance(caption, str) else None,
        image if isinstance(image, str) and image else None,
        str(identity) if isinstance(identity, (str, int, float)) and identity != "" else None,
        None if problem is None else (MALFORMED, problem),
    )


def _parse(line: str) -> tuple[dict[str, Any] | None, str | None]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        message = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        shown, _ = repaired(line.strip()[:_SHOWN])
        return None, f"broken JSON ({message}): {shown}"
    if isinstance(found, dict):
        return found, None
    return None, f"a JSON object expected, found {type(found).__name__}"
