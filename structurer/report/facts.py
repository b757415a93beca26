"""What the run folder says of its run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structurer.report.survey import Survey

_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a run in words: headline figures, then settings, inputs and versions."""

    name: str
    finished: bool
    headline: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]


def read_facts(run_dir: Path, found: Survey) -> Facts:
    """Return the facts of a run; what its folder does not say is left out."""
    manifest = _json(run_dir / "manifest.json")
    config = _mapping(manifest, "config")
    mentions = sum(found.assertions.values())
    headline = [
        ("captions", f"{found.rows:,}"),
        ("structured", f"{found.rows - found.failed:,}"),
        ("failed", f"{found.failed:,}"),
        ("facts", f"{mentions:,}"),
    ]
    speed = _speed(run_dir / "timings.jsonl")
    if speed is not None:
        headline.append(("captions a second", f"{speed:,.1f}" if speed < 100 else f"{speed:,.0f}"))
    hashes = {**_mapping(manifest, "versions"), **_mapping(manifest, "hashes")}
    return Facts(
        name=run_dir.resolve().name,
        finished=bool(manifest.get("complete", True)),
        headline=tuple(headline),
        settings=tuple((key, _shown(value)) for key, value in config.items() if value is not None),
        inputs=tuple(
            (str(item.get("name")), f"{item.get('bytes', 0):,} bytes, {_shown(item.get('sha256'))}")
            for item in manifest.get("inputs") or []
        ),
        versions=tuple((key, _shown(value)) for key, value in hashes.items()),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _mapping(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def _speed(path: Path) -> float | None:
    """Captions a second over all sessions of the run."""
    rows = seconds = 0.0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            session = json.loads(line)
            rows += session["rows"]
            seconds += session["seconds"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows / seconds if seconds > 0 else None


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    hexadecimal = len(text) == 64 and not text.strip("0123456789abcdef")
    return text[:_SHORT_HASH] if hexadecimal else text
