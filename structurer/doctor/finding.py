"""What every check of the doctor gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``status`` is ok, note (something optional is not there), warn or fail.

    ``numbers`` are those of ``detail`` in full, for programs; bytes, seconds and counts.
    """

    name: str
    status: str
    detail: str
    advice: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def size(count: float) -> str:
    """Return a number of bytes as people write it.

    >>> size(147456), size(16_381_470_720)
    ('144 KiB', '15.3 GiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"
