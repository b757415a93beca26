"""One run: inputs to parts, with resume, shards and a failure ledger.

The input is cut into parts of ``part_size`` rows, whatever the batch size, the shard or
the number of workers; shard i of n does every n-th part under its number in the whole
input. The shards' part files together are therefore those of one undivided run, byte for
byte. ``failures.jsonl`` and ``summary.json`` are derived from the parts at the end.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from structurer.config import RunConfig
from structurer.engines.base import (
    Engine,
    FinishedPart,
    PartJob,
    RecordStructurer,
    Remembering,
    Work,
)
from structurer.errors import UsageError, UserError
from structurer.inputs import InputFile, InputPrint, fingerprint, resolve_inputs
from structurer.manifest import LAYOUT, TOOL, PartEntry, RunFolder, open_run_folder
from structurer.parquetrows import count as parquet_rows
from structurer.readers import ReadOptions, check_inputs, read_files
from structurer.records import CaptionRecord
from structurer.tally import Tally, tally, total
from structurer.writers import PART_FORMATS, read_jsonl, read_part, write_json, write_jsonl

__all__ = ["ENGINES", "Progress", "RecordStructurer", "RunResult", "run"]

ENGINES: Final[dict[str, str]] = {"local": "structurer.engines.local"}
"""Engine name to the module whose ``run_jobs`` is the engine."""

NOT_DECIDING: Final = frozenset(
    {"inputs", "output", "overwrite", "batch_size", "llm_batch_size", "engine"}
)
"""Settings that may change between a run and its resumption: they do not decide a byte."""

_PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "lexicon": ("caption-structurer", "pydantic", "pyarrow", "rapidfuzz", "spacy"),
    "llm": ("torch", "transformers", "outlines", "llguidance", "vllm"),
}


class Progress(Protocol):
    """Hears how far a run is."""

    def start(self, total: int | None) -> None:
        """Begin; ``total`` is an estimate of the rows to come."""
        ...

    def advance(self, rows: int, *, kept: bool = False) -> None:
        """Note that ``rows`` more rows are done, or were already (``kept``)."""
        ...


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run left in its folder. ``kept`` counts the rows of an earlier, interrupted run."""

    run_dir: Path
    rows: int
    failed: int
    kept: int
    parts: int
    seconds: float
    counts: Tally


class _Silent:
    def start(self, total: int | None) -> None: ...

    def advance(self, rows: int, *, kept: bool = False) -> None: ...


def run(
    config: RunConfig,
    structurer: RecordStructurer | Callable[[], RecordStructurer],
    progress: Progress | None = None,
) -> RunResult:
    """Structure the rows of ``config.inputs`` into the run folder ``config.output``.

    Every row of the input is a row of a part; a failed one stands in ``failures.jsonl``
    too. An interrupt at any moment leaves a folder that the same call completes, to the
    same bytes. ``structurer`` may be a function that makes one: it is called after the
    inputs were found good, which keeps a wrong column name from costing a model's loading.

    Raises:
        UserError: inputs that cannot be read, a folder that holds something else, a full
            disk, and what the structurer raises as such.
    """
    if config.output is None:
        raise UsageError("no output folder given (-o RUN_DIR)")
    progress = progress or _Silent()
    files = resolve_inputs(config.inputs, apart_from=config.output)
    options = ReadOptions(
        config.caption_column, config.image_column, config.id_column, config.encoding
    )
    check_inputs(files, options)
    if next(read_files(files, options), None) is None:
        raise UserError(f"no row to read in {', '.join(str(file.path) for file in files[:3])}")
    prints = [fingerprint(file) for file in files]
    engine = structurer() if callable(structurer) else structurer
    manifest = _manifest(config, prints, engine.fingerprint())
    started = time.time()
    with open_run_folder(config.output, manifest, overwrite=config.overwrite) as folder:
        if isinstance(engine, Remembering):
            engine.remember_in(folder.path)
        kept = sum(entry.rows for entry in folder.finished.values())
        progress.start(_estimate(config, files, prints))
        work = Work(engine, config.rows_at_a_time(), lambda rows: progress.advance(rows))
        run_jobs: Engine = importlib.import_module(ENGINES[config.engine]).run_jobs
        records = islice(read_files(files, options), config.limit)
        for part in run_jobs(_jobs(records, config, folder, progress), work):
            folder.add(_write_part(part, folder, config))
        if isinstance(engine, Remembering):
            engine.settle_memory()
        return _finish(folder, config, kept, started)


