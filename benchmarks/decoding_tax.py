"""What constraints cost: tokens a second with and without them, and the grammar's own time.

    python benchmarks/decoding_tax.py [--engine transformers vllm] [--rounds N] [--grammar-only]

The grammar part is CPU time of one process (`time.process_time`). The engines run the same
captions with their grammars, and then free for as many tokens, in turns; --engine vllm needs
the environment that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

from development import gold_file
from serving import QUIET, cpu_seconds_of

for name, value in QUIET.items():
    os.environ.setdefault(name, value)
os.environ.setdefault(
    "STRUCTURER_VLLM_ARGS", '{"enforce_eager": true, "max_model_len": 4096, "max_num_seqs": 16}'
)

import llguidance  # noqa: E402
import llguidance.hf  # noqa: E402
import llguidance.numpy as llg_numpy  # noqa: E402
from llguidance import LLMatcher, LLTokenizer  # noqa: E402

from eval.gold import GoldCaption, load_gold  # noqa: E402
from structurer.answers import Fact  # noqa: E402
from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import GenerationRequest, constraints  # noqa: E402
from structurer.backends.scripted import ScriptedBackend  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.decoding import model_text  # noqa: E402
from structurer.forms import FORMS, Form  # noqa: E402
from structurer.models import EMBEDDED_NAME, pull_embedded  # noqa: E402
from structurer.records import CaptionRecord  # noqa: E402
from structurer.windows import WINDOW_WORDS  # noqa: E402

HERE: Final = Path(__file__).resolve().parent
REPEATS: Final = 30
MEASURED: Final = ("lines", "review", "json", "arrays")
"""Forms of the answer; the last is held to a JSON Schema."""


@dataclass(frozen=True, slots=True)
class GrammarCost:
    """Milliseconds to write and compile, microseconds for a mask; least and median."""

    grammar: str
    words: int
    tokens: int
    characters: int
    compile_ms: tuple[float, float]
    first_mask_us: tuple[float, float]
    token_us: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tax:
    """Tokens a second of one engine, and by round the constrained over the free rate."""

    engine: str
    rows: int
    tokens: int
    constrained: float
    free: float
    ratios: tuple[float, ...]
    cpu_ratios: tuple[float, ...]


# --- grammars alone -----------------------------------------------------------------------


def answer(caption: GoldCaption, form: Form) -> str:
    """Return the gold answer of a caption, without facts that overlap one before them."""
    end, facts = 0, []
    for m in sorted(caption.mentions, key=lambda mention: mention.start):
        if m.start >= end:
            kind = m.concept if m.field == "history" else None
            facts.append(Fact(m.field, model_text(m.text), m.assertion, kind))
            end = m.end
    return form.encode(facts)


def written(form: Form, text: str) -> str:
    """Return a caption's grammar or the JSON Schema, as llguidance takes it."""
    compiled = constraints.compiled(
        GenerationRequest((), form.grammar(text), 0, json_schema=form.json_schema)
    )
    assert compiled is not None
    return compiled


def grammar_cost(
    title: str, text: str, tokens: Sequence[int], write: Callable[[str], str], known: LLTokenizer
) -> GrammarCost | None:
    """Return the cost of one grammar over one answer, or ``None`` if it does not admit it."""
    mask = llg_numpy.allocate_token_bitmask(1, known.vocab_size)
    compiled, first, each = [], [], []
    for _ in range(REPEATS):
        start = time.process_time()
        matcher = LLMatcher(known, write(text), log_level=0)
        ready = time.process_time()
        llg_numpy.fill_next_token_bitmask(matcher, mask, 0)
        begun = time.process_time()
        for token in tokens:
            if not matcher.consume_token(token):
                return None
            llg_numpy.fill_next_token_bitmask(matcher, mask, 0)
        ended = time.process_time()
        compiled.append((ready - start) * 1e3)
        first.append((begun - ready) * 1e6)
        each.append((ended - begun) * 1e6 / len(tokens))
    return GrammarCost(
        title,
        len(text.split()),
        len(tokens),
        len(write(text)),
        *map(least, (compiled, first, each)),
    )


