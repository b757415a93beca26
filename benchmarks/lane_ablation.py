"""What each lane and each constraint is worth: facts, tokens and seconds of every combination.

    .venv-vllm/bin/python benchmarks/lane_ablation.py [--tuned DIR] [--limit N]

One vLLM server with the embedded model answers all variants; ``--tuned`` adds the model folder
that ``training/finetune.py`` wrote, behind a second server. Gold is the development split in
the folder of development data (variable STRUCTURER_SHARED, else ../shared), else the examples.
Seconds are CPU time, of the server and of this process with the lexicon lane in it; the prefix
cache is emptied before each variant. The merge policy of the package is chosen from this table.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from development import gold_file
from serving import QUIET, Server, vllm_server

for name, value in QUIET.items():
    os.environ.setdefault(name, value)

from eval.gold import GoldCaption, load_gold  # noqa: E402
from eval.scoring import LaneReport, evaluate  # noqa: E402
from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import Backend, open_backend  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.models import EMBEDDED_NAME, pull_embedded  # noqa: E402
from structurer.records import CaptionRecord  # noqa: E402

HERE: Final = Path(__file__).resolve().parent
CONCURRENCY: Final = 32
FIELDS: Final = ("diagnosis", "concept", "symptom", "body_site", "history")
"""Shown in the table beside the total; all are in the results file."""
TUNED: Final = {"prompt": str(HERE.parent / "training" / "prompt"), "llm_examples": 0}


@dataclass(frozen=True, slots=True)
class Variant:
    """A row to be: ``settings`` are those of :class:`structurer.config.EngineConfig`."""

    title: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What one variant came to. Tokens are means a caption, ``failed`` a share of the captions."""

    title: str
    prompt: float
    generated: float
    seconds: float
    failed: float
    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None
    assertion: float | None
    fields: Mapping[str, float | None] = field(default_factory=dict)


LEXICON: Final = Variant("lexicon", {"lane": "lexicon"})
UNTUNED: Final = (
    Variant("model, free", {"lane": "llm", "llm_form": "lines", "llm_constrained": False}),
    Variant("model, JSON Schema", {"lane": "llm", "llm_form": "arrays"}),
    Variant("model, verbatim grammar, JSON", {"lane": "llm", "llm_form": "json"}),
    Variant("model, verbatim grammar, lines", {"lane": "llm", "llm_form": "lines"}),
    Variant("both, review, policy lexicon", {"lane": "both", "llm_form": "review"}),
    Variant(
        "both, review, policy model",
        {"lane": "both", "llm_form": "review", "merge_policy": "model"},
    ),
    Variant("both, lines, policy lexicon", {"lane": "both", "llm_form": "lines"}),
    Variant(
        "both, lines, policy model",
        {"lane": "both", "llm_form": "lines", "merge_policy": "model"},
    ),
)
WITH_TUNED: Final = (
    Variant("tuned model, free", {"lane": "llm", "llm_constrained": False}),
    Variant("tuned model, verbatim grammar, lines", {"lane": "llm"}),
    Variant("both with tuned, policy lexicon", {"lane": "both"}),
    Variant("both with tuned, policy model", {"lane": "both", "merge_policy": "model"}),
)


def measure(
    variant: Variant,
    gold: Sequence[GoldCaption],
    backend: Backend | None = None,
    server: Server | None = None,
) -> Row:
    counted = CountingBackend(backend) if backend is not None else None
    config = EngineConfig(backend="server", llm_batch_size=10_000, **variant.settings)
    structurer = CaptionStructurer(config, backend=counted)
    records = [CaptionRecord(caption.id, caption.caption) for caption in gold]
    start = _cpu_seconds(server)
    rows = structurer.structure(records)
    seconds = _cpu_seconds(server) - start
    report = evaluate(gold, {"lane": rows}).lane("lane")
    failed = sum(row.status == "failed" or row.failure is not None for row in rows)
    return _row(variant.title, len(gold), seconds, failed, report, counted)


def _cpu_seconds(server: Server | None) -> float:
    return time.process_time() + (server.cpu_seconds() if server else 0.0)


def _row(
    title: str,
    captions: int,
    seconds: float,
    failed: int,
    report: LaneReport,
    counted: CountingBackend | None,
) -> Row:
    facts, interval = report.total.facts, report.interval
    return Row(
        title,
        round(counted.prompt_tokens / captions, 1) if counted else 0.0,
        round(counted.generated_tokens / captions, 1) if counted else 0.0,
        round(seconds, 1),
        round(failed / captions, 3),
        facts.precision,
        facts.recall,
        facts.f1,
        interval.low if interval else None,
        interval.high if interval else None,
        report.total.assertion.value,
        {name: score.facts.f1 for name, score in report.fields.items()},
    )


HEAD: Final = (
    "| lanes | prompt tokens | generated | CPU seconds | failed | P | R | F1 (95%) | "
    + " | ".join(FIELDS)
    + " |\n|---|"
    + "---:|" * (7 + len(FIELDS))
)


def line(row: Row) -> str:
    return (
        f"| {row.title} | {row.prompt:,.0f} | {row.generated:.1f} | {row.seconds:.1f} | "
        f"{row.failed:.0%} | {_score(row.precision)} | {_score(row.recall)} | "
        f"{_score(row.f1)} ({_score(row.low)}-{_score(row.high)}) | "
        + " | ".join(_score(row.fields.get(name)) for name in FIELDS)
        + " |"
    )


def _score(value: float | None) -> str:
    # A lane that states nothing has no precision.
    return "-" if value is None else f"{value:.3f}"


class Table:
    """The rows so far: printed and written one by one, since all of them take half an hour."""

    def __init__(
        self, path: Path, about: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]
    ) -> None:
        self._path, self._about = path, about
        self._rows = {row["title"]: row for row in kept}
        print(HEAD)

    def add(self, row: Row) -> None:
        """Print a row and write the table with it, in place of one of the same title."""
        print(line(row), flush=True)
        self._rows[row.title] = asdict(row)
        result = {**self._about, "rows": list(self._rows.values())}
        self._path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


@contextmanager
def serving(model: Path, name: str, log: Path) -> Iterator[tuple[Server, Backend]]:
    with vllm_server(model, name, log, CONCURRENCY) as server:
        os.environ["STRUCTURER_SERVER_URL"] = server.url
        os.environ["STRUCTURER_SERVER_TIMEOUT"] = "600"
        yield server, open_backend("server", name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tuned", type=Path, help="a model folder of training/finetune.py")
    parser.add_argument("--only-tuned", action="store_true", help="add its rows to the results")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "lane_ablation.json")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "lanes.log")
    args = parser.parse_args()
    path = gold_file()
    gold = load_gold(path)[: args.limit]
    about = {"gold": path.name, "captions": len(gold)}
    kept = json.loads(args.json.read_text(encoding="utf-8"))["rows"] if args.only_tuned else []
    table = Table(args.json, about, kept)
    table.add(measure(LEXICON, gold))
    models = [] if args.only_tuned else [(pull_embedded(), EMBEDDED_NAME, UNTUNED)]
    if args.tuned:
        tuned = tuple(
            Variant(v.title, {**TUNED, "llm_form": "lines", **v.settings}) for v in WITH_TUNED
        )
        models.append((args.tuned, "tuned", tuned))
    for folder, served, variants in models:
        with serving(folder, served, args.log) as (server, backend):
            for variant in variants:
                server.forget()
                table.add(measure(variant, gold, backend, server))


if __name__ == "__main__":
    main()
