"""Which files a run reads: folders expanded, formats told by suffix, stable labels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structurer.errors import UserError

SUFFIXES: Final[dict[str, str]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""File suffix to format; the text formats may also end in ``.gz``."""

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read. ``label`` names it in generated ids and in the manifest."""

    path: Path
    label: str
    kind: str

    @property
    def compressed(self) -> bool:
        """Whether the file is read through gzip."""
        return self.path.suffix.lower() == ".gz"


@dataclass(frozen=True, slots=True)
class InputPrint:
    """Fingerprint of an input file. ``lines`` is an estimate of its rows, for progress only."""

    name: str
    bytes: int
    sha256: str
    lines: int | None


def resolve_inputs(
    paths: Sequence[str | Path], apart_from: Path | None = None
) -> tuple[InputFile, ...]:
    """Return the files behind ``paths``, in order; folders give their readable files, sorted.

    The label of a file is its name, or as much of its path as tells it from the others.
    A folder's files below ``apart_from`` (the output) are left out.

    Raises:
        UserError: no path given, nothing there, an unknown suffix, an empty file, a folder
            without a readable file.
    """
    if not paths:
        raise UserError("no input given: name at least one file or folder")
    found = [file for path in paths for file in _expand(Path(path), apart_from)]
    for file in found:
        _check_readable(file)
    labels = _labels(found)
    return tuple(
        InputFile(file, label, _kind(file) or "") for file, label in zip(found, labels, strict=True)
    )


def fingerprint(file: InputFile) -> InputPrint:
    """Return size, SHA-256 and a row estimate of ``file``, reading it once in small pieces.

    Raises:
        UserError: where the file cannot be read.
    """
    digest, size, lines, quoted = hashlib.sha256(), 0, 0, False
    try:
        with file.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if file.kind == "jsonl":
                    lines += chunk.count(b"\n")
                else:
                    # A line break between quotes ends no row.
                    pieces = chunk.split(b'"')
                    lines += sum(piece.count(b"\n") for piece in pieces[quoted::2])
                    quoted ^= len(pieces) % 2 == 0
    except OSError as error:
        raise UserError(f"cannot read {file.path}: {error.strerror}") from None
    estimate = None if file.compressed or file.kind == "parquet" else lines
    return InputPrint(file.label, size, digest.hexdigest(), estimate)


def _kind(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        kind = SUFFIXES.get(path.with_suffix("").suffix.lower())
        return None if kind == "parquet" else kind
    return SUFFIXES.get(suffix)


def _expand(path: Path, apart_from: Path | None) -> Iterable[Path]:
    if path.is_dir():
        outside = None if apart_from is None else apart_from.resolve()
        files = sorted(
            file
            for file in path.rglob("*")
            if _kind(file) and file.is_file() and not file.name.startswith(".")
            if outside is None or not file.resolve().is_relative_to(outside)
        )
        if not files:
            raise UserError(f"{path}: no file to read in this folder ({_known()})")
        return files
    if not path.exists():
        raise UserError(f"no such file or folder: {path}")
    if _kind(path) is None:
        raise UserError(f"{path}: cannot tell the format from the name; expected {_known()}")
    return [path]


def _known() -> str:
    return "one of " + " ".join(SUFFIXES) + ", text also with .gz"


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            if not stream.read(1):
                raise UserError(f"{path} is empty")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def _labels(paths: Sequence[Path]) -> list[str]:
    """Give every path the shortest tail that only it has (the same file twice keeps one)."""
    parts = [path.resolve().parts for path in paths]
    depth = [1] * len(parts)
    while True:
        tails = [part[-length:] for part, length in zip(parts, depth, strict=True)]
        counts = Counter(tails)
        clashing = [
            i for i, tail in enumerate(tails) if counts[tail] > 1 and depth[i] < len(parts[i])
        ]
        if not clashing:
            return ["/".join(tail) for tail in tails]
        for i in clashing:
            depth[i] += 1
