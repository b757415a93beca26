"""Which columns hold caption, image and id: named by the user or told by common names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from structurer.errors import UserError

GUESSES: Final[dict[str, tuple[str, ...]]] = {
    "caption": ("caption", "text", "truncated_caption", "title"),
    "image": ("image", "filename", "filepath", "image_path"),
    "id": ("id",),
}
"""Role to the column names looked for, first match wins; letter case does not matter."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Overrides of the column guesses, and the text encoding.

    ``encoding=None`` means UTF-8, or what a byte order mark says.
    """

    caption_column: str | None = None
    image_column: str | None = None
    id_column: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each role; ``None`` where a file has no such column."""

    caption: str
    image: str | None
    id: str | None


def resolve_columns(names: Sequence[str], options: ReadOptions, where: object) -> Columns:
    """Return the columns to read among ``names`` of the file ``where``.

    Raises:
        UserError: a named column is not there, or no caption column can be told.

    >>> resolve_columns(["ID", "text", "filename"], ReadOptions(), "a.csv")
    Columns(caption='text', image='filename', id='ID')
    """
    caption = _pick("caption", options.caption_column, names, where)
    if caption is None:
        raise UserError(
            f"{where}: no caption column (looked for {', '.join(GUESSES['caption'])}); "
            f"it has {_listing(names)}; name one with --caption-column"
        )
    return Columns(
        caption,
        _pick("image", options.image_column, names, where),
        _pick("id", options.id_column, names, where),
    )


def _pick(role: str, wanted: str | None, names: Sequence[str], where: object) -> str | None:
    if wanted is not None:
        if wanted not in names:
            raise UserError(
                f"{where}: no column {wanted!r} for the {role}; it has {_listing(names)}"
            )
        return wanted
    folded = {name.strip().casefold(): name for name in reversed(names)}
    return next((folded[guess] for guess in GUESSES[role] if guess in folded), None)


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "") or "no columns"