def _manifest(
    config: RunConfig, prints: Sequence[InputPrint], hashes: dict[str, str]
) -> dict[str, Any]:
    lanes = ("lexicon", "llm") if config.needs_model() else ("lexicon",)
    return {
        "tool": TOOL,
        "layout": LAYOUT,
        "config": config.model_dump(mode="json", exclude={*NOT_DECIDING, *config.idle()}),
        "inputs": [{"name": one.name, "bytes": one.bytes, "sha256": one.sha256} for one in prints],
        "hashes": dict(sorted(hashes.items())),
        "versions": {
            "python": ".".join(map(str, sys.version_info[:3])),
            **_versions(name for lane in lanes for name in _PACKAGES[lane]),
        },
    }


def _versions(names: Iterator[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _estimate(
    config: RunConfig, files: Sequence[InputFile], prints: Sequence[InputPrint]
) -> int | None:
    """Return about how many rows there are; lines tell it for text, the footer for Parquet."""
    rows = 0
    for file, one in zip(files, prints, strict=True):
        lines = parquet_rows(file) if file.kind == "parquet" else one.lines
        if lines is None:
            return None
        rows += max(1, lines - (file.kind in ("csv", "tsv")))
    rows = min(rows, config.limit or rows)
    _, shards = config.shard_of()
    return -(-rows // shards)


def _jobs(
    records: Iterator[CaptionRecord], config: RunConfig, folder: RunFolder, progress: Progress
) -> Iterator[PartJob]:
    shard, shards = config.shard_of()
    index = 0
    while chunk := tuple(islice(records, config.part_size)):
        if index % shards == shard:
            if index in folder.finished:
                progress.advance(len(chunk), kept=True)
            else:
                yield PartJob(index, chunk)
        index += 1


def _write_part(part: FinishedPart, folder: RunFolder, config: RunConfig) -> PartEntry:
    path = folder.parts / f"part-{part.index:05d}.{config.part_format}"
    rows = [row.to_dict() for row in part.rows]
    PART_FORMATS[config.part_format].write(path, rows)
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    size = path.stat().st_size
    return PartEntry(part.index, path.name, len(rows), size, digest, tally(rows))


def _finish(folder: RunFolder, config: RunConfig, kept: int, started: float) -> RunResult:
    entries = folder.entries()
    rows = sum(entry.rows for entry in entries)
    failed = sum(entry.failed for entry in entries)
    counts = total(entry.counts for entry in entries)
    write_jsonl(folder.path / "failures.jsonl", _failures(folder, config.part_size))
    summary = {"rows": rows, "ok": rows - failed, "failed": failed, "parts": len(entries)}
    write_json(folder.path / "summary.json", {**summary, "counts": counts})
    seconds = time.time() - started
    if rows > kept:
        _note_time(folder.path / "timings.jsonl", started, seconds, rows - kept)
    folder.save_progress()
    folder.save_manifest(complete=True, counts=summary)
    return RunResult(folder.path, rows, failed, kept, len(entries), seconds, counts)


def _failures(folder: RunFolder, part_size: int) -> Iterator[dict[str, Any]]:
    """Yield the ledger from the parts; ``row`` counts from 0 in the whole input."""
    for entry in folder.entries():
        if not entry.failed:
            continue
        for offset, row in enumerate(read_part(folder.parts / entry.file)):
            if row["status"] == "failed":
                yield {
                    "id": row["id"],
                    "row": entry.part * part_size + offset,
                    "part": entry.file,
                    "image": row["image"],
                    "caption": row["caption"],
                    **row["failure"],
                }


def _note_time(path: Path, started: float, seconds: float, rows: int) -> None:
    """Add this session to the one output file that is meant to differ from run to run."""
    try:
        sessions = list(read_jsonl(path))
    except (OSError, ValueError):
        sessions = []
    begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started))
    rate = round(rows / seconds, 1) if seconds > 0 else None
    sessions.append(
        {"started": begun, "seconds": round(seconds, 3), "rows": rows, "rows_per_second": rate}
    )
    write_jsonl(path, sessions)
