from __future__ import annotations

import json
from pathlib import Path

import pytest
from runfolders import write_run
from test_cli import error, printed

from ontology_graph import load_ontology

FAULTY = {"skin": ["eczema", "benign tumors", "malignant tumors"], "benign tumors": ["melanoma"],
          "malignant tumors": ["melanoma"], "eczema": ["hand eczema"]}  # fmt: skip

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(FAULTY))
    return path


def test_lint_proposes_a_repair_for_each_fault(capsys: Capture, faulty: Path) -> None:
    rows = json.loads(printed(capsys, "ontology", "lint", "--file", str(faulty), "--json", code=1))
    fixable = {row["check"] for row in rows if row["fixable"]}
    assert fixable == {"benign-and-malignant"}
    text = printed(capsys, "ontology", "lint", "--file", str(faulty), code=1)
    assert "drop benign tumors: melanoma is malignant" in text
    assert "by hand: write one sentence" in text
    assert printed(capsys, "ontology", "lint") == "0 findings\n"


def test_fix_writes_the_file_and_the_diff(capsys: Capture, faulty: Path) -> None:
    before, out = faulty.read_bytes(), faulty.with_name("out.json")
    found = printed(
        capsys, "ontology", "lint", "--file", str(faulty), "--fix", "-o", str(out), code=1
    )
    assert "1 mended" in found
    assert faulty.read_bytes() == before
    onto = load_ontology(out)
    assert onto.path(onto.by_name("melanoma").id)[0] == "malignant tumors"
    assert "melanoma" in out.with_name("out.json.diff").read_text()
    assert "-o needs --fix" in error(capsys, "ontology", "lint", "-o", str(out), code=2)


def test_crosswalk_lists_vocabularies_and_their_mappings(capsys: Capture) -> None:
    known = json.loads(printed(capsys, "ontology", "crosswalk", "--json"))
    assert {"icd10cm", "doid", "hp", "fitzpatrick17k", "isic", "pad"} <= set(known)
    for name in ("doid", "skincon"):
        rows = json.loads(printed(capsys, "ontology", "crosswalk", "--to", name, "--json"))
        assert len({row["node"] for row in rows}) == known[name]


def test_crosswalk_of_terms(capsys: Capture) -> None:
    rows = json.loads(
        printed(capsys, "ontology", "crosswalk", "--to", "DOID", "psoriasis", "xyzzy", "--json")
    )
    assert [(row["term"], row["name"]) for row in rows] == [
        ("psoriasis", "psoriasis"), ("xyzzy", None),
    ]  # fmt: skip
    assert rows[0]["mappings"][0]["id"] == "DOID:8893"
    assert rows[1]["mappings"] == []
    text = printed(capsys, "ontology", "crosswalk", "--to", "doid", "psoriasis", "xyzzy")
    assert text.splitlines()[1] == "xyzzy\t-\t-\t-"


def test_crosswalk_of_a_run_counts_captions(capsys: Capture, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    rows = json.loads(
        printed(capsys, "ontology", "crosswalk", "--to", "icd10cm", "--run", str(folder), "--json")
    )
    assert rows
    assert all(set(row) == {"field", "node", "name", "captions", "mappings"} for row in rows)
    counts = [row["captions"] for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 0


def test_crosswalk_usage(capsys: Capture, tmp_path: Path) -> None:
    assert "choose from: " in error(capsys, "ontology", "crosswalk", "--to", "xx", code=2)
    assert "say --to which" in error(capsys, "ontology", "crosswalk", "acne", code=2)
    out = tmp_path / "m.sssom.tsv"
    assert printed(capsys, "ontology", "crosswalk", "--sssom", str(out)).strip() == str(out)
    assert out.read_text("utf-8").startswith("#curie_map:")
    nowhere = str(tmp_path / "no" / "m.tsv")
    assert "cannot write" in error(capsys, "ontology", "crosswalk", "--sssom", nowhere, code=1)


def test_diff_of_two_files(capsys: Capture, faulty: Path) -> None:
    other = faulty.with_name("other.json")
    other.write_text(json.dumps(FAULTY | {"eczema": ["foot eczema"]}))
    rows = json.loads(printed(capsys, "ontology", "diff", str(faulty), str(other), "--json"))
    assert [(row["kind"], row["name"]) for row in rows] == [
        ("added", "foot eczema"), ("removed", "hand eczema"),
    ]  # fmt: skip
    assert printed(capsys, "ontology", "diff", "default", "default") == "0 changes\n"
    missing = str(faulty.with_name("no.obo"))
    assert "no such ontology file" in error(capsys, "ontology", "diff", missing, missing, code=1)
