"""Output files: written whole or not at all, and read back row by row.

A part is written to a temporary name beside it, synced, and renamed, so a file that bears
its final name is complete whatever happened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from structurer.errors import OutputError
from structurer.records import OPTIONAL_KEYS

RESUME: Final = "run the same command again to go on"


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open ``path`` for writing; it appears, complete and synced, only if the block succeeds.

    Raises:
        OutputError: full disk, no permission and the like.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError.from_os(error, path, RESUME) from None
        raise


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable, where the system allows to sync folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def json_line(row: Mapping[str, Any]) -> bytes:
    """Return ``row`` as one line of compact UTF-8 JSON."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8") + b"\n"


def write_json(path: Path, payload: Mapping[str, Any]) -> None:
    """Write one indented JSON document, whole or not at all."""
    with atomic(path) as stream:
        text = json.dumps(payload, ensure_ascii=False, indent=2, allow_nan=False)
        stream.write(text.encode("utf-8") + b"\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON Lines, whole or not at all."""
    with atomic(path) as stream:
        for row in rows:
            stream.write(json_line(row))


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file that :func:`write_jsonl` wrote."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield json.loads(line)


def write_parquet(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as Parquet, whole or not at all.

    A typed ``value`` may be text or a number; Parquet wants one type, so a number goes to
    the column ``value_number`` beside it. :func:`read_parquet` undoes that.
    """
    import pyarrow.parquet as pq

    with atomic(path) as stream:
        pq.write_table(parquet_table(rows), stream, compression="zstd")


def parquet_table(rows: Iterable[Mapping[str, Any]]) -> Any:
    """Return rows as an Arrow table, in the shape that :func:`write_parquet` writes."""
    import pyarrow as pa

    return pa.Table.from_pylist([_split_values(row) for row in rows], schema=_parquet_schema())


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file that :func:`write_parquet` wrote."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(1_024):
            for row in batch.to_pylist():
                for mention in row["mentions"]:
                    number = mention.pop("value_number")
                    mention["value"] = mention["value"] if number is None else number
                yield {k: v for k, v in row.items() if v or k not in OPTIONAL_KEYS}


def _split_values(row: Mapping[str, Any]) -> dict[str, Any]:
    mentions = []
    for mention in row["mentions"]:
        value = mention["value"]
        number = value if isinstance(value, (int, float)) else None
        text = None if number is not None else value
        mentions.append({**mention, "value": text, "value_number": number})
    return {**row, "mentions": mentions}


def _parquet_schema() -> Any:
    import pyarrow as pa

    text, number, whole, words = pa.string(), pa.float64(), pa.int64(), pa.list_(pa.string())

    def struct(**fields: Any) -> Any:
        return pa.struct(list(fields.items()))

    mention = struct(
        field=text,
        text=text,
        start=whole,
        end=whole,
        assertion=text,
        node=text,
        name=text,
        path=words,
        score=number,
        match=text,
        lanes=words,
        value=text,
        alignment=text,
        value_number=number,
    )
    unaligned = struct(field=text, text=text, assertion=text, reason=text)
    return pa.schema(
        [
            ("id", text),
            ("image", text),
            ("caption", text),
            ("status", text),
            ("relevant", pa.bool_()),
            ("modality", text),
            ("mentions", pa.list_(mention)),
            ("age_years", number),
            ("age_group", text),
            ("sex", text),
            ("skin_tone", struct(scale=text, low=whole, high=whole, text=text)),
            ("history", pa.list_(struct(kind=text, text=text, assertion=text, days=number))),
            (
                "texts",
                struct(
                    clean=text,
                    refined=text,
                    ontology=text,
                    concept=text,
                    context=text,
                    subcaptions=words,
                ),
            ),
            ("unaligned", pa.list_(unaligned)),
            ("failure", struct(reason=text, detail=text, stage=text)),
            ("provenance", text),
            ("choices", words),
            ("refined_by", text),
            ("refined_refusal", text),
        ]
    )


@dataclass(frozen=True, slots=True)
class PartFormat:
    """How parts of one format are written and read."""

    write: Callable[[Path, Iterable[Mapping[str, Any]]], None]
    read: Callable[[Path], Iterator[dict[str, Any]]]


PART_FORMATS: Final[dict[str, PartFormat]] = {
    "jsonl": PartFormat(write_jsonl, read_jsonl),
    "parquet": PartFormat(write_parquet, read_parquet),
}


def read_part(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a part file, whichever of :data:`PART_FORMATS` it has."""
    return PART_FORMATS[path.suffix.lstrip(".")].read(path)


def part_files(run_dir: Path) -> list[Path]:
    """Return the part files of a run folder, in input order."""
    files = (run_dir / "parts").glob("part-*")
    return sorted(
        (file for file in files if file.suffix.lstrip(".") in PART_FORMATS),
        key=lambda file: (int(file.stem.removeprefix("part-")), file.name),
    )


def read_rows(run_dir: Path) -> Iterator[dict[str, Any]]:
    """Yield every row of a run folder, in input order, as the documented JSON shape."""
    for file in part_files(run_dir):
        yield from read_part(file)
