r"""Captions a second of the LLM lane with vLLM in this process, and the share of the peaks.

    python benchmarks/gpu_throughput.py --model FOLDER [--rows 2000] [--price 3.5] [--out FILE]
    python benchmarks/gpu_throughput.py --model Qwen3-8B --dummy \
        --form lines review --answer-tokens 44 6
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
with a few others, which also computes the shared part of the prompt. ``engine_seconds`` is the
part of it inside the engine; the rest is the lane's own work on the CPU, before and after.
``--engines`` opens several engines on the card and deals the captions out to them. ``--free``
measures without grammars too, to tell what they cost: answers mean nothing then.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    for _name, _value in {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(_name, _value)

from development import distinct_captions  # noqa: E402
from gpu_measure import CappedBackend, Gate, Measured, measure, together  # noqa: E402
from roofline import Peak, cost, decode_bytes, flops, needs, peak_of  # noqa: E402

from structurer.doctor.hardware import torch_gpus  # noqa: E402
from structurer.doctor.shape import ModelFacts, known_shapes, read_model  # noqa: E402
from structurer.models import EMBEDDED_NAME, resolve  # noqa: E402
from structurer.records import CaptionRecord  # noqa: E402

ARCHITECTURES: Final = {"qwen3": "Qwen3ForCausalLM", "llama": "LlamaForCausalLM"}
_TOKENIZER: Final = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def captions(rows: int, path: Path | None) -> list[CaptionRecord]:
    """Return captions, none the same as another: a cache would give those for nothing."""
    texts = distinct_captions(path)
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
    parser.add_argument(
        "--answer-tokens", type=int, nargs="+", help="cut answers there; for --dummy, one a form"
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--captions", type=Path, help="a CSV with a column caption")
    parser.add_argument("--form", nargs="+", default=["auto"], help="of the answers")
    parser.add_argument("--free", action="store_true", help="also without grammars")
    parser.add_argument("--sequences", type=int, default=256, help="max_num_seqs")
    parser.add_argument("--engines", type=int, default=1, help="on the one card, side by side")
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--gate", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--max-model-len", type=int, default=4096)
    parser.add_argument("--price", type=float, help="of the GPU, an hour")
    parser.add_argument("--cpu-smoke", action="store_true", help="a few captions, on a CPU")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.dummy and args.answer_tokens is None:
        parser.error("--dummy needs --answer-tokens (docs/gpu.md has measured ones)")
    if args.answer_tokens and len(args.answer_tokens) != len(args.form):
        parser.error("--answer-tokens takes as many numbers as --form has names")
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
    name = gpus[0].name if gpus else "CPU"
    if args.engines > 1 and args.share is None:
        told = side_by_side(args)
    else:
        told = {**setting(args, name), **one_engine(args)}
    if args.share is None:
        print(f"{args.model}{' (random weights)' if args.dummy else ''} on {name}")
        facts = read_model(args.model)
        for run in told["runs"]:
            found = Measured(**run.pop("found"))
            run |= report(facts, found, peak_of(name), args.sequences, args.price)
            show(run)
            if (most := run["answer_tokens"]) and found.tokens().generated < 0.9 * most:
                print("note: answers ended before --answer-tokens: a real job has more to do")
    if args.out:
        args.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


def one_engine(args: argparse.Namespace) -> dict[str, Any]:
    """Measure this process's share of the captions, each form in turn."""
    from structurer.backends.vllm_offline import VllmBackend

    records = captions(args.rows, args.captions)[args.share or 0 :: args.engines]
    gate = Gate(args.gate, args.engines)
    runs = []
    with tempfile.TemporaryDirectory() as work:
        shaped = args.dummy and args.model in known_shapes()
        folder = dummy_folder(args.model, Path(work)) if shaped else resolve(args.model)
        start = time.perf_counter()
        llm = open_llm(folder, args)
        opened = time.perf_counter() - start
        caps = args.answer_tokens or [None] * len(args.form)
        for (form, most), free in product(zip(args.form, caps, strict=True), (False, True)):
            if free and not args.free:
                continue
            llm.reset_prefix_cache()  # the run before had the same captions
            backend = CappedBackend(VllmBackend(llm, args.model), most, free)
            found = asdict(measure(backend, records, form, gate))
            runs.append({"form": form, "answer_tokens": most, "grammars": not free, "found": found})
    return {"seconds_to_open": opened, "runs": runs}


def side_by_side(args: argparse.Namespace) -> dict[str, Any]:
    """Measure several engines on the one card, each a process with its share of the captions."""
    with tempfile.TemporaryDirectory() as work:
        outs = [Path(work) / f"{i}.json" for i in range(args.engines)]
        command = [sys.executable, *sys.argv, "--gate", work]
        children = [
            subprocess.Popen([*command, "--share", str(i), "--out", str(out)])
            for i, out in enumerate(outs)
        ]
        codes = [child.wait() for child in children]
        if any(codes):
            sys.exit("an engine failed")
        parts = [json.loads(out.read_text(encoding="utf-8")) for out in outs]
    whole: dict[str, Any] = parts[0]
    whole["seconds_to_open"] = max(part["seconds_to_open"] for part in parts)
    for index, run in enumerate(whole["runs"]):
        found = [Measured(**part["runs"][index]["found"]) for part in parts]
        run["found"] = asdict(together(found))
    return whole


def show(run: dict[str, Any]) -> None:
    """Print the numbers of a run."""
    for key, value in run.items():
        print(f"{key:<28} {value:,.4g}" if isinstance(value, float) else f"{key:<28} {value}")


def setting(args: argparse.Namespace, device: str) -> dict[str, Any]:
    """Return what ran where."""
    import torch
    import vllm

    from structurer.backends.vllm_offline import extra_arguments

    return {
        "device": device,
        "vllm": vllm.__version__,
        "torch": torch.__version__,
        "model": args.model,
        "random_weights": args.dummy,
        "engines": args.engines,
        "sequences": args.sequences,
        "max_model_len": args.max_model_len,
        "engine_arguments": extra_arguments(),
    }


if __name__ == "__main__":
    sys.exit(main())
