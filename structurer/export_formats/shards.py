"""WebDataset: tar shards whose files go together by name (image, .txt, .json)."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from structurer.errors import OutputError, UsageError, UserError
from structurer.export_formats.source import Source
from structurer.export_formats.texts import Row, caption_text
from structurer.writers import atomic, json_line, write_json

SHARD_SAMPLES: Final = 1_000
IMAGE_KINDS: Final = frozenset({"jpg", "jpeg", "png", "webp"})
"""Endings that open_clip's WebDataset reader takes for images."""

_OWN: Final = re.compile(r"shard-\d{5}\.tar|sizes\.json")

Sample = tuple[str, Row, Path]


def write_webdataset(source: Source, out: Path) -> None:
    """Write the folder ``out`` of shards, and ``sizes.json``, from which open_clip counts.

    The text of a sample is its caption; all composed texts stand in its JSON. Names, times
    and owners inside the shards are fixed, so equal rows and images give equal bytes.

    Raises:
        UsageError: ``out`` holds other files.
        UserError: no image of the run was found.
    """
    _empty(out)
    samples = _samples(source)
    sizes: dict[str, int] = {}
    while batch := list(islice(samples, SHARD_SAMPLES)):
        name = f"shard-{len(sizes):05d}.tar"
        sizes[name] = len(batch)
        with (
            atomic(out / name) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as shard,
        ):
            for sample in batch:
                _add(shard, *sample)
        source.counted.written += len(batch)
    if source.counted.image_not_found and not sizes:
        where = source.images.resolve()
        raise UserError(
            f"no image of the run is under {where}; go to the folder that the image paths start"
            " from and export again"
        )
    write_json(out / "sizes.json", sizes)


def _empty(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        found = sorted(out.iterdir())
        other = next((file.name for file in found if not _OWN.fullmatch(file.name)), None)
        if other is not None:
            raise UsageError(f"{out} holds other files ({other}); name a new folder")
        for file in found:
            file.unlink()
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out} is a file; webdataset writes a folder") from None
    except OSError as error:
        raise OutputError.from_os(error, out, "name another folder") from None


def _samples(source: Source) -> Iterator[Sample]:
    for number, row in enumerate(source.rows_with_image()):
        image = source.images / row["image"]
        if not caption_text(row):
            source.counted.without_text += 1
        elif image.suffix.lower().lstrip(".") not in IMAGE_KINDS:
            source.counted.image_of_other_kind += 1
        elif not image.is_file():
            source.counted.image_not_found += 1
        else:
            yield f"{number:09d}", row, image


def _add(shard: tarfile.TarFile, key: str, row: Row, image: Path) -> None:
    try:
        picture = image.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read image {image}: {error.strerror}") from None
    files = {
        image.suffix.lower().lstrip("."): picture,
        "txt": caption_text(row).encode("utf-8"),
        "json": json_line(row),
    }
    for ending, content in files.items():
        info = tarfile.TarInfo(f"{key}.{ending}")
        info.size = len(content)
        info.mode = 0o644
        shard.addfile(info, io.BytesIO(content))
