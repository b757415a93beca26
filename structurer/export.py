"""A run as training data: pairs in the formats that CLIP training reads, or all rows.

One format is one function in :data:`FORMATS`. The same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structurer.errors import OutputError, UsageError
from structurer.export_formats.rows import write_jsonl, write_parquet
from structurer.export_formats.shards import write_webdataset
from structurer.export_formats.source import Counted, Source, open_source
from structurer.export_formats.tables import write_derm1m, write_make, write_openclip


@dataclass(frozen=True, slots=True)
class Format:
    """One export format: what writes it, what its units are, and whether it is a folder."""

    write: Callable[[Source, Path], None]
    unit: str
    folder: bool = False


FORMATS: Final[dict[str, Format]] = {
    "openclip-csv": Format(write_openclip, "pairs"),
    "webdataset": Format(write_webdataset, "samples", folder=True),
    "make-csv": Format(write_make, "images"),
    "derm1m-csv": Format(write_derm1m, "images"),
    "jsonl": Format(write_jsonl, "rows"),
    "parquet": Format(write_parquet, "rows"),
}

_LEFT_OUT: Final[tuple[tuple[str, str], ...]] = (
    ("without_image", "without an image"),
    ("without_text", "without a text"),
    ("image_not_found", "whose image was not found"),
    ("image_of_other_kind", "whose image is no JPEG, PNG or WebP"),
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. As text: one line for the user."""

    path: Path
    unit: str
    counted: Counted
    finished: bool

    def __str__(self) -> str:
        counted = self.counted
        line = f"{self.path}: {counted.written:,} {self.unit} of {counted.rows:,} rows"
        left = [(getattr(counted, name), words) for name, words in _LEFT_OUT]
        reasons = ", ".join(f"{number:,} {words}" for number, words in left if number)
        if reasons:
            line += f"; left out: {reasons}"
        return line if self.finished else f"{line}; the run is not finished"


def export(run_dir: Path, fmt: str, out: Path, *, images: Path | None = None) -> Exported:
    """Write the run in ``run_dir`` to ``out`` in the format ``fmt``.

    Every row's text goes out: a failed row's is its original caption. Formats of pairs
    leave out rows without an image, and count them. ``images`` is the folder that relative
    image paths start from (the working directory), for formats that hold the images.

    Raises:
        UsageError: an unknown format (the message lists them), or ``out`` is no place for it.
        UserError: the run holds no parts, or one cannot be read.
        OutputError: ``out`` cannot be written.
    """
    chosen = FORMATS.get(fmt)
    if chosen is None:
        raise UsageError(f"unknown format {fmt!r}; choose from: {', '.join(FORMATS)}")
    source = open_source(run_dir, images)
    if not chosen.folder:
        _check_file(out, fmt)
    chosen.write(source, out)
    return Exported(out, chosen.unit, source.counted, source.finished)


def _check_file(out: Path, fmt: str) -> None:
    if out.is_dir():
        raise UsageError(f"{out} is a folder; {fmt} writes a file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError.from_os(error, out, "name another file") from None
