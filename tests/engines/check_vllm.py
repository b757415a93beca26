"""The same captions through transformers, a vLLM server and vLLM's offline engine, for real.

``make test-vllm`` runs this in an environment of its own; it needs vLLM and the embedded
model. It fails where a record is missing, breaks the schema, or has a fact that is not in the
caption word for word; how far the engines agree is printed.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from development import captions_file  # noqa: E402

MODEL = "smollm2-135m"
QUIET = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GB: the default is most of the memory
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "STRUCTURER_VLLM_ARGS": '{"enforce_eager": true, "max_model_len": 4096, "max_num_seqs": 16}',
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1",
    "TOKENIZERS_PARALLELISM": "false",
}
for name, value in QUIET.items():
    os.environ.setdefault(name, value)

# After the settings above, which the engines read when they are imported.
from structurer.assembly import CaptionStructurer  # noqa: E402
from structurer.backends import open_backend  # noqa: E402
from structurer.backends.counting import CountingBackend  # noqa: E402
from structurer.config import EngineConfig  # noqa: E402
from structurer.models import pull_embedded  # noqa: E402
from structurer.records import CaptionRecord, StructuredCaption  # noqa: E402

Fact = tuple[int, str, int, int, str]


@dataclass(frozen=True)
class Outcome:
    """What one engine made of the captions."""

    name: str
    records: list[StructuredCaption]
    seconds: float


def captions(path: Path, rows: int) -> list[CaptionRecord]:
    """Return some rows of a CSV, spread evenly over it; all of them where it has fewer."""
    with path.open(newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    rows = min(rows, len(found))
    chosen = [found[i * len(found) // rows] for i in range(rows)]
    return [
        CaptionRecord(id=row["id"], caption=row["caption"], image=row["image"]) for row in chosen
    ]


def structure(name: str, records: Sequence[CaptionRecord], batch: int) -> Outcome:
    start = time.monotonic()
    backend = CountingBackend(open_backend(name, MODEL))
    opened = time.monotonic() - start
    config = EngineConfig(lane="llm", backend=name, model=MODEL, llm_batch_size=batch)
    structurer = CaptionStructurer(config, backend=backend)
    backend.reset()
    start = time.monotonic()
    found = structurer.structure(records)
    seconds = time.monotonic() - start
    print(
        f"{name}: {backend.fingerprint}\n"
        f"  opened in {opened:.1f} s, {len(found)} captions in {seconds:.1f} s, "
        f"{backend.replies} requests, tokens: {backend.prompt_tokens:,} prompt "
        f"({backend.cached_tokens:,} cached), "
        f"{backend.generated_tokens:,} generated",
        flush=True,
    )
    return Outcome(name, found, seconds)


@contextmanager
def vllm_server(log: Path) -> Iterator[str]:
    """Serve the embedded model on a free port of 127.0.0.1; the value is the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [shutil.which("vllm", path=str(Path(sys.executable).parent)) or "vllm", "serve"]
    command += [str(pull_embedded()), "--served-model-name", MODEL]
    command += ["--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    command += ["--max-model-len", "4096", "--max-num-seqs", "16", "--enforce-eager"]
    command += ["--enable-prompt-tokens-details"]
    command += ["--structured-outputs-config", '{"backend": "guidance"}']
    with log.open("wb") as sink, tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            command, stdout=sink, stderr=subprocess.STDOUT, cwd=folder, env=named_vllm(folder)
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def named_vllm(folder: str) -> dict[str, str]:
    """Return an environment in which the command ``vllm`` starts.

    It asks for the version of an installed package named vllm, and the build for CPUs is named
    vllm-cpu: so a package of that name and version, without content, is put on the path.
    """
    try:
        version("vllm")
    except PackageNotFoundError:
        name = f"{version('vllm-cpu')}+cpu"
        info = Path(folder) / f"vllm-{name}.dist-info"
        info.mkdir()
        told = f"Metadata-Version: 2.1\nName: vllm\nVersion: {name}\n"
        (info / "METADATA").write_text(told, encoding="utf-8")
    path = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"the vLLM server ended with {server.returncode}: see {log}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    sys.exit(f"the vLLM server did not start in 400 s: see {log}")


def problems(given: Sequence[CaptionRecord], outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong with the records of one engine."""
    if [r.id for r in outcome.records] != [r.id for r in given]:
        yield f"{outcome.name}: other rows, or in another order"
    for record in outcome.records:
        if StructuredCaption.from_dict(json.loads(json.dumps(record.to_dict()))) != record:
            yield f"{outcome.name}: {record.id} does not survive the schema"
        if record.failure is not None:
            yield f"{outcome.name}: {record.id} failed: {record.failure}"
        if record.unaligned:
            yield f"{outcome.name}: {record.id} has text that is not in the caption"
        for mention in record.mentions:
            if record.caption[mention.start : mention.end] != mention.text:
                yield f"{outcome.name}: {record.id}: {mention.text!r} is not verbatim"


def facts(outcome: Outcome) -> set[Fact]:
    return {
        (row, m.field, m.start, m.end, m.assertion)
        for row, record in enumerate(outcome.records)
        for m in record.mentions
    }


def agreement(one: Outcome, other: Outcome) -> str:
    a, b = facts(one), facts(other)
    pairs = zip(one.records, other.records, strict=True)
    same = sum(x.mentions == y.mentions for x, y in pairs)
    share = len(a & b) / len(a | b) if a | b else 1.0
    return (
        f"{one.name} and {other.name}: {same} of {len(one.records)} records alike, "
        f"{len(a & b)} of {len(a | b)} facts shared ({share:.1%})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captions", type=Path, default=captions_file())
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "vllm.log")
    args = parser.parse_args()
    start = time.monotonic()
    given = captions(args.captions, args.rows)
    print(f"{len(given)} captions of {args.captions}", flush=True)
    outcomes = [structure("transformers", given, args.batch)]
    with vllm_server(args.log) as url:
        os.environ["STRUCTURER_SERVER_URL"] = url
        outcomes.append(structure("server", given, args.batch))
    outcomes.append(structure("vllm", given, args.batch))
    for one, other in itertools.combinations(outcomes, 2):
        print(agreement(one, other))
    wrong = [problem for outcome in outcomes for problem in problems(given, outcome)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    total = sum(len(facts(outcome)) for outcome in outcomes)
    if not total:
        wrong.append("no engine found a fact")
    print(f"{total} facts, all verbatim" if not wrong else f"{len(wrong)} problems")
    failed = len({problem.split(":")[0] for problem in wrong})
    print(f"{len(outcomes) - failed} passed, {failed} failed, {time.monotonic() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
