"""Captions a second of the lexicon lane, beside a bare phrase matcher on the same texts.

    python benchmarks/lexicon_speed.py [CAPTIONS.csv] [--out FILE]

One process, one core, CPU time, after a warm-up on other captions. The peer is spaCy's
PhraseMatcher over the same names, lower case, with the tokenizer it needs and nothing else: no
variants, typos, assertion, patterns or linking. It is the floor that the lane builds on.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.matcher import PhraseMatcher

from ontology_graph import load_default
from structurer.assembly import CaptionStructurer
from structurer.cleaning import clean
from structurer.lexicon import LexiconLane
from structurer.records import CaptionRecord

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("STRUCTURER_SHARED", ROOT.parent / "shared"))


def captions(path: Path | None) -> list[str]:
    """Return the distinct captions of a CSV: the development data, else the examples."""
    chosen = path or SHARED / "data" / "captions" / "captions.csv"
    if not chosen.is_file():
        chosen = ROOT / "examples" / "captions.csv"
    with chosen.open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(row["caption"] for row in csv.DictReader(file)))


def rate(work: Callable[[Sequence[Any]], object], items: Sequence[Any], rounds: int = 3) -> float:
    """Return items a second of CPU time, the best of some rounds after a warm-up."""
    work(items[: max(1, len(items) // 10)])
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work(items)
        best = min(best, time.process_time() - start)
    return len(items) / best


def peer(names: Sequence[str]) -> Callable[[Sequence[str]], object]:
    """Return spaCy's PhraseMatcher over lower-case names."""
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("name", list(nlp.tokenizer.pipe(names)))
    return lambda texts: [matcher(doc) for doc in nlp.tokenizer.pipe(texts)]


def main() -> None:
    """Measure and print a table; with --out also write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    texts = captions(arguments.csv)
    ontology = load_default()
    lane = LexiconLane(ontology)
    engine = CaptionStructurer()
    cleaned = [clean(text) for text in texts]
    records = [CaptionRecord(str(i), text) for i, text in enumerate(texts)]
    rates = {
        "spaCy PhraseMatcher, names only": rate(
            peer(sorted({form.text for form in ontology.surface_forms()})), texts
        ),
        "cleaning": rate(lambda items: [clean(item) for item in items], texts),
        "lexicon lane (names, patterns, assertion)": rate(
            lambda items: [lane.extract(item) for item in items], cleaned
        ),
        "whole row (cleaning to training texts)": rate(engine.structure, records),
    }
    words = sum(len(text.split()) for text in texts) / len(texts)
    print(f"{len(texts):,} captions, {words:.0f} words each, {len(ontology.graph):,} terms")
    for name, value in rates.items():
        print(f"{value:10,.0f} captions/s  {name}")
    if arguments.out:
        result = {"captions": len(texts), "words": round(words, 1), "captions_per_second": rates}
        arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
