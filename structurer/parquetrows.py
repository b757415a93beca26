"""Parquet to rows: record batches, only the columns needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from structurer.columns import Columns, ReadOptions, resolve_columns
from structurer.errors import UserError
from structurer.inputs import InputFile
from structurer.rawrows import RawRow

_BATCH_ROWS: Final = 4_096


def header(file: InputFile, options: ReadOptions) -> Columns:
    """Return the columns to read, after a look at their types.

    Raises:
        UserError: no Parquet file, a missing column, or one that holds no text.
    """
    columns, _ = _plan(file, options)
    return columns


def count(file: InputFile) -> int:
    """Return the number of rows, from the file's footer.

    Raises:
        UserError: no Parquet file.
    """
    with _opened(file) as parquet:
        return int(parquet.metadata.num_rows)


def rows(file: InputFile, options: ReadOptions) -> Iterator[RawRow]:
    """Yield the rows of ``file``.

    Raises:
        UserError: where the file breaks off or cannot be decoded.
    """
    import pyarrow as pa

    columns, leaves = _plan(file, options)
    roles = {"caption": columns.caption, "image": columns.image, "id": columns.id}
    number = 0
    with _opened(file) as parquet:
        try:
            for batch in parquet.iter_batches(_BATCH_ROWS, columns=leaves):
                cells = {
                    role: [None] * batch.num_rows if name is None else _texts(batch.column(name))
                    for role, name in roles.items()
                }
                for caption, image, identity in zip(*cells.values(), strict=True):
                    yield RawRow(number, caption, image or None, identity or None)
                    number += 1
        except (pa.ArrowException, OSError) as error:
            raise UserError(
                f"{file.path}: broken Parquet file after row {number}: {error}"
            ) from None


def _opened(file: InputFile) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file.path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file.path}: not a readable Parquet file: {error}") from None


def _plan(file: InputFile, options: ReadOptions) -> tuple[Columns, list[str]]:
    """Return the columns and the leaves to load (``image.path`` where an image is a struct)."""
    import pyarrow.types as kinds

    with _opened(file) as parquet:
        schema = parquet.schema_arrow
    columns = resolve_columns(schema.names, options, file.path)
    leaves = []
    for role, name in (("caption", columns.caption), ("image", columns.image), ("id", columns.id)):
        if name is None:
            continue
        kind = schema.field(name).type
        if kinds.is_dictionary(kind):
            kind = kind.value_type
        if role == "image" and kinds.is_struct(kind) and kind.get_field_index("path") >= 0:
            # The layout in which image data sets ship bytes and path; the bytes stay unread.
            leaves.append(f"{name}.path")
            continue
        if not (_is_text(kinds, kind) or (role == "id" and kinds.is_integer(kind))):
            raise UserError(
                f"{file.path}: column {name!r} for the {role} holds {kind}, not text; "
                f"name another with --{role}-column"
            )
        leaves.append(name)
    return columns, leaves


def _is_text(kinds: Any, kind: Any) -> bool:
    tests = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")
    # A column of nulls only carries no type of its own.
    return any(getattr(kinds, f"is_{test}")(kind) for test in tests) or bool(kinds.is_null(kind))


def _texts(column: Any) -> list[str | None]:
    """Return cells as text; invalid UTF-8 becomes lone surrogates, as in the text formats."""
    import pyarrow as pa
    import pyarrow.types as kinds

    kind = column.type
    if kinds.is_struct(kind):
        column = column.flatten()[0]  # the only leaf loaded is `path`
        kind = column.type
    if kinds.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if kinds.is_integer(kind):
        return [None if value is None else str(value) for value in column.to_pylist()]
    raw = column.cast(pa.large_binary()).to_pylist()
    return [
        None if value is None else value.decode("utf-8", errors="surrogateescape") for value in raw
    ]
