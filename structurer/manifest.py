"""The run folder: what it says about its run, which parts are finished, and who may write.

``manifest.json`` says what decides the output; a later run may add to the folder only if
it decides the same. ``progress.jsonl`` has one line for each finished part, with size,
hash and counts, appended after the part bears its final name.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from structurer.errors import OutputError, UserError
from structurer.tally import Tally
from structurer.writers import RESUME, json_line, write_json, write_jsonl

TOOL: Final = "structurer"
LAYOUT: Final = 1
"""Version of the folder layout; another one is never resumed."""

DECIDING: Final = ("layout", "config", "inputs", "hashes")
"""Keys of the manifest that must agree for a run to be resumed."""

_MANIFEST: Final = "manifest.json"
_PROGRESS: Final = "progress.jsonl"
_DERIVED: Final = (
    "failures.jsonl",
    "summary.json",
    "timings.jsonl",
    "report.html",
    "evaluation.json",
    "choices.jsonl",
    _PROGRESS,
)


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One finished part: its file, and what is needed to trust and to sum it."""

    part: int
    file: str
    rows: int
    bytes: int
    sha256: str
    counts: Tally

    @property
    def failed(self) -> int:
        """Rows of the part that are in the failure ledger."""
        return self.counts["status"].get("failed", 0)


@dataclass(slots=True)
class RunFolder:
    """An opened run folder. ``finished`` holds the parts that are there and intact."""

    path: Path
    manifest: dict[str, Any]
    finished: dict[int, PartEntry]

    @property
    def parts(self) -> Path:
        """The folder of the part files."""
        return self.path / "parts"

    def add(self, entry: PartEntry) -> None:
        """Note a part as finished; its file must already bear its final name.

        Raises:
            OutputError: full disk and the like.
        """
        path = self.path / _PROGRESS
        try:
            with path.open("ab") as stream:
                stream.write(json_line(asdict(entry)))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise OutputError.from_os(error, path, RESUME) from None
        self.finished[entry.part] = entry

    def entries(self) -> list[PartEntry]:
        """Return the finished parts in input order."""
        return [self.finished[part] for part in sorted(self.finished)]

    def save_progress(self) -> None:
        """Write the finished parts anew, in input order."""
        write_jsonl(self.path / _PROGRESS, (asdict(entry) for entry in self.entries()))

    def save_manifest(self, **updates: Any) -> None:
        """Write the manifest with ``updates``."""
        self.manifest.update(updates)
        write_json(self.path / _MANIFEST, self.manifest)


@contextmanager
def open_run_folder(
    path: Path, manifest: Mapping[str, Any], *, overwrite: bool
) -> Iterator[RunFolder]:
    """Open ``path`` for the run that ``manifest`` describes, for this process alone.

    A new or empty folder is set up. One of the same run is resumed: parts whose size and
    hash agree are kept, everything else is done again. With ``overwrite`` an earlier run's
    files (and no others) are removed first.

    Raises:
        UserError: the folder holds something else, a run that differs (the message names
            in what), or another process writes to it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"output {path} is a file; name a folder") from None
    except OSError as error:
        raise OutputError.from_os(error, path, "name another output folder") from None
    with _alone(path):
        stored = _stored(path)
        if stored is not None and overwrite:
            _remove_run(path)
            stored = None
        if stored is not None:
            _check_same(path, stored, manifest)
        folder = RunFolder(path, {**manifest, "complete": False}, _intact(path) if stored else {})
        try:
            folder.save_manifest()
            folder.parts.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError.from_os(error, path, RESUME) from None
        _sweep(path)
        folder.save_progress()
        yield folder


def _stored(path: Path) -> dict[str, Any] | None:
    """Return the manifest in the folder, ``None`` for a fresh folder."""
    file = path / _MANIFEST
    if not file.exists():
        strange = [item.name for item in path.iterdir() if not _temporary(item)]
        if not strange:
            return None
        raise UserError(
            f"output {path} exists and is no run folder (it holds {min(strange)}); "
            "name another or an empty one"
        )
    try:
        stored = json.loads(file.read_bytes())
    except (OSError, ValueError):
        stored = None
    if not isinstance(stored, dict) or stored.get("tool") != TOOL:
        raise UserError(f"{file} is not a manifest of a run; name another output folder")
    return stored


def _check_same(path: Path, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    differences = [
        line for key in DECIDING for line in _differences(key, stored.get(key), wanted[key])
    ]
    if differences:
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        raise UserError(
            f"output {path} holds another run ({'; '.join(differences[:5])}{more}): "
            "use --overwrite to replace it, or another output folder"
        )


def _differences(key: str, stored: Any, wanted: Any) -> Iterator[str]:
    if key == "inputs" and isinstance(stored, list):
        stored, wanted = _by_name(stored), _by_name(wanted)
        if list(stored) != list(wanted):
            yield f"inputs: {', '.join(stored)} there, {', '.join(wanted)} now"
            return
        yield from (f"input {name} changed" for name in wanted if stored[name] != wanted[name])
    elif isinstance(stored, dict) and isinstance(wanted, dict):
        for name in sorted({*stored, *wanted}):
            there, now = stored.get(name), wanted.get(name)
            if there != now:
                hashes = key == "hashes"
                yield f"{name} changed" if hashes else f"{name}: {there!r} there, {now!r} now"
    elif stored != wanted:
        yield f"{key}: {stored!r} there, {wanted!r} now"


def _by_name(inputs: list[dict[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for item in inputs:
        # The same file may be given twice.
        again = sum(key == item["name"] or key.startswith(f"{item['name']} #") for key in named)
        named[f"{item['name']} #{again + 1}" if again else item["name"]] = item
    return named


def _intact(path: Path) -> dict[int, PartEntry]:
    """Return the noted parts whose file has the noted size and hash."""
    found: dict[int, PartEntry] = {}
    with suppress(OSError, ValueError, TypeError, KeyError):
        # A line torn by an interrupt ends the list; its part is done again.
        for line in (path / _PROGRESS).read_bytes().split(b"\n"):
            if line:
                entry = PartEntry(**json.loads(line))
                if _is_whole(path / "parts" / entry.file, entry):
                    found[entry.part] = entry
    return found


def _is_whole(file: Path, entry: PartEntry) -> bool:
    try:
        if file.stat().st_size != entry.bytes:
            return False
        with file.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False


def _temporary(item: Path) -> bool:
    return item.name.startswith(".") and item.name.endswith(".tmp")


def _sweep(path: Path) -> None:
    for item in (*path.iterdir(), *(path / "parts").iterdir()):
        if _temporary(item):
            item.unlink(missing_ok=True)


def _remove_run(path: Path) -> None:
    """Remove an earlier run. The manifest goes last, so a kill in between leaves a run folder."""
    try:
        shutil.rmtree(path / "parts", ignore_errors=True)
        for name in (*_DERIVED, _MANIFEST):
            (path / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError.from_os(error, path, "name another output folder") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system drops with the process."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"another run is writing to {path}; wait for it to end") from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(handle)
