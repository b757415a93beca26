"""The rows of a run on their way out, and the count of what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structurer.budget import CONTEXT_LENGTH
from structurer.errors import UserError
from structurer.export_formats.texts import Row
from structurer.writers import part_files, read_part


@dataclass(slots=True)
class Counted:
    """What became of the rows: ``written`` pairs or rows, and rows left out, by reason."""

    rows: int = 0
    written: int = 0
    without_image: int = 0
    without_text: int = 0
    image_not_found: int = 0
    image_of_other_kind: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A run to export. ``images`` is the folder that relative image paths start from."""

    run_dir: Path
    images: Path
    budget: int = CONTEXT_LENGTH
    finished: bool = True
    counted: Counted = field(default_factory=Counted)

    def parts(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows part by part, in input order, and count them.

        Raises:
            UserError: a part cannot be read.
        """
        for file in part_files(self.run_dir):
            try:
                rows = list(read_part(file))
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"cannot read {file} ({error}); run the same command again to repair the run"
                ) from None
            self.counted.rows += len(rows)
            yield rows

    def rows(self) -> Iterator[Row]:
        """Yield every row, in input order, and count it."""
        for rows in self.parts():
            yield from rows

    def rows_with_image(self) -> Iterator[Row]:
        """Yield the rows that have an image; the others are counted."""
        for row in self.rows():
            if row["image"]:
                yield row
            else:
                self.counted.without_image += 1


def open_source(run_dir: Path, images: Path | None = None) -> Source:
    """Return the run in ``run_dir``.

    Raises:
        UserError: it holds no parts.
    """
    if not part_files(run_dir):
        raise UserError(f"{run_dir} holds no parts; name a run folder that structurer run made")
    manifest: dict[str, Any] = {}
    with suppress(OSError, ValueError):  # parts alone are enough to export
        manifest = json.loads((run_dir / "manifest.json").read_text(encoding="utf-8"))
    budget = manifest.get("config", {}).get("text_budget_tokens", CONTEXT_LENGTH)
    finished = bool(manifest.get("complete", True)) if manifest else True
    return Source(run_dir, images or Path(), budget, finished)
