"""Captions a second of the lexicon lane, beside libraries that find names, on the same texts.

    python benchmarks/lexicon_speed.py [CAPTIONS.csv] [--peers PYTHON ...] [--profile]

One core, CPU time, best of five rounds after a warm-up. The lane is all of it: names, patterns,
assertion and linking. What is known of a word is kept, so later
rounds read faster than the first: "first met" is every second caption, read once after the others
were. The peers get the same names, lower
case, and nothing else: no variants, typos, patterns or linking, and but for medspaCy no
assertion. Each interpreter given by --peers measures those that it has installed
(``matching_worker.py``); spaCy is measured by this one. --profile prints where the time of a
caption goes.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from development import distinct_captions

from ontology_graph import load_default
from structurer.assembly import CaptionStructurer
from structurer.assertion import CaptionAssertions
from structurer.cleaning import CleanText, clean
from structurer.history import find_history
from structurer.linking import link_mentions
from structurer.records import CaptionRecord
from structurer.scan import Scan
from structurer.tokens import tokenize

HERE: Final = Path(__file__).resolve().parent
MIDDLING: Final = range(25, 56)
"""Words of a caption of middling length: they have about 40 on average."""
ROUNDS: Final = 5
OUR_NAME: Final = "ours: lexicon lane"
PEERS_AT_HOME: Final = ("spacy",)


def each(work: Callable[[Any], object]) -> Callable[[Sequence[Any]], object]:
    """Return what does some work for each of many, and keeps none of what comes of it."""
    return lambda items: deque(map(work, items), maxlen=0)


def rate(work: Callable[[Sequence[Any]], object], items: Sequence[Any]) -> float:
    """Return items a second of CPU time, the best of some rounds after a warm-up."""
    work(items[: max(1, len(items) // 10)])
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work(items)
        best = min(best, time.process_time() - start)
    return len(items) / best


def ours(texts: Sequence[str]) -> dict[str, float]:
    engine = CaptionStructurer()
    lane = engine._lexicon
    cleaned = [clean(text) for text in texts]
    linker = engine._linker

    def read(one: CleanText) -> object:
        return link_mentions(lane.extract(one), linker, one.text)

    gc.collect()
    gc.freeze()  # as the command line does: no collection goes through what is built
    for one in cleaned[::2]:
        read(one)
    met_first = cleaned[1::2]
    start = time.process_time()
    for one in met_first:
        read(one)
    first = len(met_first) / (time.process_time() - start)
    records = [CaptionRecord(str(i), text) for i, text in enumerate(texts)]
    middling = [c for c in cleaned if len(c.text.split()) in MIDDLING]
    rates = {
        "cleaning": rate(each(clean), texts),
        OUR_NAME: rate(each(read), cleaned),
        "first met": first,
        "whole row": rate(engine.structure, records),
    }
    if middling:
        rates["middling"] = rate(each(read), middling)
    return rates


def peers(interpreters: Sequence[str], names: Sequence[str], texts: Sequence[str]) -> Any:
    """Return what each peer came to, from the first interpreter that has it."""
    asked = json.dumps({"names": list(names), "texts": list(texts)})
    found: dict[str, Any] = {}
    for python, chosen in [(sys.executable, PEERS_AT_HOME), *((p, ()) for p in interpreters)]:
        try:
            run = subprocess.run(
                [python, str(HERE / "matching_worker.py"), *chosen],
                input=asked,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            print(f"{python}: {error.strerror}", file=sys.stderr)
            continue
        if run.returncode:
            last = (run.stderr.strip().splitlines() or ["no output"])[-1]
            print(f"{python}: {last}", file=sys.stderr)
            continue
        for name, came in json.loads(run.stdout).items():
            if "not_measured" not in came or name not in found:
                if "not_measured" not in found.get(name, {"not_measured": ""}):
                    continue
                found[name] = came
    return found


def profile(texts: Sequence[str]) -> None:
    """Print the microseconds of each stage of a caption, one after the other."""
    engine = CaptionStructurer()
    lane = engine._lexicon
    linker = engine._linker

    def stage(title: str, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        per_second = rate(each(work), items)
        print(f"{1e6 / per_second:8.1f} us  {title}", flush=True)
        return [work(item) for item in items]

    cleaned = stage("cleaning", clean, texts)
    tokens = stage("tokens and sentences", lambda c: tokenize(c.text, c.line_breaks()), cleaned)
    words = lane._vocabulary
    scans = stage("what each word may be (Scan)", lambda t: Scan(t, words), tokens)
    stage("names: matching", lambda s: lane._matcher.within(s.runs), scans)
    stage("names: matching, senses, context", lambda s: list(lane._names_in(s)), scans)
    stage("history rules", find_history, scans)
    stage("assertion cues", lambda s: CaptionAssertions(s.tokens, s.cues()), scans)
    read_ones = [(c, lane.read(c)) for c in cleaned]
    mentions = stage("all of the lane behind tokens", lambda x: lane.extract(*x), read_ones)
    pairs = list(zip(cleaned, mentions, strict=True))
    stage("linking", lambda x: link_mentions(x[1], linker, x[0].text), pairs)


def main() -> None:
    """Measure, print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?", type=Path)
    parser.add_argument("--peers", nargs="*", default=[], metavar="PYTHON")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "lexicon_speed.json")
    args = parser.parse_args()
    texts = distinct_captions(args.csv)
    if args.profile:
        profile(texts)
        return
    ontology = load_default()
    names = sorted({form.text.lower() for form in ontology.surface_forms()})
    words = [len(text.split()) for text in texts]
    middling = [count for count in words if count in MIDDLING]
    about = {
        "captions": len(texts),
        "words": round(sum(words) / len(words), 1),
        "middling_captions": len(middling),
        "middling_words": round(sum(middling) / max(1, len(middling)), 1),
        "terms": len(ontology.graph),
        "names": len(names),
    }
    print(", ".join(f"{value:,} {name}" for name, value in about.items()))
    rates = ours(texts)
    found = peers(args.peers, names, texts)
    print("| | does | names found a caption | captions a second |\n|---|---|---:|---:|")
    print(f"| {OUR_NAME} | all of it | | {rates[OUR_NAME]:,.0f} |")
    if "middling" in rates:
        title = f"the same, captions of {MIDDLING.start} to {MIDDLING.stop - 1} words"
        print(f"| {title} | all of it | | {rates['middling']:,.0f} |")
    title = f"the same, captions met for the first time, after {len(texts) // 2:,} others"
    print(f"| {title} | all of it | | {rates['first met']:,.0f} |")
    print(f"| ours: whole row | with cleaning and training texts | | {rates['whole row']:,.0f} |")
    measured = [(name, came) for name, came in found.items() if "not_measured" not in came]
    for name, came in sorted(measured, key=lambda one: -one[1]["captions_per_second"]):
        title = f"{name} {came['version']}"
        counts = f"{came['found_per_caption']} | {came['captions_per_second']:,}"
        print(f"| {title} | {came['does']} | {counts} |")
    for name, came in found.items():
        if "not_measured" in came:
            print(f"{name}: not measured ({came['not_measured']})")
    result = {**about, "ours": {k: round(v) for k, v in rates.items()}, "peers": found}
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
