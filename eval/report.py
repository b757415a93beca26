"""An evaluation as tables: for a terminal, for a README, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from structurer.writers import write_json

from .metrics import Accuracy, Counts, Interval
from .scoring import TOTAL, EvaluationReport, FactError, FieldScore, LaneReport

NOTHING: Final = "-"
"""What a table shows where there was nothing to score."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table before it is drawn: the first column holds names, the others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    value: Callable[[FieldScore], float | None]


_SHEETS: Final[tuple[tuple[str, tuple[_Column, ...]], ...]] = (
    (
        "Normalised facts per caption (field, concept, assertion)",
        (
            _Column("P", lambda s: s.facts.precision),
            _Column("R", lambda s: s.facts.recall),
            _Column("F1", lambda s: s.facts.f1),
        ),
    ),
    (
        "Spans, and the assertion where spans overlap",
        (
            _Column("exact F1", lambda s: s.exact.f1),
            _Column("relaxed F1", lambda s: s.relaxed.f1),
            _Column("assertion", lambda s: s.assertion.value),
        ),
    ),
)


def sheets(report: EvaluationReport) -> list[Sheet]:
    """Return the tables of a report: facts, spans, and one row a lane with its counts."""
    made = [_by_field(report, title, columns) for title, columns in _SHEETS]
    return [*made, _by_lane(report)]


def as_tables(report: EvaluationReport, errors: int = 0) -> list[Table]:
    """Return the report as rich tables, with up to ``errors`` differing facts of each lane."""
    tables = []
    chosen = [*sheets(report), *(_error_sheet(lane, errors) for lane in report.lanes if errors)]
    for sheet in chosen:
        table = Table(title=Text(sheet.title), title_justify="left")
        for number, label in enumerate(sheet.header):
            left = number == 0 or sheet.title.startswith(_DIFFERENCES)
            table.add_column(label, justify="left" if left else "right", no_wrap=number == 0)
        for row in sheet.rows:
            table.add_row(*map(Text, row), style="bold" if row[0] == TOTAL else None)
        tables.append(table)
    return tables


def as_markdown(report: EvaluationReport, errors: int = 0) -> str:
    """Return the report as Markdown tables, with up to ``errors`` differing facts a lane."""
    chosen = [*sheets(report), *(_error_sheet(lane, errors) for lane in report.lanes if errors)]
    return "\n".join(line for sheet in chosen for line in _markdown(sheet))


def as_dict(report: EvaluationReport, errors: int = 0) -> dict[str, Any]:
    """Return the report as plain JSON types; scores are rounded to four decimals.

    A score is ``None`` where there was nothing to score.
    """
    return {
        "gold": report.gold,
        "captions": report.captions,
        "mentions": report.mentions,
        "lanes": {lane.name: _lane(lane, errors) for lane in report.lanes},
    }


def save(report: EvaluationReport, run_dir: Path) -> Path:
    """Write ``run_dir/evaluation.json``, which the run's HTML report then shows; return its path.

    Raises:
        OutputError: it cannot be written.
    """
    path = run_dir / "evaluation.json"
    write_json(path, as_dict(report))
    return path


_DIFFERENCES: Final = "Differences"


def _by_field(report: EvaluationReport, title: str, columns: Sequence[_Column]) -> Sheet:
    header = ["field", "gold"]
    for lane in report.lanes:
        header += [f"{lane.name} {column.label}" for column in columns]
    names = [*report.lanes[0].fields, TOTAL] if report.lanes else []
    rows = []
    for name in names:
        scores = [lane.total if name == TOTAL else lane.fields[name] for lane in report.lanes]
        counted = scores[0].facts.gold if columns is _SHEETS[0][1] else scores[0].exact.gold
        figures = [_figure(column.value(score)) for score in scores for column in columns]
        rows.append((name, str(counted), *figures))
    return Sheet(title, tuple(header), tuple(rows))


_PER_LANE: Final[tuple[tuple[str, Callable[[LaneReport], str]], ...]] = (
    ("captions", lambda lane: str(lane.captions)),
    ("of these failed", lambda lane: str(lane.failed)),
    ("of these without prediction", lambda lane: str(lane.missing)),
    ("facts in gold", lambda lane: str(lane.total.facts.gold)),
    ("facts predicted", lambda lane: str(lane.total.facts.predicted)),
    ("facts right", lambda lane: str(lane.total.facts.tp)),
    ("F1 of facts", lambda lane: _figure(lane.total.facts.f1)),
    ("its 95% interval", lambda lane: _interval(lane.interval)),
    ("relevance told right", lambda lane: _figure(lane.relevant.value)),
)


def _by_lane(report: EvaluationReport) -> Sheet:
    rows = tuple((label, *(value(lane) for lane in report.lanes)) for label, value in _PER_LANE)
    return Sheet("Lanes", ("", *(lane.name for lane in report.lanes)), rows)


def _error_sheet(lane: LaneReport, limit: int) -> Sheet:
    rows = tuple(
        (e.id, e.kind, e.field, e.text, e.concept, _assertion(e)) for e in lane.errors[:limit]
    )
    title = f"{_DIFFERENCES} of {lane.name}: {len(rows)} of {len(lane.errors)}"
    return Sheet(title, ("caption", "kind", "field", "text", "concept", "assertion"), rows)


def _assertion(error: FactError) -> str:
    return f"{error.assertion}, not {error.expected}" if error.expected else error.assertion


def _markdown(sheet: Sheet) -> Iterator[str]:
    yield f"**{sheet.title}**\n"
    left = sheet.title.startswith(_DIFFERENCES)
    marks = ["---" if left or number == 0 else "--:" for number in range(len(sheet.header))]
    for row in (sheet.header, tuple(marks), *sheet.rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _interval(interval: Interval | None) -> str:
    return NOTHING if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _lane(lane: LaneReport, errors: int) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "captions": lane.captions,
        "failed": lane.failed,
        "missing": lane.missing,
        "relevant": _accuracy(lane.relevant),
        TOTAL: {
            **_score(lane.total),
            "f1_interval": lane.interval
            and [_rounded(lane.interval.low), _rounded(lane.interval.high)],
        },
        "fields": {name: _score(score) for name, score in lane.fields.items()},
    }
    if errors:
        payload["errors"] = [asdict(error) for error in lane.errors[:errors]]
    return payload


def _score(score: FieldScore) -> dict[str, Any]:
    return {
        "facts": _count(score.facts),
        "exact": _count(score.exact),
        "relaxed": _count(score.relaxed),
        "assertion": _accuracy(score.assertion),
    }


def _count(counts: Counts) -> dict[str, Any]:
    scores = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
    return {**asdict(counts), **{name: _rounded(value) for name, value in scores.items()}}


def _accuracy(accuracy: Accuracy) -> dict[str, Any]:
    return {**asdict(accuracy), "accuracy": _rounded(accuracy.value)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
