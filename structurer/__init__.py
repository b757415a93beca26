"""Caption structuring engine for dermatology: captions in, checked records out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structurer.api import Structurer

__all__ = ["Structurer"]


def __getattr__(name: str) -> Any:
    """Load the engine on first use, so that `structurer --help` stays quick."""
    if name == "Structurer":
        from structurer.api import Structurer

        return Structurer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
