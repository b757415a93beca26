"""Prompt-lookup speculation in vLLM, with and without, on the same captions.

    python benchmarks/speculative.py [--rows 20] [--rounds 2] [--tokens 4] [--lookup 2 4]

Answers copy words of the caption, so the next tokens can often be looked up in the prompt
(vLLM's speculation method "ngram"). Two engines answer the same captions in turn, each with an
empty prefix cache; the grammar holds in both. Told are: whether the records are the same, how
many drafted tokens were accepted, and the tokens generated a second of CPU time of the process
and its children. On a CPU a step costs about as much as its tokens, so drafts that fail cost
what they cost; on a GPU at low load they are nearly free.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

for _name, _value in {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)

import vllm  # noqa: E402
from gpu_throughput import captions  # noqa: E402
from serving import cpu_seconds_of  # noqa: E402

from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.backends.vllm_offline import VllmBackend, engine_arguments  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.models import EMBEDDED_NAME, resolve  # noqa: E402
from structurer.records import CaptionRecord, StructuredCaption  # noqa: E402

COUNTS: Final = {
    "drafted": "vllm:spec_decode_num_draft_tokens",
    "accepted": "vllm:spec_decode_num_accepted_tokens",
}


class Engine:
    """One engine with its lane, and what it has cost so far."""

    def __init__(self, name: str, model: str, form: str, speculation: dict[str, Any] | None):
        self.name = name
        options = {**engine_arguments(str(resolve(model))), "max_model_len": 4096}
        options |= {"max_num_seqs": 8, "enforce_eager": True, "disable_log_stats": False}
        if speculation is not None:
            options["speculative_config"] = speculation
        self.llm = vllm.LLM(**options)
        self.backend = CountingBackend(VllmBackend(self.llm, name))
        config = EngineConfig(lane="llm", backend="vllm", llm_form=form)
        self.structurer = CaptionStructurer(config, backend=self.backend)
        self.structurer.structure([CaptionRecord("warm-up", "Dry skin.")])
        self.backend.reset()
        self.cpu = self.wall = 0.0

    def answer(self, records: Sequence[CaptionRecord]) -> list[StructuredCaption]:
        """Structure the captions, from an empty prefix cache."""
        self.llm.reset_prefix_cache()
        wall, cpu = time.perf_counter(), cpu_seconds_of(os.getpid())
        rows = self.structurer.structure(records)
        self.wall += time.perf_counter() - wall
        self.cpu += cpu_seconds_of(os.getpid()) - cpu
        return rows

    def count(self, what: str) -> float:
        """Return one of the engine's own counters, 0 if it has none of the name."""
        found = [m.value for m in self.llm.get_metrics() if m.name == COUNTS[what]]
        return float(sum(found))


def main() -> int:
    """Measure and print; 1 if the two do not give the same records."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=EMBEDDED_NAME)
    parser.add_argument("--form", default="auto", help="of the answers")
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4, help="drafted at a time")
    parser.add_argument("--lookup", type=int, nargs=2, default=(2, 4), help="shortest, longest")
    parser.add_argument("--captions", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    records = captions(args.rows, args.captions)
    speculation = {
        "method": "ngram",
        "num_speculative_tokens": args.tokens,
        "prompt_lookup_min": args.lookup[0],
        "prompt_lookup_max": args.lookup[1],
    }
    plain = Engine("plain", args.model, args.form, None)
    drafting = Engine("ngram", args.model, args.form, speculation)
    before = {what: drafting.count(what) for what in COUNTS}
    same = 0
    for _ in range(args.rounds):
        pairs = zip(plain.answer(records), drafting.answer(records), strict=True)
        same += sum(one.mentions == other.mentions for one, other in pairs)
    told: dict[str, Any] = {
        "speculative_config": speculation,
        "captions": len(records),
        "rounds": args.rounds,
        "records_alike": same,
        "records": len(records) * args.rounds,
        **{what: drafting.count(what) - before[what] for what in COUNTS},
    }
    for engine in (plain, drafting):
        generated = engine.backend.generated_tokens
        told[engine.name] = {
            "generated": generated,
            "cpu_seconds": round(engine.cpu, 2),
            "generated_per_cpu_second": round(generated / engine.cpu, 2),
        }
    told["acceptance"] = round(told["accepted"] / max(1, told["drafted"]), 3)
    print(json.dumps(told, indent=1))
    if args.out:
        args.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0 if same == told["records"] else 1


if __name__ == "__main__":
    sys.exit(main())
