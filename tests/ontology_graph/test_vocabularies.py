"""How much of other label lists the ontology knows: exact or normalised, never fuzzy."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ontology_graph import Linker, Ontology

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
VOCAB = DATA / "vocab"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not VOCAB.is_dir(), reason=f"no label lists at {VOCAB}"),
]


def known(linker: Linker, labels: list[str], branch: str | None = None) -> float:
    """Return the share of labels that link; a label's last level is what counts."""
    assert labels
    links = linker.link_all((label.rpartition(":")[2] for label in labels), branch)
    return sum(link.match in ("exact", "normalised") for link in links) / len(links)


@pytest.mark.parametrize(
    ("file", "branch", "least"),
    [
        ("fitzpatrick17k_labels.txt", None, 1.0),
        ("ham10000_labels.txt", None, 1.0),
        ("pad_ufes20_labels.txt", "condition", 1.0),
        ("daffodil_labels.txt", None, 1.0),
        ("sd128_labels.txt", None, 0.98),
        ("skincon_concepts.txt", None, 1.0),
        ("derm7pt_concepts.txt", "concept", 1.0),
        ("isic_body_sites.txt", "body_site", 1.0),
        ("isic_diagnoses.txt", None, 0.9),
    ],
)
def test_label_lists(derm_linker: Linker, file: str, branch: str | None, least: float) -> None:
    labels = (VOCAB / file).read_text(encoding="utf-8").split("\n")
    assert known(derm_linker, [line.strip() for line in labels if line.strip()], branch) >= least


def test_skin_terms_of_the_disease_ontology(derm_linker: Linker) -> None:
    with (DATA / "ontologies" / "disease_ontology_skin.tsv").open(encoding="utf-8") as file:
        labels = [row["label"] for row in csv.DictReader(file, delimiter="\t")]
    unnumbered = [label for label in labels if not re.search(r"\b\d+[A-Z]?$|\btype \w+$", label)]
    assert len(unnumbered) > 400
    assert known(derm_linker, unnumbered, "condition") >= 0.85


def test_the_three_way_partition_of_fitzpatrick17k(derm: Ontology, derm_linker: Linker) -> None:
    """Malignant is never benign and never the other way round."""
    with (VOCAB / "fitzpatrick17k_partitions.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    agreed = 0
    for row in rows:
        node = derm_linker.link(row["label"]).node
        assert node is not None, row["label"]
        above = {derm.term(i).name for i in derm.ancestors(node)}
        ours = next(
            (side for side in ("benign", "malignant") if f"{side} proliferation" in above),
            "non-neoplastic",
        )
        assert {ours, row["three_partition"]} != {"benign", "malignant"}, row["label"]
        agreed += ours == row["three_partition"]
    assert agreed / len(rows) >= 0.9
