"""What each worked example of a prompt is worth: fact F1 with each left out, and with 0, 3 and 6.

    .venv-vllm/bin/python benchmarks/prompt_ablation.py [--prompt v2] [--form lines] [--limit N]

One vLLM server with the embedded model answers for the model's lane alone. Variants are copies
of the prompt's folder with other examples, so what is measured is what a run would use.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from development import gold_file
from serving import QUIET, vllm_server

for name, value in QUIET.items():
    os.environ.setdefault(name, value)

from eval.gold import GoldCaption, load_gold  # noqa: E402
from eval.scoring import evaluate  # noqa: E402
from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import Backend, open_backend  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.models import EMBEDDED_NAME, pull_embedded  # noqa: E402
from structurer.prompting import load_prompt  # noqa: E402
from structurer.records import CaptionRecord  # noqa: E402

HERE: Final = Path(__file__).resolve().parent
CONCURRENCY: Final = 32
COUNTS: Final = (0, 3, 6)
SHOWN: Final = 3
"""Examples that a run shows by default: one of these is left out at a time."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Examples shown, by their number in the prompt's file (from 1)."""

    title: str
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What one variant came to. Tokens are means a caption."""

    title: str
    prompt: float
    generated: float
    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None


def variants(examples: int) -> Iterator[Variant]:
    """Yield the variants of a prompt with so many examples."""
    for count in COUNTS:
        if count <= examples:
            yield Variant(f"first {count}", tuple(range(1, count + 1)))
    shown = range(1, min(SHOWN, examples) + 1)
    for left in shown:
        yield Variant(f"without example {left}", tuple(i for i in shown if i != left))


@contextmanager
def folder_of(prompt: str, variant: Variant) -> Iterator[Path]:
    """Provide a copy of the prompt's folder with the examples of a variant."""
    source = HERE.parent / "prompts" / prompt
    lines = (source / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "variant"
        shutil.copytree(source, folder)
        chosen = "".join(lines[i - 1] + "\n" for i in variant.examples)
        (folder / "examples.jsonl").write_text(chosen, encoding="utf-8")
        yield folder


def measure(
    backend: Backend, gold: Sequence[GoldCaption], prompt: str, form: str, variant: Variant
) -> Row:
    counted = CountingBackend(backend)
    with folder_of(prompt, variant) as folder:
        config = EngineConfig(
            lane="llm",
            backend="server",
            prompt=str(folder),
            llm_form=form,
            llm_examples=len(variant.examples),
            llm_batch_size=10_000,
        )
        structurer = CaptionStructurer(config, backend=counted)
    rows = structurer.structure([CaptionRecord(c.id, c.caption) for c in gold])
    report = evaluate(gold, {"llm": rows}).lane("llm")
    facts, interval = report.total.facts, report.interval
    return Row(
        variant.title,
        round(counted.prompt_tokens / len(gold), 1),
        round(counted.generated_tokens / len(gold), 1),
        facts.precision,
        facts.recall,
        facts.f1,
        interval.low if interval else None,
        interval.high if interval else None,
    )


def line(row: Row) -> str:
    scores = [row.precision, row.recall, row.f1, row.low, row.high]
    # A model that states nothing has no precision.
    p, r, f1, low, high = ("-" if score is None else f"{score:.3f}" for score in scores)
    tokens = f"{row.prompt:.0f} | {row.generated:.1f}"
    return f"| {row.title} | {tokens} | {p} | {r} | {f1} ({low}-{high}) |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompt", default="v2")
    parser.add_argument("--form", default="lines")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "prompt_ablation.json")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "ablation.log")
    args = parser.parse_args()
    path = gold_file()
    gold = load_gold(path)[: args.limit]
    rows: list[Row] = []
    print("| examples | prompt tokens | generated | P | R | F1 (95%) |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    with vllm_server(pull_embedded(), EMBEDDED_NAME, args.log, CONCURRENCY) as server:
        os.environ["STRUCTURER_SERVER_URL"] = server.url
        os.environ["STRUCTURER_SERVER_TIMEOUT"] = "600"
        backend = open_backend("server", EMBEDDED_NAME)
        for variant in variants(len(load_prompt(args.prompt).examples)):
            row = measure(backend, gold, args.prompt, args.form, variant)
            rows.append(row)
            print(line(row), flush=True)
    result = {
        "gold": path.name,
        "captions": len(gold),
        "prompt": args.prompt,
        "form": args.form,
        "rows": [asdict(row) for row in rows],
    }
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
