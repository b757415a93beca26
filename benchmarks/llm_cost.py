"""What the LLM lane costs and finds, beside LangExtract: same model, same server, same captions.

    .venv-vllm/bin/python benchmarks/llm_cost.py --langextract PYTHON [--form NAME[:LANE] ...]
        [--format json yaml] [--limit N] [--tokens-only]

One vLLM server is started with the embedded model (or --url names one that runs), and asked by
one system after the other, 16 requests at a time. LangExtract lives in an environment of its
own. --tokens-only needs no server: it counts what a perfect answer takes in each form.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from development import gold_file
from serving import QUIET, Server, progress, vllm_server

for name, value in QUIET.items():
    os.environ.setdefault(name, value)

import langextract_form as form  # noqa: E402

from eval.gold import GoldCaption, GoldMention, load_gold  # noqa: E402
from eval.scoring import evaluate  # noqa: E402
from ontology_graph import Linker, Ontology, load_default  # noqa: E402
from structurer.answers import WRONG, Fact  # noqa: E402
from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import GenerationRequest  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.backends.scripted import ScriptedBackend  # noqa: E402
from structurer.cleaning import clean  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.decoding import model_text  # noqa: E402
from structurer.extraction import DEFAULT_PROMPT  # noqa: E402
from structurer.forms import FORMS, Form  # noqa: E402
from structurer.lexicon import LexiconLane  # noqa: E402
from structurer.linking import link_mentions  # noqa: E402
from structurer.models import EMBEDDED_NAME, fingerprint, pull_embedded  # noqa: E402
from structurer.prompting import load_prompt  # noqa: E402
from structurer.records import CaptionRecord, Mention, StructuredCaption  # noqa: E402

HERE: Final = Path(__file__).resolve().parent
CONCURRENCY: Final = 16
WARM_UP: Final = "Clusters of soft brown papules behind the left ear of a teenage boy, no pain."
"""Asked before each measurement, so that the shared part of the prompt is in the cache."""

DEFAULT: Final = ("review:both", "lines:llm", "lines:both", "json:llm", "arrays:llm")
"""Answer forms of ours (``llm_form``) and the lane they are asked in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one system made of the captions. Tokens are sums, times are seconds."""

    system: str
    captions: int
    calls: int
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    cut_off: int
    failed_calls: int
    parse_failures: int
    unaligned: int
    wall_seconds: float
    server_cpu_seconds: float
    client_cpu_seconds: float
    precision: float | None
    recall: float | None
    f1: float | None
    f1_low: float | None
    f1_high: float | None


# --- tokens that a perfect answer takes, and those of the prompts -------------------------


def gold_answer(caption: GoldCaption, answer: Form, known: Sequence[Mention] = ()) -> str:
    """Return our answer that states the gold facts of a caption, in its order.

    In a review it corrects ``known`` to the gold: a fact is left as it is where a known one
    overlaps it with the same label, and a known one that overlaps none is wrong.
    """
    stated = sorted(caption.mentions, key=lambda mention: mention.start)
    facts = [
        Fact(m.field, model_text(m.text), m.assertion, m.concept if m.field == "history" else None)
        for m in stated
    ]
    relevant = bool(facts) or caption.relevant is not False
    if not answer.reviews:
        return answer.encode(facts, relevant)
    changes = [
        (gold.start, fact)
        for gold, fact in zip(stated, facts, strict=True)
        if not any(_overlap(gold, m) and _same(fact, m) for m in known)
    ]
    changes += [
        (m.start, Fact(WRONG, model_text(m.text)))
        for m in known
        if not any(_overlap(gold, m) and gold.field == m.field for gold in stated)
    ]
    return answer.encode([fact for _, fact in sorted(changes, key=lambda c: c[0])], relevant)


def _overlap(gold: GoldMention, known: Mention) -> bool:
    return gold.start < known.end and known.start < gold.end


def _same(fact: Fact, known: Mention) -> bool:
    kind = known.name if known.field == "history" else None
    return (fact.field, fact.assertion, fact.kind) == (known.field, known.assertion, kind)


def answer_cost(
    answers: Sequence[str], facts: Sequence[int], count: Callable[[str], int]
) -> dict[str, float]:
    """Return the mean tokens of an answer with the one that ends it, by caption and by fact."""
    sizes = [count(answer) + 1 for answer in answers]
    return {
        "tokens": sum(sizes),
        "per_caption": round(sum(sizes) / len(sizes), 1),
        "per_fact": round(sum(sizes) / max(1, sum(facts)), 2),
    }


def prompt_cost(prompts: Sequence[Sequence[int]]) -> dict[str, float]:
    """Return the tokens that all prompts start with, and the mean of what follows."""
    first, last = min(prompts), max(prompts)
    pairs = zip(first, last, strict=False)
    shared = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(last)))
    rest = sum(len(prompt) - shared for prompt in prompts) / len(prompts)
    return {"static": shared, "dynamic_per_call": round(rest, 1)}


def perfect_tokens(
    gold: Sequence[GoldCaption], model: Path, forms: Sequence[str], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return, by form, what perfect answers take and what the prompts hold."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)

    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def chat(messages: Iterable[tuple[str, str]]) -> list[int]:
        shown = [{"role": role, "content": content} for role, content in messages]
        return ids(tokenizer.apply_chat_template(shown, tokenize=False, add_generation_prompt=True))

    facts = [len(caption.mentions) for caption in gold]

    def row(answers: Sequence[str], prompts: Sequence[Sequence[int]]) -> dict[str, Any]:
        answer = answer_cost(answers, facts, lambda text: len(ids(text)))
        return {"answer": answer, "prompt": prompt_cost(prompts)}

    rows: dict[str, Any] = {}
    lane = LexiconLane(load_default())
    known = [lane.extract(clean(caption.caption)) for caption in gold]
    for name in dict.fromkeys(name.partition(":")[0] for name in forms):
        asked = [
            chat([(m.role, m.content) for m in request.messages]) for request in asks(gold, name)
        ]
        pairs = zip(gold, known, strict=True)
        answers = [gold_answer(caption, FORMS[name], found) for caption, found in pairs]
        rows[f"ours, {name}"] = row(answers, asked)
    for name, told in theirs.items():
        asked = [chat([("system", told["system"]), ("user", text)]) for text in told["prompts"]]
        rows[f"LangExtract, {name}"] = row(told["answers"], asked)
        if name == "json":
            # No white space at all: the least that its form could take.
            tight = [json.dumps(json.loads(a), separators=(",", ":")) for a in told["answers"]]
            rows["LangExtract, json without white space"] = row(tight, asked)
    return rows


def asks(gold: Sequence[GoldCaption], name: str) -> list[GenerationRequest]:
    """Return the requests that the LLM lane makes of captions, one or more for each."""
    backend = ScriptedBackend(lambda _: FORMS[name].encode([]), constrained=True)
    lane = "both" if FORMS[name].reviews else "llm"
    CaptionStructurer(config(name, lane), backend=backend).structure(records(gold))
    return backend.requests


# --- runs -------------------------------------------------------------------------------


def config(name: str, lane: str) -> EngineConfig:
    """Return the configuration of one run of ours, all captions in one batch."""
    return EngineConfig.model_validate(
        {
            "lane": lane,
            "backend": "server",
            "model": EMBEDDED_NAME,
            "llm_form": name,
            "llm_batch_size": 10_000,
        }
    )


def records(gold: Sequence[GoldCaption]) -> list[CaptionRecord]:
    return [CaptionRecord(caption.id, caption.caption) for caption in gold]


@dataclass(slots=True)
class Watch:
    """Seconds between entering and leaving :func:`watched`."""

    wall: float = 0.0
    server: float = 0.0
    client: float = 0.0


@contextmanager
def watched(server: Server, what: str) -> Iterator[Watch]:
    watch = Watch()
    with progress(server, what):
        wall, cpu, used = time.monotonic(), server.cpu_seconds(), client_cpu()
        yield watch
        watch.wall = time.monotonic() - wall
        watch.server = server.cpu_seconds() - cpu
        watch.client = client_cpu() - used


def forget(server: Server) -> None:
    if not server.forget():
        print("the server keeps its prefix cache: cached tokens may be another's", file=sys.stderr)


def client_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(
    server: Server, gold: Sequence[GoldCaption], ontology: Ontology, name: str, lane: str
) -> Outcome:
    from structurer.backends.vllm_server import ServerBackend

    forget(server)
    inner = ServerBackend.open(EMBEDDED_NAME)
    backend = CountingBackend(inner)
    structurer = CaptionStructurer(config(name, lane), ontology=ontology, backend=backend)
    structurer.structure([CaptionRecord("warm-up", WARM_UP)])
    backend.reset()
    label = f"ours, {name}, lane {lane}"
    with watched(server, label) as watch:
        rows = structurer.structure(records(gold))
    inner.close()
    return outcome(
        label,
        gold,
        rows,
        ontology,
        calls=backend.replies,
        prompt_tokens=backend.prompt_tokens,
        cached_tokens=backend.cached_tokens,
        generated_tokens=backend.generated_tokens,
        cut_off=backend.cut_off,
        failed_calls=backend.errors,
        parse_failures=sum(
            row.failure is not None and row.failure.reason in UNREADABLE for row in rows
        ),
        unaligned=sum(len(row.unaligned) for row in rows) if lane == "llm" else 0,
        wall_seconds=watch.wall,
        server_cpu_seconds=watch.server,
        client_cpu_seconds=watch.client,
    )


UNREADABLE: Final = ("llm_empty", "llm_invalid_json", "llm_schema", "llm_length")


def langextract(
    server: Server,
    gold: Sequence[GoldCaption],
    ontology: Ontology,
    python: str,
    name: str,
    max_tokens: int,
) -> Outcome:
    label = f"LangExtract, {name}"
    documents = [{"id": caption.id, "text": caption.caption} for caption in gold]
    asked = {
        **question(gold, name),
        "url": server.url,
        "model": EMBEDDED_NAME,
        "workers": CONCURRENCY,
        "max_tokens": max_tokens,
        "documents": documents,
    }
    forget(server)
    worker(python, {**asked, "documents": [{"id": "warm-up", "text": WARM_UP}]})
    with watched(server, label) as watch:
        run = worker(python, asked)["run"]
    calls = run["calls"]
    for call in [call for call in calls if "error" in call][:3]:
        print(f"  {label}: a call failed: {call['error']}", file=sys.stderr)
    linker = Linker(ontology)
    rows, unaligned = [], 0
    start = time.process_time()
    for caption in gold:
        mapped = form.mentions(caption.caption, run["documents"].get(caption.id, ()))
        unaligned += mapped.unaligned + mapped.unknown
        linked = link_mentions(mapped.mentions, linker, clean(caption.caption).text)
        rows.append(StructuredCaption(id=caption.id, caption=caption.caption, mentions=linked))
    linking = time.process_time() - start
    return outcome(
        label,
        gold,
        rows,
        ontology,
        calls=len(calls),
        prompt_tokens=sum(call["prompt"] for call in calls),
        cached_tokens=sum(call["cached"] for call in calls),
        generated_tokens=sum(call["generated"] for call in calls),
        cut_off=sum(call["finish"] == "length" for call in calls),
        failed_calls=sum(call["finish"] == "error" for call in calls),
        parse_failures=run["parse_failures"],
        unaligned=unaligned,
        # Without the start of the interpreter, with the linking that ours has too.
        wall_seconds=run["wall_seconds"] + linking,
        server_cpu_seconds=watch.server,
        client_cpu_seconds=run["client_cpu_seconds"] + linking,
    )


def outcome(
    label: str,
    gold: Sequence[GoldCaption],
    rows: Iterable[StructuredCaption],
    ontology: Ontology,
    **counts: Any,
) -> Outcome:
    report = evaluate(gold, {label: rows}, ontology=ontology).lane(label)
    facts, interval = report.total.facts, report.interval
    return Outcome(
        label,
        len(gold),
        precision=facts.precision,
        recall=facts.recall,
        f1=facts.f1,
        f1_low=interval.low if interval else None,
        f1_high=interval.high if interval else None,
        **counts,
    )


def question(gold: Sequence[GoldCaption], name: str) -> dict[str, Any]:
    """Return what LangExtract is asked; its schema can only be enforced for JSON."""
    prompt, shown = load_prompt(DEFAULT_PROMPT), EngineConfig().llm_examples
    return {
        "description": form.description(),
        "examples": form.examples(prompt.examples[:shown]),
        "format": name.removesuffix("-free"),
        "schema": form.output_schema() if name == "json" else None,
        "gold": [form.perfect(caption) for caption in gold],
        "captions": [caption.caption for caption in gold],
    }


def worker(python: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [python, str(HERE / "langextract_worker.py")],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{python}: the LangExtract worker ended with {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# --- tables -----------------------------------------------------------------------------


def token_table(rows: Mapping[str, Any]) -> list[str]:
    lines = [
        "| form | answer tokens a caption | a fact | prompt, static | dynamic a call |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        answer, prompt = row["answer"], row["prompt"]
        lines.append(
            f"| {name} | {answer['per_caption']:.1f} | {answer['per_fact']:.1f} "
            f"| {prompt['static']} | {prompt['dynamic_per_call']:.1f} |"
        )
    return lines


def run_table(outcomes: Sequence[Outcome]) -> list[str]:
    lines = [
        "| system | calls | prompt | cached | generated | captions/s | per CPU s | F1 (95%) "
        "| unreadable | cut off | unaligned |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in outcomes:
        n, cpu = one.captions, one.server_cpu_seconds + one.client_cpu_seconds
        rate = f"{n / cpu:.3f}" if one.server_cpu_seconds else "-"
        f1 = "-" if one.f1 is None else f"{one.f1:.3f}"
        if one.f1_low is not None:
            f1 += f" ({one.f1_low:.3f}-{one.f1_high:.3f})"
        lines.append(
            f"| {one.system} | {one.calls / n:.2f} | {one.prompt_tokens / n:.0f} "
            f"| {one.cached_tokens / n:.0f} | {one.generated_tokens / n:.1f} "
            f"| {n / one.wall_seconds:.3f} | {rate} | {f1} | {one.parse_failures} "
            f"| {one.cut_off} | {one.unaligned} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--langextract", metavar="PYTHON", help="an interpreter that has it")
    parser.add_argument("--form", nargs="*", default=DEFAULT, help="answer forms, as FORM:LANE")
    parser.add_argument(
        "--format",
        nargs="*",
        choices=("json", "json-free", "yaml"),
        default=["json", "yaml"],
        help="of LangExtract's answers; json is held to a schema, json-free to being JSON",
    )
    parser.add_argument(
        "--max-tokens",
        type=int,
        default=512,
        help="of one answer of LangExtract, to end a runaway; a grammar bounds ours",
    )
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--limit", type=int, help="first captions only")
    parser.add_argument("--url", help="a server that runs already, ending in /v1")
    parser.add_argument("--tokens-only", action="store_true", help="no server, no generation")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "llm_cost.json")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "llm_cost.log")
    args = parser.parse_args()
    for name in args.form:
        if name.partition(":")[0] not in FORMS:
            parser.error(f"no form {name!r}: choose from {', '.join(FORMS)}, with :llm or :both")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server ends too
    started = time.monotonic()
    path = args.gold or gold_file()
    gold = load_gold(path)[: args.limit]
    model = pull_embedded()
    result: dict[str, Any] = {
        "gold": path.name,
        "captions": len(gold),
        "facts": sum(len(caption.mentions) for caption in gold),
        "model": f"{EMBEDDED_NAME} {fingerprint(model)[:12]}",
        "concurrency": CONCURRENCY,
        "max_tokens_langextract": args.max_tokens,
    }
    theirs: dict[str, Any] = {}
    if args.langextract:
        formats = dict.fromkeys(name.removesuffix("-free") for name in args.format)
        theirs = {name: worker(args.langextract, question(gold, name)) for name in formats}
        result["langextract"] = next(iter(theirs.values()))["version"] if theirs else None
    result["perfect"] = perfect_tokens(gold, model, args.form, theirs)
    print(f"{len(gold)} captions, {result['facts']} mentions of {path.name}", flush=True)
    print("\n".join(token_table(result["perfect"])), flush=True)
    if not args.tokens_only:
        outcomes = measure(args, gold, model)
        result["runs"] = [asdict(one) for one in outcomes]
        print("\n".join(run_table(outcomes)))
    result["total_seconds"] = round(time.monotonic() - started, 1)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{result['total_seconds']:.0f} s in all; written: {args.json}")


def measure(args: argparse.Namespace, gold: Sequence[GoldCaption], model: Path) -> list[Outcome]:
    """Return the outcome of every system, one after the other on one server."""
    ontology = load_default()
    found: list[Outcome] = []
    with served(args, model) as server:
        os.environ["STRUCTURER_SERVER_URL"] = server.url
        os.environ["STRUCTURER_SERVER_CONCURRENCY"] = str(CONCURRENCY)
        os.environ["STRUCTURER_SERVER_TIMEOUT"] = "600"
        for chosen in args.form:
            name, _, lane = chosen.partition(":")
            found.append(told(ours(server, gold, ontology, name, lane or "llm")))
        for name in args.format if args.langextract else ():
            python, bound = args.langextract, args.max_tokens
            found.append(told(langextract(server, gold, ontology, python, name, bound)))
    return found


@contextmanager
def served(args: argparse.Namespace, model: Path) -> Iterator[Server]:
    if args.url:
        yield Server(args.url, None)
        return
    print("starting the server", flush=True)
    with vllm_server(model, EMBEDDED_NAME, args.log, CONCURRENCY) as server:
        yield server


def told(one: Outcome) -> Outcome:
    print(
        f"{one.system}: {one.captions} captions in {one.wall_seconds:.1f} s, CPU "
        f"{one.server_cpu_seconds:.1f} s of the server and {one.client_cpu_seconds:.1f} s here",
        flush=True,
    )
    return one


if __name__ == "__main__":
    main()