def least(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the median."""
    return round(min(values), 3), round(statistics.median(values), 3)


def grammar_costs(gold: Sequence[GoldCaption], model: Path) -> list[GrammarCost]:
    """Return the costs for a short, a median and a long caption that each grammar admits."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    start = time.process_time()
    known = llguidance.hf.from_tokenizer(tokenizer)
    print(f"tokenizer for grammars: {(time.process_time() - start) * 1e3:.0f} ms, once a process")
    by_words = sorted(
        (c for c in gold if c.mentions and len(c.caption.split()) <= WINDOW_WORDS),
        key=lambda caption: len(caption.caption.split()),
    )
    found: list[GrammarCost] = []
    for share in (0.0, 0.5, 1.0):
        for title in MEASURED:
            found += _near(by_words, share, title, tokenizer, known)
    return found


def _near(
    captions: Sequence[GoldCaption],
    share: float,
    title: str,
    tokenizer: Any,
    known: LLTokenizer,
) -> list[GrammarCost]:
    place = share * (len(captions) - 1)
    # Gold spans that end inside a word are not admitted: the next caption has to do.
    for i in sorted(range(len(captions)), key=lambda i: abs(i - place)):
        form = FORMS[title]
        tokens = tokenizer(answer(captions[i], form), add_special_tokens=False)["input_ids"]
        write = partial(written, form)
        cost = grammar_cost(title, model_text(captions[i].caption), tokens, write, known)
        if cost is not None:
            return [cost]
    return []


# --- engines ------------------------------------------------------------------------------


class Engine(Protocol):
    """An engine that answers with grammars, or free for a given number of tokens a row."""

    def constrained(self) -> list[int]:
        """Answer, and return the tokens of every row."""
        ...

    def free(self, sizes: Sequence[int]) -> list[int]:
        """Generate that many tokens, and return how many they were."""
        ...


class WithTransformers:
    """One batch of the backend; all rows take as many steps as the longest answer."""

    def __init__(self, requests: Sequence[GenerationRequest]) -> None:
        from structurer.backends.transformers import TransformersBackend

        self._backend = TransformersBackend.open(EMBEDDED_NAME)
        self._requests = requests

    def constrained(self) -> list[int]:
        """Answer, and return the steps of the batch for every row."""
        replies = self._backend.generate(self._requests)
        steps = max(reply.generated_tokens for reply in replies)
        return [steps] * len(replies)

    def free(self, sizes: Sequence[int]) -> list[int]:
        """Generate without a mask: the model's own way, end of text held back."""
        backend, steps = self._backend, max(sizes)
        from structurer.backends.transformers import _copies

        prefix, own = backend._split(self._requests)
        options: dict[str, Any] = {"do_sample": False, "pad_token_id": backend._eos}
        if prefix is not None:
            options["past_key_values"] = _copies(prefix.cache, len(own))
        backend._outlines.prefix_ids = None if prefix is None else prefix.ids
        rows = backend._outlines.generate_batch(
            own,
            None,
            min_new_tokens=steps,
            max_new_tokens=steps,
            eos_token_id=backend._eos,
            **options,
        )
        return [len(row) for row in rows]


class WithVllm:
    """The offline engine, all captions at once."""

    def __init__(self, requests: Sequence[GenerationRequest]) -> None:
        from structurer.backends.vllm_offline import VllmBackend

        self._backend = VllmBackend.open(EMBEDDED_NAME)
        self._requests = requests

    def constrained(self) -> list[int]:
        """Answer, and return the tokens of every row."""
        return [reply.generated_tokens for reply in self._backend.generate(self._requests)]

    def free(self, sizes: Sequence[int]) -> list[int]:
        """Generate as many tokens a row, past the end of the text."""
        from vllm.sampling_params import SamplingParams

        limits = [
            SamplingParams(temperature=0, ignore_eos=True, min_tokens=size, max_tokens=size)
            for size in sizes
        ]
        chats = [
            [{"role": m.role, "content": m.content} for m in request.messages]
            for request in self._requests
        ]
        outputs = self._backend._llm.chat(chats, limits, use_tqdm=False)
        return [len(output.outputs[0].token_ids) for output in outputs]


ENGINES: Final[Mapping[str, Callable[[Sequence[GenerationRequest]], Engine]]] = {
    "transformers": WithTransformers,
    "vllm": WithVllm,
}


def tax(name: str, requests: Sequence[GenerationRequest], rounds: int) -> Tax:
    """Return the rates of an engine, with and without constraints in turns."""
    engine = ENGINES[name](requests)
    sizes = engine.constrained()
    engine.free(sizes)  # both are warm now
    rates: dict[str, list[tuple[float, float]]] = {"constrained": [], "free": []}
    for number in range(rounds):
        # Each goes first in every other round.
        for way in sorted(rates, reverse=bool(number % 2)):
            wall, cpu = time.monotonic(), cpu_seconds_of(os.getpid())
            made = engine.constrained() if way == "constrained" else engine.free(sizes)
            seconds = time.monotonic() - wall
            used = cpu_seconds_of(os.getpid()) - cpu
            rates[way].append((sum(made) / seconds, sum(made) / used))
        held, free = rates["constrained"][-1], rates["free"][-1]
        print(f"  {name}, round {number + 1}: {held[0]:.1f} and {free[0]:.1f} tokens/s", flush=True)
    pairs = list(zip(rates["constrained"], rates["free"], strict=True))
    return Tax(
        name,
        len(requests),
        sum(sizes),
        round(statistics.median(rate for rate, _ in rates["constrained"]), 1),
        round(statistics.median(rate for rate, _ in rates["free"]), 1),
        tuple(round(held[0] / free[0], 4) for held, free in pairs),
        tuple(round(held[1] / free[1], 4) for held, free in pairs),
    )


def requests_of(gold: Sequence[GoldCaption], rows: int) -> list[GenerationRequest]:
    """Return the requests of the captions of median length."""
    by_words = sorted(gold, key=lambda caption: len(caption.caption.split()))
    first = max(0, (len(by_words) - rows) // 2)
    backend = ScriptedBackend(lambda _: "none", constrained=True)
    config = EngineConfig(lane="llm", llm_batch_size=rows)
    chosen = [CaptionRecord(c.id, c.caption) for c in by_words[first : first + rows]]
    CaptionStructurer(config, backend=backend).structure(chosen)
    return backend.requests[:rows]


# --- tables -------------------------------------------------------------------------------


def grammar_table(costs: Sequence[GrammarCost]) -> list[str]:
    lines = [
        "| grammar | words | answer tokens | compile ms | first mask us | us a token |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for cost in costs:
        values = (cost.compile_ms, cost.first_mask_us, cost.token_us)
        shown = " | ".join(
            f"{low:.{digits}f} / {middle:.{digits}f}"
            for (low, middle), digits in zip(values, (2, 0, 0), strict=True)
        )
        lines.append(f"| {cost.grammar} | {cost.words} | {cost.tokens} | {shown} |")
    return lines


def tax_table(taxes: Sequence[Tax]) -> list[str]:
    lines = [
        "| engine | rows | constrained tokens/s | free | ratio (range) | by CPU time |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in taxes:
        shown = " | ".join(
            f"{statistics.median(r):.3f} ({min(r):.3f}-{max(r):.3f})"
            for r in (one.ratios, one.cpu_ratios)
        )
        lines.append(f"| {one.engine} | {one.rows} | {one.constrained} | {one.free} | {shown} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", nargs="*", choices=sorted(ENGINES), default=["transformers"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--grammar-only", action="store_true")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "decoding_tax.json")
    args = parser.parse_args()
    gold = load_gold(gold_file())
    model = pull_embedded()
    started = time.monotonic()
    costs = grammar_costs(gold, model)
    print("\n".join(grammar_table(costs)), flush=True)
    result: dict[str, Any] = {
        "llguidance": version("llguidance"),
        "grammars": [asdict(cost) for cost in costs],
    }
    if not args.grammar_only:
        requests = requests_of(gold, args.rows)
        taxes = [tax(name, requests, args.rounds) for name in args.engine]
        print("\n".join(tax_table(taxes)))
        result["engines"] = [asdict(one) for one in taxes]
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{time.monotonic() - started:.0f} s in all; written: {args.json}")


if __name__ == "__main__":
    main()
