"""What a reader of one format hands on: cells as found, and what was wrong with them."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

from structurer.errors import UserError
from structurer.inputs import InputFile

MALFORMED: Final = "malformed_row"
UNDECODABLE: Final = "undecodable"
NULL: Final = "null_caption"
EMPTY: Final = "empty_caption"
DUPLICATE: Final = "duplicate_id"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of one file. ``number`` counts from 0 within the file.

    ``problem`` is ``(reason, detail)``; the other values are then what could be read.
    """

    number: int
    caption: str | None
    image: str | None = None
    id: str | None = None
    problem: tuple[str, str] | None = None


# Order matters: the UTF-32 mark begins with the UTF-16 one.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONE: Final = re.compile("[\ud800-\udfff]")
_HANDLER: Final = "structurer-mark"


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    """Turn each undecodable byte into a lone surrogate, so that only its row suffers."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(_HANDLER, _mark_bytes)


@contextmanager
def open_text(file: InputFile, encoding: str | None, newline: str) -> Iterator[IO[str]]:
    """Open a text input; undecodable bytes come out as lone surrogates (see :func:`repaired`).

    Raises:
        UserError: the file cannot be read, or its gzip stream is broken.
    """
    try:
        with _binary(file) as binary:
            yield io.TextIOWrapper(
                binary, encoding=encoding or _told(binary), errors=_HANDLER, newline=newline
            )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file.path}: broken gzip file: {error}") from None
    except OSError as error:
        raise UserError(f"cannot read {file.path}: {error.strerror or error}") from None


def _binary(file: InputFile) -> IO[bytes]:
    return gzip.open(file.path, "rb") if file.compressed else file.path.open("rb")  # type: ignore[return-value]


def _told(binary: IO[bytes]) -> str:
    start = binary.read(4)
    binary.seek(0)
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def repaired(text: str | None) -> tuple[str | None, bool]:
    r"""Return ``text`` that can be written as UTF-8, and whether something had to go.

    >>> repaired("a\udcffb")
    ('a\ufffdb', True)
    """
    if text is None or not _LONE.search(text):
        return text, False
    return _LONE.sub("\ufffd", text), True


def checked(row: RawRow) -> RawRow:
    """Return ``row`` fit to be written: undecodable places replaced and named in ``problem``."""
    cells = {"caption": row.caption, "image": row.image, "id": row.id}
    fixed = {name: repaired(text) for name, text in cells.items()}
    bad = [name for name, (_, broken) in fixed.items() if broken]
    if not bad:
        return row
    problem = row.problem or (
        UNDECODABLE,
        f"{' and '.join(bad)}: bytes or escapes that are no valid text (shown as U+FFFD)",
    )
    return RawRow(row.number, fixed["caption"][0], fixed["image"][0], fixed["id"][0], problem)
