"""Captions a second of the LLM lane with vLLM in this process, and the share of the peaks.

    python benchmarks/gpu_throughput.py --model FOLDER [--rows 2000] [--price 3.5] [--out FILE]
    python benchmarks/gpu_throughput.py --model Qwen3-8B --dummy --answer-tokens 40
    python benchmarks/gpu_throughput.py --cpu-smoke

What runs is the product: the lane's prompts and grammars, its vLLM backend, linking and texts.

With ``--dummy`` the weights are random (vLLM's ``load_format="dummy"``), so no model need be
fetched: a known shape by name gets the embedded model's tokenizer and a table of tokens of the
shape's own size. A step costs the same as with real weights, and grammars hold as always, but
what greedy decoding of random weights writes, and when it ends, means nothing. So the work is
set to that of a real job: answers are cut at ``--answer-tokens``, the mean number of generated
tokens that was measured with a real model. A grammar may end an answer before that; the printed
number of generated tokens tells whether the work was as large as asked for. Answers that were
cut are failures in the record (``llm_length``), which is as it should be and counts as done here.

The time is wall time, as the GPU's owner pays it, of one call with all captions, after a warm-up
that computes the shared part of the prompt.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = Path(os.environ.get("STRUCTURER_SHARED", ROOT.parent / "shared"))
if __name__ == "__main__":
    for _name, _value in {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(_name, _value)

from roofline import Peak, Tokens, cost, decode_bytes, flops, needs, peak_of  # noqa: E402

from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import Backend, Generation, GenerationRequest  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.doctor.hardware import torch_gpus  # noqa: E402
from structurer.doctor.shape import ModelFacts, known_shapes, read_model  # noqa: E402
from structurer.models import EMBEDDED_NAME, resolve  # noqa: E402
from structurer.records import CaptionRecord  # noqa: E402

ARCHITECTURES: Final = {"qwen3": "Qwen3ForCausalLM", "llama": "LlamaForCausalLM"}
_TOKENIZER: Final = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


class CappedBackend:
    """A backend whose answers are cut at a number of tokens, whatever was asked for."""

    def __init__(self, inner: Backend, most: int) -> None:
        self.inner = inner
        self.most = most
        self.name = inner.name
        self.constrained = inner.constrained
        self.takes_grammar = inner.takes_grammar
        self.fingerprint = inner.fingerprint

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer every request, within the bound."""
        return self.inner.generate(
            [replace(one, max_tokens=min(one.max_tokens, self.most)) for one in requests]
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run did: sums over all captions, seconds of wall time."""

    captions: int
    failures: dict[str, int]
    seconds: float
    prompt: int
    cached: int
    generated: int

    def tokens(self) -> Tokens:
        """Return the tokens a caption."""
        n = self.captions
        return Tokens(self.prompt / n, self.cached / n, self.generated / n)


def captions(rows: int, path: Path | None) -> list[CaptionRecord]:
    """Return captions, none the same as another: a cache would give those for nothing."""
    real = SHARED / "data" / "captions" / "captions.csv"
    chosen = path or (real if real.is_file() else ROOT / "examples" / "captions.csv")
    with chosen.open(encoding="utf-8", newline="") as stream:
        texts = list(dict.fromkeys(row["caption"] for row in csv.DictReader(stream)))
    records = []
    for i in range(rows):
        again, text = divmod(i, len(texts))
        mark = f"Case {again + 1}. " if again else ""
        records.append(CaptionRecord(str(i), mark + texts[text]))
    return records


def dummy_folder(name: str, target: Path) -> Path:
    """Write a model without weights: a known shape's configuration, the embedded tokenizer.

    Raises:
        SystemExit: if the shape's family is not one of :data:`ARCHITECTURES`.
    """
    shape = dict(known_shapes()[name])
    if shape["model_type"] not in ARCHITECTURES:
        raise SystemExit(f"{name}: dummy weights are for {', '.join(ARCHITECTURES)}")
    embedded = resolve(EMBEDDED_NAME)
    theirs = json.loads((embedded / "config.json").read_text(encoding="utf-8"))
    ids = {key: theirs[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    own = {
        "architectures": [ARCHITECTURES[shape["model_type"]]],
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "attention_bias": False,
    }
    for file in _TOKENIZER:
        shutil.copy(embedded / file, target / file)
    (target / "config.json").write_text(json.dumps({**shape, **own, **ids}), encoding="utf-8")
    return target


def measure(backend: Backend, records: Sequence[CaptionRecord], form: str) -> Measured:
    """Structure the captions in one batch, after a warm-up."""
    counted = CountingBackend(backend)
    config = EngineConfig(
        lane="llm", backend="vllm", llm_form=form, llm_batch_size=max(1, len(records))
    )
    structurer = CaptionStructurer(config, backend=counted)
    structurer.structure([CaptionRecord("warm-up", "Dry skin.")])
    counted.reset()
    start = time.perf_counter()
    rows = structurer.structure(records)
    seconds = time.perf_counter() - start
    failures = Counter(row.failure.reason for row in rows if row.failure is not None)
    tokens = (counted.prompt_tokens, counted.cached_tokens, counted.generated_tokens)
    return Measured(len(rows), dict(failures), seconds, *tokens)


def report(
    facts: ModelFacts, found: Measured, peak: Peak | None, at_a_time: int, price: float | None
) -> dict[str, Any]:
    """Return the numbers of a run: rates, shares of the peaks, and a million captions."""
    rate = found.captions / found.seconds
    hours, money = cost(rate, price or 0)
    numbers: dict[str, Any] = {
        **asdict(found),
        "captions_per_second": rate,
        "prompt_tokens_per_second": found.prompt / found.seconds,
        "cached_tokens_per_second": found.cached / found.seconds,
        "generated_tokens_per_second": found.generated / found.seconds,
        "hours_per_million": hours,
    }
    if price is not None:
        numbers["cost_per_million"] = money
    if peak is not None:
        weights, parameters = needs(facts, "bfloat16")
        tokens, together = found.tokens(), min(at_a_time, found.captions)
        used = rate * flops(facts.shape, parameters, tokens)
        read = rate * decode_bytes(facts.shape, weights, "bfloat16", tokens, together)
        numbers["share_of_peak_flops"] = used / peak.flops
        numbers["share_of_peak_bandwidth"] = read / peak.bandwidth
    return numbers


def open_llm(folder: Path, args: argparse.Namespace) -> Any:
    """Return vLLM's engine with the backend's own arguments and those asked for."""
    import vllm

    from structurer.backends.vllm_offline import engine_arguments, extra_arguments

    options = {**engine_arguments(str(folder)), "max_model_len": args.max_model_len}
    options |= {"max_num_seqs": args.sequences, **extra_arguments()}
    if args.dummy:
        options["load_format"] = "dummy"
    return vllm.LLM(**options)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=EMBEDDED_NAME, help="a folder, or a known shape")
    parser.add_argument("--dummy", action="store_true", help="random weights")
    parser.add_argument("--answer-tokens", type=int, help="cut answers there; for --dummy")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--captions", type=Path, help="a CSV with a column caption")
    parser.add_argument("--form", default="auto", help="of the answers")
    parser.add_argument("--sequences", type=int, default=256, help="max_num_seqs")
    parser.add_argument("--max-model-len", type=int, default=4096)
    parser.add_argument("--price", type=float, help="of the GPU, an hour")
    parser.add_argument("--cpu-smoke", action="store_true", help="a few captions, on a CPU")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.dummy and args.answer_tokens is None:
        parser.error("--dummy needs --answer-tokens (docs/gpu.md has measured ones)")
    if args.cpu_smoke:
        args.rows, args.sequences = min(args.rows, 6), 8
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        os.environ.setdefault("STRUCTURER_VLLM_ARGS", '{"enforce_eager": true}')
    return args


def main() -> int:
    """Measure and print."""
    args = arguments()
    gpus = torch_gpus()
    if not gpus and not args.cpu_smoke:
        sys.exit("no GPU that torch sees: run it where there is one, or with --cpu-smoke")
    from structurer.backends.vllm_offline import VllmBackend

    facts = read_model(args.model)
    with tempfile.TemporaryDirectory() as work:
        shaped = args.dummy and args.model in known_shapes()
        folder = dummy_folder(args.model, Path(work)) if shaped else resolve(args.model)
        backend: Backend = VllmBackend(open_llm(folder, args), args.model)
        if args.answer_tokens:
            backend = CappedBackend(backend, args.answer_tokens)
        found = measure(backend, captions(args.rows, args.captions), args.form)
    name = gpus[0].name if gpus else "CPU"
    numbers = report(facts, found, peak_of(name), args.sequences, args.price)
    print(f"{args.model}{' (random weights)' if args.dummy else ''} on {name}")
    for key, value in numbers.items():
        print(f"{key:<28} {value:,.4g}" if isinstance(value, float) else f"{key:<28} {value}")
    if args.answer_tokens and found.tokens().generated < 0.9 * args.answer_tokens:
        print("note: answers ended before --answer-tokens, so a real job has more to do")
    if args.out:
        told = {"device": name, "model": args.model, "dummy": args.dummy, **numbers}
        args.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0 if found.generated else 1


if __name__ == "__main__":
    sys.exit(main())
