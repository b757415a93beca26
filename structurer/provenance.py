"""What decided a row, as one hash: the engine's fingerprint and the caption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def digest(fingerprint: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of an engine's fingerprint, whatever the order of its keys."""
    return sha256(json.dumps(dict(fingerprint), sort_keys=True))


def of_row(engine: str, caption: str) -> str:
    """Return the provenance of a row from the engine's :func:`digest` and its caption."""
    return sha256(f"{engine}\n{sha256(caption)}")


def sha256(text: str) -> str:
    """Return the SHA-256 (hex) of a text; lone surrogates are hashed as they stand."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
