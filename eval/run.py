"""One evaluation of files: gold and a run's predictions, or gold and the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from structurer.config import EngineConfig
from structurer.errors import UsageError, UserError
from structurer.records import CaptionRecord, StructuredCaption
from structurer.schema import LANES
from structurer.writers import PART_FORMATS, part_files, read_part

from .gold import GoldCaption, load_gold
from .scoring import EvaluationReport, evaluate

BOTH: Final = "both"
LANE_NAMES: Final[tuple[str, ...]] = (*LANES, BOTH)

MakeStructurer = Callable[[EngineConfig], Any]
Progress = Callable[[str, int, int], None]

_BATCH: Final = 64


def run_evaluation(
    gold: Path,
    pred: Path | None = None,
    lanes: Sequence[str] = (),
    *,
    config: EngineConfig | None = None,
    make_structurer: MakeStructurer | None = None,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Return the scores of ``lanes`` against the gold file.

    With ``pred`` (a run folder, a part, or a file of such rows) the lanes are read from its
    mentions: ``lexicon`` and ``llm`` keep the mentions which that lane gave, ``both`` keeps
    all. Without, each lane structures the gold captions anew with ``config``. ``lanes``
    defaults to those that ``pred`` holds, or to the lexicon lane. ``progress`` is told
    (lane, done, all).

    Raises:
        GoldError: the gold file cannot be used.
        UsageError: an unknown lane.
        UserError: ``pred`` cannot be read or is not of the gold's captions; and what the
            engine raises where a model is not there.
    """
    for lane in lanes:
        if lane not in LANE_NAMES:
            raise UsageError(f"unknown lane {lane!r}: choose from {', '.join(LANE_NAMES)}")
    captions = load_gold(gold)
    if pred is not None:
        rows = list(read_predictions(pred))
        chosen = tuple(dict.fromkeys(lanes)) or lanes_in(rows)
        report = evaluate(captions, {lane: only_lane(rows, lane) for lane in chosen})
    else:
        make = make_structurer or _engine
        base = config or EngineConfig()
        chosen = tuple(dict.fromkeys(lanes)) or (LANES[0],)
        predictions = {
            lane: _structure(captions, make(base.model_copy(update={"lane": lane})), lane, progress)
            for lane in chosen
        }
        report = evaluate(captions, predictions)
    return replace(report, gold=gold.name)


def read_predictions(path: Path) -> Iterator[StructuredCaption]:
    """Yield the rows of a run folder or of one file of rows.

    Raises:
        UserError: there is none, or a row has not the documented shape.
    """
    files = part_files(path) if path.is_dir() else [path]
    if not files:
        raise UserError(f"{path} holds no parts; name a run folder that structurer run made")
    for file in files:
        if file.suffix.lstrip(".") not in PART_FORMATS:
            raise UserError(f"{file}: predictions are read from {', '.join(PART_FORMATS)} files")
        yield from _rows(file)


def _rows(file: Path) -> Iterator[StructuredCaption]:
    read = 0
    try:
        for row in read_part(file):
            yield StructuredCaption.from_dict(row)
            read += 1
    except OSError as error:
        raise UserError(f"cannot read predictions {file}: {error.strerror or error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{file}:{read + 1}: no row of a run ({error})") from None


def lanes_in(rows: Iterable[StructuredCaption]) -> tuple[str, ...]:
    """Return the lanes that the mentions of ``rows`` can be scored for.

    A run of both lanes gives ``lexicon`` and ``both``: its merged rows hold only what of the
    model's answers was checked or agreed with, which is not the model alone.
    """
    seen = {lane for row in rows for mention in row.mentions for lane in mention.lanes}
    found = tuple(lane for lane in LANES if lane in seen)
    return (LANES[0], BOTH) if len(found) > 1 else found or (BOTH,)


def only_lane(rows: Iterable[StructuredCaption], lane: str) -> list[StructuredCaption]:
    """Return the rows with the mentions that ``lane`` gave; ``both`` keeps all."""
    if lane == BOTH:
        return list(rows)
    return [
        replace(row, mentions=tuple(m for m in row.mentions if lane in m.lanes)) for row in rows
    ]


def _engine(config: EngineConfig) -> Any:
    # Only here: an evaluation of finished predictions loads no engine.
    from structurer.assembly import CaptionStructurer

    return CaptionStructurer(config)


def _structure(
    captions: Sequence[GoldCaption], structurer: Any, lane: str, progress: Progress | None
) -> Mapping[str, StructuredCaption]:
    records = [CaptionRecord(c.id, c.caption, row=row) for row, c in enumerate(captions)]
    found: dict[str, StructuredCaption] = {}
    for start in range(0, len(records), _BATCH):
        batch = records[start : start + _BATCH]
        found.update((row.id, row) for row in structurer.structure(batch))
        if progress is not None:
            progress(lane, len(found), len(records))
    return found
