"""What linking by choice does to the facts: mentions asked about, answers, change of F1.

Usage: python benchmarks/choice_linking.py [--gold FILE] [--model M] [--json PATH]

The gold file is the development set where there is one, else that of the examples. Both lanes that
use the model are structured without and with choices; what the model answered once is not asked
again, so the extraction is the same in both.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from development import gold_file

from eval.gold import load_gold
from eval.scoring import LaneReport, evaluate
from structurer.assembly import CaptionStructurer
from structurer.backends import Backend, Generation, GenerationRequest, open_backend
from structurer.config import EngineConfig
from structurer.records import CaptionRecord, StructuredCaption

HERE: Final = Path(__file__).parent
LANES: Final = ("llm", "both")


class Remembered:
    """A backend that answers a request it has seen as it did before."""

    def __init__(self, backend: Backend) -> None:
        self.name, self.constrained = backend.name, backend.constrained
        self.takes_grammar = backend.takes_grammar
        self.fingerprint = backend.fingerprint
        self.asked = 0
        self._backend = backend
        self._known: dict[GenerationRequest, Generation] = {}

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Return the replies, in order."""
        fresh = [request for request in requests if request not in self._known]
        self.asked += len(fresh)
        replies = self._backend.generate(fresh) if fresh else []
        self._known.update(zip(fresh, replies, strict=True))
        return [self._known[request] for request in requests]


def rows(
    backend: Backend, records: Sequence[CaptionRecord], lane: str, link: bool
) -> list[StructuredCaption]:
    config = EngineConfig(lane=lane, llm_link=link)
    return CaptionStructurer(config, backend=backend).structure(records)


def scores(report: LaneReport) -> dict[str, float]:
    found = {name: score.facts.f1 or 0.0 for name, score in report.fields.items()}
    return {**found, "total": report.total.facts.f1 or 0.0}


def measure(gold: Path, model: str) -> dict[str, Any]:
    captions = load_gold(gold)
    records = [CaptionRecord(c.id, c.caption, row=i) for i, c in enumerate(captions)]
    backend = Remembered(open_backend("transformers", model))
    result: dict[str, Any] = {"gold": gold.name, "captions": len(captions), "model": model}
    for lane in LANES:
        plain = rows(backend, records, lane, link=False)
        before, started = backend.asked, time.process_time()
        linked = rows(backend, records, lane, link=True)
        report = evaluate(captions, {"without": plain, "with": linked})
        found: Counter[str] = Counter(code for row in linked for code in row.choices)
        result[lane] = {
            "unsure": found.total(),
            "outcomes": dict(sorted(found.items())),
            "questions": backend.asked - before,
            "cpu_seconds": round(time.process_time() - started, 1),
            "without": scores(report.lane("without")),
            "with": scores(report.lane("with")),
        }
    return result


def show(result: dict[str, Any]) -> None:
    print(f"{result['gold']}: {result['captions']} captions, {result['model']}")
    for lane in LANES:
        found = result[lane]
        answers = ", ".join(f"{code} {n}" for code, n in found["outcomes"].items())
        print(f"\nlane {lane}: {found['unsure']} mentions NIL or ambiguous: {answers}")
        print(f"{found['questions']} questions to the model, {found['cpu_seconds']} CPU seconds")
        print("\n| field | fact F1 without | with | change |\n|---|---:|---:|---:|")
        for name, before in found["without"].items():
            after = found["with"][name]
            print(f"| {name} | {before:.3f} | {after:.3f} | {after - before:+.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gold", type=Path, default=gold_file())
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "choice_linking.json")
    args = parser.parse_args()
    if not args.gold.is_file():
        sys.exit(f"{args.gold}: no gold file there")
    result = measure(args.gold, args.model)
    show(result)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written: {args.json}")


if __name__ == "__main__":
    main()
