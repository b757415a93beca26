from __future__ import annotations

import hashlib
import json
import sys
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
        ("o.xyz", "", r"unknown format: use one of \.obo, \.json, \.tsv, \.ttl"),
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


TURTLE = """\
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://example.org/skin#> .
ex:skin a skos:Concept ; skos:prefLabel "skin disease"@en, "Hautkrankheit"@de ;
    skos:narrower ex:wart .
ex:wart a skos:Concept ; skos:prefLabel "wart"@en ; skos:altLabel "verruca"@la, "warty growth"@en ;
    skos:definition "A growth caused by a papillomavirus."@en .
ex:flat a skos:Concept ; skos:prefLabel "plane wart" ; skos:broader ex:wart, ex:gone .
"""

OWL = """\
<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:owl="http://www.w3.org/2002/07/owl#"
    xmlns:obo="http://purl.obolibrary.org/obo/"
    xmlns:oio="http://www.geneontology.org/formats/oboInOwl#">
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/DOID_1"><rdfs:label>disease</rdfs:label>
  </owl:Class>
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/DOID_2"><rdfs:label>acne</rdfs:label>
    <rdfs:subClassOf rdf:resource="http://purl.obolibrary.org/obo/DOID_1"/>
    <rdfs:subClassOf><owl:Restriction/></rdfs:subClassOf>
    <oio:hasExactSynonym>acne vulgaris</oio:hasExactSynonym>
    <oio:hasRelatedSynonym>pimples</oio:hasRelatedSynonym>
    <oio:hasDbXref>ICD10CM:L70</oio:hasDbXref>
    <obo:IAO_0000115>A disease of the pilosebaceous unit.</obo:IAO_0000115>
  </owl:Class>
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/DOID_3"><rdfs:label>old</rdfs:label>
    <owl:deprecated>true</owl:deprecated></owl:Class>
</rdf:RDF>
"""


def test_skos_in_turtle(tmp_path: Path) -> None:
    pytest.importorskip("rdflib")
    onto = load_ontology(write(tmp_path, "o.ttl", TURTLE))
    wart = onto.term("ex:wart")
    assert (wart.name, wart.parents) == ("wart", ("ex:skin",))
    assert [s.text for s in wart.synonyms] == ["warty growth"]
    assert wart.definition == "A growth caused by a papillomavirus."
    assert set(onto.parents("ex:flat")) == {"ex:gone", "ex:wart"}


def test_owl_in_rdf_xml(tmp_path: Path) -> None:
    pytest.importorskip("rdflib")
    onto = load_ontology(write(tmp_path, "o.owl", OWL))
    acne = onto.term("DOID:2")
    assert (acne.name, acne.parents, acne.xrefs) == ("acne", ("DOID:1",), ("ICD10CM:L70",))
    assert [(s.text, s.scope) for s in acne.synonyms] == [
        ("acne vulgaris", "EXACT"), ("pimples", "RELATED"),
    ]  # fmt: skip
    assert "DOID:3" not in onto


@pytest.mark.parametrize(("name", "text", "message"), [
    ("o.ttl", "nonsense", "not Turtle"),
    ("o.owl", "<?xml version='1.0'?><rdf:RDF", "not RDF/XML"),
    ("o.ttl", "", "no skos:Concept and no owl:Class"),
])  # fmt: skip
def test_faulty_rdf_is_told_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    pytest.importorskip("rdflib")
    with pytest.raises(OntologyError, match=message) as caught:
        load_ontology(write(tmp_path, name, text))
    assert "\n" not in str(caught.value)


def test_without_rdflib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(OntologyError, match=r"caption-structurer\[owl\]"):
        load_ontology(write(tmp_path, "o.ttl", TURTLE))


def test_references_with_padded_comments(tmp_path: Path) -> None:
    text = "ontology: x\n\n[Term]\nid: X:1\nname: a\n\n[Term]\nid: X:2\nname: b\nis_a: X:1   ! a\n"
    assert load_ontology(write(tmp_path, "o.obo", text)).parents("X:2") == ("X:1",)


def test_the_scopes_of_a_table(tmp_path: Path) -> None:
    text = "id\tlabel\tparents\texact_syn\tother_syn\nX:1\twart\t\tverruca\tbump|knob\n"
    onto = load_ontology(write(tmp_path, "o.tsv", text))
    assert [(s.text, s.scope) for s in onto.term("X:1").synonyms] == [
        ("verruca", "EXACT"), ("bump", "RELATED"), ("knob", "RELATED"),
    ]  # fmt: skip


def test_a_key_that_stands_twice_in_json(tmp_path: Path) -> None:
    onto = load_ontology(write(tmp_path, "o.json", '{"a": ["b"], "a": ["c"]}'))
    assert {onto.term(i).name for i in onto.children(onto.by_name("a").id)} == {"b", "c"}


@pytest.mark.parametrize(("file", "least", "child", "parent"), [
    ("disease_ontology_skin.tsv", 600, "nickel allergic contact dermatitis", "dermatitis"),
    ("ncit_skin_2018.tsv", 700, "diaper dermatitis", "dermatitis"),
    ("symp.obo", 900, "rash", "skin and integumentary tissue symptom"),
])  # fmt: skip
@pytest.mark.shared
def test_public_ontologies(shared: Path, file: str, least: int, child: str, parent: str) -> None:
    onto = load_ontology(shared / "data" / "ontologies" / file)
    assert len(onto) > least
    assert parent in {onto.term(i).name.lower() for i in onto.ancestors(onto.by_name(child).id)
                      if i in onto}  # fmt: skip
