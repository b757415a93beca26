"""How right the linker is: phrases with known answers, label lists, and phrases to refuse.

Usage: python benchmarks/link_accuracy.py [--json PATH] [--misses]

The phrase sets and label lists are read from the folder of development data: the variable
STRUCTURER_SHARED, else ../shared beside the repository. Refusals need no such data.

  phrases   phrase -> HP id, made by hand. Right is an answer whose node has the HP id as an
            xref; only phrases whose HP id is an xref of ours can be right, the others are
            counted apart. With and without backing off to a broader term. The hierarchical
            scores (Kiritchenko et al. 2006) give part marks for a near miss.
  labels    share of each list that meets a node by an exact or normalised match
  refusals  share of phrases that are no dermatology which get a node all the same
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from development import ABSENT, SHARED

from ontology_graph import (
    HierarchicalScore,
    Linker,
    Ontology,
    hierarchical_score,
    load_default,
)

HERE: Final = Path(__file__).parent
DATA: Final = SHARED / "data"
SURE: Final = ("exact", "normalised")
NUMBERED: Final = re.compile(r"\b\d+[A-Z]?$|\btype \w+$")
"""Numbered genetic subtypes, which the ontology leaves to their parent on purpose."""


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a tab-separated file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def phrases(ontology: Ontology, linker: Linker, path: Path, misses: bool) -> dict[str, Any]:
    """Return the counts of one phrase set; ``misses`` adds the phrases answered wrongly."""
    nodes: dict[str, set[str]] = {}
    for term in ontology.terms():
        for xref in term.xrefs:
            nodes.setdefault(xref, set()).add(term.id)
    asked = [row for row in rows(path) if (row["phrase"] or "").strip()]
    known = [row for row in asked if row["hpo_id"] in nodes]
    found: dict[str, Any] = {"phrases": len(asked), "with_gold_node": len(known)}
    for title, backoff in (("whole", False), ("backoff", True)):
        total = HierarchicalScore()
        right, nil, wrong = 0, 0, []
        for row in known:
            gold = nodes[row["hpo_id"]]
            link = linker.link(row["phrase"], backoff=backoff)
            ours = [link.node] if link.node else []
            # several nodes may carry one HP id: the nearest is the one that is meant
            total += max(
                (hierarchical_score(ontology, ours, [node]) for node in sorted(gold)),
                key=lambda score: score.f1,
            )
            right += link.node in gold
            nil += link.node is None
            if link.node not in gold:
                wrong.append({"phrase": row["phrase"], "gold": row["hpo_name"], "found": link.name})
        found[title] = {
            "right": right,
            "nil": nil,
            "accuracy": round(right / len(known), 4),
            "h_precision": round(total.precision, 4),
            "h_recall": round(total.recall, 4),
            "h_f1": round(total.f1, 4),
        }
        if misses:
            found[title]["misses"] = wrong
    return found


def label_lists() -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the labels of every list; of a label with levels, the last one."""
    for path in sorted((DATA / "vocab").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        yield path.stem, [line.rpartition(":")[2].strip() for line in lines if line.strip()]
    disease = [row["label"] for row in rows(DATA / "ontologies" / "disease_ontology_skin.tsv")]
    yield "disease_ontology_unnumbered", [name for name in disease if not NUMBERED.search(name)]
    yield "disease_ontology_all", disease
    yield "ncit", [row["label"] for row in rows(DATA / "ontologies" / "ncit_skin_2018.tsv")]


def coverage(linker: Linker, labels: list[str]) -> dict[str, Any]:
    """Return how many labels meet a node, by match kind."""
    kinds = [link.match for link in linker.link_all(labels)]
    counts = {kind: kinds.count(kind) for kind in ("exact", "normalised", "fuzzy", "nil")}
    sure = sum(counts[kind] for kind in SURE)
    return {"labels": len(labels), **counts, "share": round(sure / len(labels), 4)}


def refusals(ontology: Ontology, linker: Linker, misses: bool) -> dict[str, Any]:
    """Return the false links among the phrases that are no dermatology."""
    lines = (HERE / "data" / "nil_phrases.txt").read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith("#")]
    found: dict[str, Any] = {"phrases": len(asked)}
    for title, backoff in (("whole", False), ("backoff", True)):
        links = linker.link_all(asked, backoff=backoff)
        false = [link for link in links if link.node is not None]
        sites = sum(ontology.branch(link.node) == "body_site" for link in false if link.node)
        found[title] = {
            "false_links": len(false),
            "of_these_body_sites": sites,
            "rate": round(len(false) / len(asked), 4),
        }
        if misses:
            found[title]["links"] = [{"phrase": k.term, "found": k.name} for k in false]
    return found


def report(result: dict[str, Any]) -> None:
    for name, found in result["phrases"].items():
        print(f"{name}: {found['with_gold_node']} of {found['phrases']} phrases have a gold node")
        for title in ("whole", "backoff"):
            one = found[title]
            print(
                f"  {title:<8} accuracy {one['accuracy']:.3f} ({one['right']} right, "
                f"{one['nil']} NIL); hierarchical P {one['h_precision']:.3f} "
                f"R {one['h_recall']:.3f} F {one['h_f1']:.3f}"
            )
    for name, found in result["labels"].items():
        print(f"{name:<28} {found['share']:>6.1%} of {found['labels']}")
    for title in ("whole", "backoff"):
        one = result["refusals"][title]
        print(
            f"refusals, {title:<8} {one['false_links']} false links in "
            f"{result['refusals']['phrases']} ({one['rate']:.1%})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, default=HERE / "results" / "link_accuracy.json")
    parser.add_argument("--misses", action="store_true", help="print what was answered wrongly")
    args = parser.parse_args()

    ontology = load_default()
    linker = Linker(ontology)
    result: dict[str, Any] = {"ontology": ontology.version, "phrases": {}, "labels": {}}
    if DATA.is_dir():
        for path in sorted((DATA / "normalisation").glob("*.tsv")):
            result["phrases"][path.stem] = phrases(ontology, linker, path, args.misses)
        for name, labels in label_lists():
            result["labels"][name] = coverage(linker, labels)
    else:
        print(
            f"only refusals are measured: {ABSENT}",
            file=sys.stderr,
        )
    result["refusals"] = refusals(ontology, linker, args.misses)
    if args.misses:
        print(json.dumps(result, indent=2, ensure_ascii=False))
        return
    report(result)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written: {args.json}")


if __name__ == "__main__":
    main()
