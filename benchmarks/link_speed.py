"""How many phrases a second are linked, by us, by rapidfuzz and by gilda, on one core.

Usage: python benchmarks/link_speed.py [--gilda PYTHON] [--json PATH]

The same phrases go to every linker in one run. Phrases are unique within a set, and every set
meets a new Linker, prepared but without a cache of answers. What preparing costs is told
apart. The sets:

  names    every name and synonym of the ontology, as written
  exact    200,000 ways to write them: other cases, other spaces
  fuzzy    names with one or two random typos
  unknown  pairs and triples of English words

Seconds are CPU time of the process (time.process_time), so that other work on the machine
counts little; the garbage collector is off while linkers are timed, as timeit has it. "right"
is the share answered with a node that carries the name the phrase was made from; for unknown
phrases it is the share answered with NIL. rapidfuzz and gilda get the
first phrases of each set only where all would take minutes; the number is in the table.
gilda runs under the interpreter given by --gilda, from a virtual environment of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from rapidfuzz import fuzz, process, utils

from ontology_graph import Linker, Ontology, load_ontology
from ontology_graph.guards import common_words
from ontology_graph.lexicon import normalise
from ontology_graph.loaders import DEFAULT_PATH

HERE: Final = Path(__file__).parent
SEED: Final = 20260101
EXACT: Final = 200_000
FUZZY: Final = 6_000
UNKNOWN: Final = 6_000
BATCH: Final = 5_000
"""Phrases a call, as a pipeline would ask; the answers are let go between calls."""

SAMPLE: Final = 300
"""Phrases a set that a linker gets which compares a phrase with every name."""

WRITINGS: Final[tuple[Callable[[str], str], ...]] = (
    str.lower,
    str.upper,
    str.title,
    str.capitalize,
    str.swapcase,
    lambda text: f" {text}",
    lambda text: f"{text} ",
    lambda text: f" {text.upper()}",
    lambda text: f"{text.upper()} ",
    lambda text: f" {text.title()} ",
    lambda text: f"{text.capitalize()}  ",
    lambda text: f"  {text.swapcase()}",
    lambda text: f"\t{text}",
    lambda text: f"{text}\n",
)
"""Ways to write a name that leave it an exact match."""

Names = dict[str, set[str]]
"""Surface form -> the nodes that carry it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a linker on a set of phrases."""

    linker: str
    phrases: str
    count: int
    seconds: float
    per_second: float
    right: float


def phrase_sets(names: Names, abbreviations: set[str]) -> dict[str, list[tuple[str, set[str]]]]:
    """Return for each set the unique phrases with the nodes that are right for them."""
    rnd = random.Random(SEED)
    plain = sorted(set(names) - abbreviations)
    exact: dict[str, set[str]] = {}
    for write in WRITINGS:
        for name in plain:
            written = write(name)
            if written not in names:
                exact.setdefault(written, names[name])
    known = {normalise(name) for name in names}
    fuzzy: dict[str, set[str]] = {}
    long = [name for name in plain if len(name) >= 8]
    while len(fuzzy) < FUZZY:
        name = rnd.choice(long)
        typed = typo(rnd, name)
        if len(name) >= 14 and rnd.random() < 0.5:
            typed = typo(rnd, typed)
        if normalise(typed) not in known:
            fuzzy.setdefault(typed, names[name])
    vocabulary = sorted(word for word in common_words() if len(word) > 3)
    unknown: dict[str, set[str]] = {}
    while len(unknown) < UNKNOWN:
        phrase = " ".join(rnd.sample(vocabulary, rnd.choice((2, 3))))
        if normalise(phrase) not in known:
            unknown[phrase] = set()
    sets = {"names": {name: names[name] for name in names}, "exact": exact, "fuzzy": fuzzy}
    sets["unknown"] = unknown
    shuffled = {}
    for title, phrases in sets.items():
        listed = list(phrases.items())
        rnd.shuffle(listed)
        shuffled[title] = listed[:EXACT]
    return shuffled


def typo(rnd: random.Random, text: str) -> str:
    """Return the text with one letter dropped, doubled, swapped with the next, or replaced."""
    at = rnd.randrange(1, len(text) - 1)
    left, letter, right = text[:at], text[at], text[at + 1 :]
    other = rnd.choice("abcdefghijklmnopqrstuvwxyz")
    return rnd.choice(
        (left + right, left + 2 * letter + right, left + right[0] + letter + right[1:],
         left + other + right)
    )  # fmt: skip


def row(
    linker: str,
    title: str,
    seconds: float,
    found: Sequence[set[str]],
    wanted: Sequence[set[str]],
) -> Row:
    """Return the line of one measurement: an answer may stand for several nodes of a name."""
    right = sum(
        not answer.isdisjoint(nodes) if nodes else not answer
        for answer, nodes in zip(found, wanted, strict=True)
    )
    rate = len(found) / seconds if seconds else 0.0
    return Row(linker, title, len(found), round(seconds, 3), round(rate), right / len(found))


def ours(ontology: Ontology, sets: dict[str, list[tuple[str, set[str]]]]) -> Iterator[Row]:
    for title, phrases in sets.items():
        linker = Linker(ontology, cache_size=0)
        linker.prepare()
        texts = [text for text, _ in phrases]
        seconds, found = 0.0, []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            started = time.process_time()
            links = linker.link_all(batch)
            seconds += time.process_time() - started
            found += [{link.node} if link.node else set() for link in links]
        yield row("ours", title, seconds, found, [nodes for _, nodes in phrases])


def by_rapidfuzz(names: Names, sets: dict[str, list[tuple[str, set[str]]]]) -> Iterator[Row]:
    """Yield extractOne with its default scorer and with the plain ratio, cut off at 85."""
    listed = sorted(names)
    ready = [utils.default_process(name) for name in listed]
    for label, scorer in (("WRatio", fuzz.WRatio), ("ratio", fuzz.ratio)):
        for title, phrases in sets.items():
            found: list[set[str]] = []
            started = time.process_time()
            for text, _ in phrases[:SAMPLE]:
                query = utils.default_process(text)
                hit = process.extractOne(query, ready, scorer=scorer, score_cutoff=85)
                found.append(names[listed[hit[2]]] if hit else set())
            seconds = time.process_time() - started
            wanted = [nodes for _, nodes in phrases[:SAMPLE]]
            yield row(f"rapidfuzz {label}", title, seconds, found, wanted)


def by_gilda(
    python: str, ontology: Ontology, sets: dict[str, list[tuple[str, set[str]]]]
) -> tuple[list[Row], dict[str, Any]]:
    """Return gilda's rows and what is to be said of it; no rows where it cannot run."""
    kinds = {"name": "name", "synonym": "synonym", "abbreviation": "synonym"}
    asked = {
        "names": [[f.text, f.node, kinds[f.kind]] for f in ontology.surface_forms()],
        "sets": {title: [t for t, _ in phrases[:FUZZY]] for title, phrases in sets.items()},
    }
    try:
        done = subprocess.run(
            [python, str(HERE / "gilda_worker.py")],
            input=json.dumps(asked), capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        return [], {"not_measured": f"{python} cannot run gilda: {error}"}
    answer = json.loads(done.stdout)
    rows = [
        row(
            "gilda",
            title,
            found["seconds"],
            [{node} if node else set() for node in found["nodes"]],
            [nodes for _, nodes in sets[title][:FUZZY]],
        )
        for title, found in answer["sets"].items()
    ]
    return rows, {"version": answer["version"], "build_seconds": round(answer["build_seconds"], 3)}


def start_up() -> dict[str, float]:
    """Return the CPU seconds from nothing to a linker that answers, best of three."""
    best: dict[str, float] = {}
    for _ in range(3):
        marks = [time.process_time()]
        ontology = load_ontology(DEFAULT_PATH)
        marks.append(time.process_time())
        linker = Linker(ontology)
        marks.append(time.process_time())
        linker.prepare()
        marks.append(time.process_time())
        for name, first, last in zip(
            ("load_ontology", "index_of_names", "prepare"), marks, marks[1:], strict=False
        ):
            best[name] = round(min(best.get(name, 9e9), last - first), 3)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gilda", metavar="PYTHON", help="an interpreter that has gilda")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "link_speed.json")
    args = parser.parse_args()

    started = start_up()
    ontology = load_ontology(DEFAULT_PATH)
    names: Names = {}
    forms = list(ontology.surface_forms())
    for form in forms:
        names.setdefault(form.text, set()).add(form.node)
    sets = phrase_sets(names, {form.text for form in forms if form.kind == "abbreviation"})
    gc.disable()
    rows = [*ours(ontology, sets), *by_rapidfuzz(names, sets)]
    about: dict[str, Any] = {"not_measured": "no interpreter given by --gilda"}
    if args.gilda:
        found, about = by_gilda(args.gilda, ontology, sets)
        rows += found

    print(f"{len(names)} names of {len(ontology)} terms; start-up in CPU seconds: {started}")
    print(f"gilda: {about}")
    print(f"{'linker':<17} {'phrases':<8} {'count':>7} {'CPU s':>8} {'a second':>9} {'right':>6}")
    for one in rows:
        print(
            f"{one.linker:<17} {one.phrases:<8} {one.count:>7} {one.seconds:>8.2f} "
            f"{one.per_second:>9,.0f} {one.right:>6.3f}"
        )
    result = {
        "python": platform.python_version(),
        "rapidfuzz": version("rapidfuzz"),
        "gilda": about,
        "ontology": ontology.version,
        "names": len(names),
        "start_up_cpu_seconds": started,
        "rows": [asdict(one) for one in rows],
    }
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written: {args.json}")


if __name__ == "__main__":
    main()
