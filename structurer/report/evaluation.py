"""The evaluation that was saved beside a run, if there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from structurer.schema import FIELD_NAMES

_SCORES: Final = ("precision", "recall", "f1")
_NOTHING: Final = "-"


@dataclass(frozen=True, slots=True)
class LaneTable:
    """Scores of one lane: per row a name, the gold count, and figures with their bar widths."""

    name: str
    rows: tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A saved evaluation."""

    gold: str
    captions: int
    lanes: tuple[LaneTable, ...]


def read_evaluation(run_dir: Path) -> Evaluation | None:
    """Return ``run_dir/evaluation.json``; ``None`` if there is none, or none of this shape."""
    try:
        payload = json.loads((run_dir / "evaluation.json").read_text(encoding="utf-8"))
        lanes = tuple(_lane(name, lane) for name, lane in payload["lanes"].items())
        return Evaluation(str(payload["gold"]), int(payload["captions"]), lanes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _lane(name: str, lane: dict[str, Any]) -> LaneTable:
    scores = {**{field: lane["fields"][field] for field in FIELD_NAMES}, "total": lane["total"]}
    rows = tuple((label, _gold(score), _figures(score)) for label, score in scores.items())
    notes = []
    interval = lane["total"].get("f1_interval")
    if interval:
        notes.append(f"95% interval of the total F1: {interval[0]:.3f} to {interval[1]:.3f}")
    told = lane["relevant"]["accuracy"]
    if told is not None:
        notes.append(f"relevance told right: {told:.3f}")
    notes += [f"{lane[key]} {key}" for key in ("failed", "missing") if lane[key]]
    return LaneTable(name, rows, tuple(notes))


def _gold(score: dict[str, Any]) -> str:
    return f"{score['facts']['tp'] + score['facts']['fn']:,}"


def _figures(score: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    values = [score["facts"][name] for name in _SCORES]
    values += [score["exact"]["f1"], score["relaxed"]["f1"], score["assertion"]["accuracy"]]
    return tuple(
        (_NOTHING, 0.0) if value is None else (f"{value:.3f}", round(100 * value, 1))
        for value in values
    )
