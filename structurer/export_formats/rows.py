"""All rows of a run in one file, in the documented shape; a failed row keeps its caption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from structurer.export_formats.source import Source
from structurer.export_formats.texts import caption_text
from structurer.writers import atomic, json_line, parquet_table


def write_jsonl(source: Source, out: Path) -> None:
    """Write the rows as JSON Lines."""
    with atomic(out) as stream:
        for rows in _parts(source):
            stream.writelines(json_line(row) for row in rows)


def write_parquet(source: Source, out: Path) -> None:
    """Write the rows as Parquet, a row group for each part."""
    import pyarrow.parquet as pq

    with atomic(out) as stream:
        writer = None
        for rows in _parts(source):
            table = parquet_table(rows)
            writer = writer or pq.ParquetWriter(stream, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _parts(source: Source) -> Iterator[list[dict[str, Any]]]:
    for rows in source.parts():
        source.counted.written += len(rows)
        yield [
            row
            if row["texts"]["clean"]
            else {**row, "texts": {**row["texts"], "clean": caption_text(row) or None}}
            for row in rows
        ]
