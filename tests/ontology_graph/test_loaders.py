from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ontology_graph import OntologyError, load_ontology


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_json_of_parents_and_children(tmp_path: Path) -> None:
    data = {"root": ["Tumors", "Eczema"], "Tumors": ["Nevus"], "Eczema": ["Nevus"]}
    onto = load_ontology(write(tmp_path, "o.json", json.dumps(data)))
    nevus = onto.by_name("nevus")
    assert onto.path(nevus.id) == ("Tumors", "Nevus")
    assert {onto.term(p).name for p in nevus.parents} == {"Tumors", "Eczema"}
    assert onto.branches == ("root",)


def test_tsv_takes_parents_by_id_or_name(tmp_path: Path) -> None:
    text = (
        "id\tname\tparents\tsynonyms\n"
        "X:1\tskin\t\t\n"
        'X:2\twart\tskin\tverruca|"common" wart\n'
        "X:3\tplane wart\tX:2\t\n"
    )
    onto = load_ontology(write(tmp_path, "o.tsv", text))
    assert onto.path("X:3") == ("wart", "plane wart")
    assert [s.text for s in onto.term("X:2").synonyms] == ["verruca", '"common" wart']


def test_version_is_the_hash_of_the_content(tmp_path: Path) -> None:
    path = write(tmp_path, "o.json", '{"a": ["b"]}')
    assert load_ontology(path).version == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("o.xyz", "", r"unknown format: use one of \.obo, \.json, \.tsv"),
        ("o.json", "{", "line 1: not JSON"),
        ("o.json", "[]", "must be an object"),
        ("o.json", '{"a": "b"}', "the value of 'a' must be a list"),
        ("o.tsv", "code\tname\n1\tx\n", "no column id"),
        ("o.tsv", "id\tname\n1\tx\n1\ty\n", "line 3: id 1 stands twice"),
        ("o.tsv", "id\tname\n\tx\n", "line 2: id and name must not be empty"),
        ("o.obo", "ontology: x\n\n[Term]\nname: no id\n", "no id tag"),
        (
            "o.obo",
            "ontology: x\n\n[Term]\nid: X:1\nname: a\nsynonym: b EXACT []\n",
            "X:1.*malformed",
        ),
    ],
)
def test_faulty_files_give_one_clear_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(OntologyError, match=message) as caught:
        load_ontology(write(tmp_path, name, text))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_utf8_are_told(tmp_path: Path) -> None:
    path = tmp_path / "o.obo"
    path.write_bytes(b"ontology: \xff\n")
    with pytest.raises(OntologyError, match="byte 10 is not UTF-8"):
        load_ontology(path)
