from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from ontology_graph import Ontology, OntologyError
from ontology_graph.crosswalk import LABEL_SETS, PREDICATES, Crosswalk, label_rows, vocabularies
from ontology_graph.sssom import COLUMNS, to_sssom

LISTS = {
    "fitzpatrick17k": ("fitzpatrick17k_labels",), "sd128": ("sd128_labels",),
    "skincon": ("skincon_concepts",), "derm7pt": ("derm7pt_concepts",),
    "isic": ("isic_diagnoses", "isic_body_sites"), "ham10000": ("ham10000_labels",),
    "pad": ("pad_ufes20_labels",), "daffodil": ("daffodil_labels",),
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", LABEL_SETS)
def test_every_label_of_a_public_list_is_mapped(shared: Path, name: str) -> None:
    texts = [(shared / "data" / "vocab" / f"{f}.txt").read_text("utf-8") for f in LISTS[name]]
    labels = {line.strip() for text in texts for line in text.split("\n") if line.strip()}
    assert {label for label, _, _ in label_rows(name)} == labels


@pytest.mark.parametrize("name", LABEL_SETS)
def test_labels_lead_to_terms_there_are(derm: Ontology, name: str) -> None:
    for label, node, predicate in label_rows(name):
        assert node in derm, label
        assert not derm.term(node).obsolete, label
        assert predicate in PREDICATES, label
    assert len(set(label_rows(name))) == len(label_rows(name))


def test_an_unknown_label_set_names_the_choices() -> None:
    with pytest.raises(KeyError, match="choose from fitzpatrick17k, sd128"):
        label_rows("imagenet")


def predicates(onto: Ontology, name: str) -> dict[tuple[str, str], str]:
    return {(m.node, m.object): m.predicate for m in Crosswalk(onto, name)}


def test_codes_of_several_terms_and_residual_codes_are_broad(
    load: Callable[[str], Ontology],
) -> None:
    term = '[Term]\nid: X:{}\nname: {}\ndef: "A." []\n{}\n\n'
    onto = load("ontology: x\n\n" + "".join([
        term.format(1, "disease", ""),
        term.format(2, "eczema", "is_a: X:1\nxref: ICD10CM:Z01.2"),
        term.format(3, "hand eczema", "is_a: X:2\nxref: ICD10CM:Z01.2"),
        term.format(4, "acne", "is_a: X:1\nxref: ICD10CM:Z70.8\nxref: DOID:0000"),
        term.format(5, "wen", "is_a: X:1\nxref: DOID:0000\nproperty_value: skos:broadMatch HP:1"),
        term.format(6, "wart", "is_a: X:1\nxref: ICD10CM:Z07.0"),
    ]))  # fmt: skip
    exact, broad = "skos:exactMatch", "skos:broadMatch"
    assert predicates(onto, "icd10cm") == {
        ("X:2", "ICD10CM:Z01.2"): exact, ("X:3", "ICD10CM:Z01.2"): broad,
        ("X:4", "ICD10CM:Z70.8"): broad, ("X:6", "ICD10CM:Z07.0"): exact,
    }  # fmt: skip
    assert set(predicates(onto, "DOID").values()) == {broad}
    assert predicates(onto, "hp") == {("X:5", "HP:1"): broad}


def test_a_subtype_takes_the_label_of_the_nearest_broader_term(derm: Ontology) -> None:
    walk = Crosswalk(derm, "ham10000")
    node = derm.by_name("superficial spreading melanoma").id
    assert walk.mappings(node) == ()
    assert [(m.object, m.predicate) for m in walk.nearest(node)] == [
        ("melanoma", "skos:broadMatch")
    ]
    assert walk.nearest(derm.by_name("psoriasis").id) == ()
    assert walk.nodes("MELANOMA") == (derm.by_name("melanoma").id,)


def test_the_sssom_table_follows_the_standard(derm: Ontology) -> None:
    text = to_sssom(derm)
    assert to_sssom(derm) == text
    header = [line for line in text.split("\n") if line.startswith("#")]
    assert header[0] == "#curie_map:"
    keys = {line[1:].split(":")[0] for line in header if not line.startswith("#  ")}
    assert {"curie_map", "mapping_set_id", "license"} <= keys
    declared = {line[3:].split(":")[0] for line in header if line.startswith("#  ")}
    body = "\n".join(text.split("\n")[len(header) :])
    rows = list(csv.DictReader(io.StringIO(body), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(len(list(Crosswalk(derm, name))) for name in vocabularies(derm))
    for row in rows:
        curies = ("subject_id", "predicate_id", "mapping_justification", "object_id")
        assert {row[key].split(":")[0] for key in curies if row[key]} <= declared
        assert row["predicate_id"] in PREDICATES
        assert row["subject_label"] == derm.term(row["subject_id"]).name
        # A literal is named by its label, everything else by its id.
        literal = row["object_type"] == "rdfs literal"
        assert bool(row["object_id"]) != literal
        assert row["object_label"] or not literal


def test_one_vocabulary_as_sssom_or_none(derm: Ontology) -> None:
    assert "DOID:8893" in to_sssom(derm, ["doid"])
    assert "\tICD10CM:" not in to_sssom(derm, ["doid"])
    with pytest.raises(OntologyError, match=r"choose from doid, .*fitzpatrick17k"):
        to_sssom(derm, ["xx"])
