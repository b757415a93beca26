"""The ontology that comes with the package."""

from __future__ import annotations

import re

import pytest

from ontology_graph import Linker, Ontology
from ontology_graph.crosswalk import Crosswalk, prefixes
from ontology_graph.lint import lint
from ontology_graph.loaders import DEFAULT_PATH
from ontology_graph.model import PARENT_RELATIONS
from ontology_graph.normalise import first_difference

BRANCHES = ("condition", "concept", "symptom", "body_site", "skin_tone")


def leaves(onto: Ontology, branch: str) -> list[str]:
    return [t.id for t in onto.terms(branch) if onto.is_leaf(t.id) and not t.obsolete]


def test_it_is_sound(derm: Ontology) -> None:
    assert lint(derm) == []


def test_the_file_is_in_normal_form() -> None:
    assert first_difference(DEFAULT_PATH.read_text(encoding="utf-8")) is None


def test_branches_and_their_id_ranges(derm: Ontology) -> None:
    assert derm.branches == BRANCHES
    for place, branch in enumerate(BRANCHES, start=1):
        for term in derm.terms(branch):
            assert re.fullmatch(r"DERM:\d{7}", term.id)
            number = int(term.id[5:])
            assert number == place or place * 10_000 < number < (place + 1) * 10_000


@pytest.mark.parametrize(
    ("branch", "least"),
    [("condition", 450), ("concept", 130), ("symptom", 60), ("body_site", 200)],
)
def test_it_is_large_enough(derm: Ontology, branch: str, least: int) -> None:
    count = leaves(derm, branch) if branch == "condition" else list(derm.terms(branch))
    assert len(count) >= least


def test_conditions_have_three_synonyms_on_average(derm: Ontology) -> None:
    conditions = [derm.term(i) for i in leaves(derm, "condition")]
    assert sum(len(t.synonyms) for t in conditions) / len(conditions) >= 3


def test_all_skin_types_are_there(derm: Ontology) -> None:
    names = {term.name for term in derm.terms("skin_tone")}
    assert {f"fitzpatrick {n}" for n in range(1, 7)} <= names
    assert {f"monk {n}" for n in range(1, 11)} <= names


def test_paths_are_at_most_four_deep_and_end_in_the_name(derm: Ontology) -> None:
    for term in derm.terms():
        path = derm.path(term.id)
        assert len(path) <= 4
        assert not path or path[-1] == term.name


def test_names_are_lower_case(derm: Ontology) -> None:
    assert [t.name for t in derm.terms() if t.name != t.name.lower()] == []


def test_edges_are_parents_only(derm: Ontology) -> None:
    assert {key for _, _, key in derm.graph.edges(keys=True)} <= set(PARENT_RELATIONS)


def test_primary_parents_are_declared_where_there_are_several(derm: Ontology) -> None:
    for term in derm.terms():
        declared = [
            value
            for value in derm.graph.nodes[term.id].get("property_value", ())
            if value.startswith("primary_parent ")
        ]
        assert len(declared) == (1 if len(term.parents) > 1 else 0), term.name


def test_cautions_and_readings_name_own_surfaces(derm: Ontology) -> None:
    for term in derm.terms():
        own = {term.name.lower(), *(s.text.lower() for s in term.synonyms)}
        assert {surface.lower() for surface, _ in term.readings} <= own, term.name


@pytest.mark.parametrize("word", ["melanoma", "basal cell carcinoma", "mycosis fungoides"])
def test_cancers_are_malignant_and_nothing_else(derm: Ontology, word: str) -> None:
    node = derm.by_name(word).id
    assert derm.path(node)[0] == "malignant proliferation"
    groups = {derm.term(i).name for i in derm.ancestors(node)}
    assert not {name for name in groups if "benign" in name or "infect" in name}


@pytest.mark.parametrize(
    ("phrase", "branch", "name"),
    [
        ("BCC", None, "basal cell carcinoma"),
        ("nodular BCC", None, "nodular basal cell carcinoma"),
        ("SCC", "condition", "squamous cell carcinoma"),
        ("athlete's foot", None, "tinea pedis"),
        ("ringworm", "condition", "dermatophytosis"),
        ("Beh\u00e7et's syndrome", None, "behcet disease"),
        ("naevus flammeus", "condition", "port wine stain"),
        ("shingles", None, "herpes zoster"),
        ("psoriasis", None, "psoriasis"),
        ("oedema", "concept", "edema"),
        ("papulae", None, "papule"),
        ("scaly", None, "scale"),
        ("hyperpigmented", "concept", "hyperpigmentation"),
        ("red", "concept", "erythema"),
        ("itchy", None, "pruritus"),
        ("left shin", None, "shin"),
        ("soles of the feet", None, "sole"),
        ("all over the body", "body_site", "generalized"),
        ("Fitzpatrick type IV", None, "fitzpatrick 4"),
        ("skin type 6", "skin_tone", "fitzpatrick 6"),
        ("dark-skinned", "skin_tone", "dark"),
        ("psoriasus", None, "psoriasis"),
        ("molluscum contageosum", None, "molluscum contagiosum"),
        ("seborrhoeic keratoses", None, "seborrheic keratosis"),
    ],
)
def test_well_known_links(derm_linker: Linker, phrase: str, branch: str | None, name: str) -> None:
    assert derm_linker.link(phrase, branch).name == name


@pytest.mark.parametrize(
    "phrase",
    ["steel bridge", "laparoscopic port placement", "the committee met", "gearbox", "hepatic vein",
     "randomised trial", "carburettor", "X-ray of the femur", "quarterly report", "tulip"],
)  # fmt: skip
def test_what_is_no_dermatology_is_nil(derm_linker: Linker, phrase: str) -> None:
    assert derm_linker.link(phrase).match == "nil"


def test_most_conditions_have_a_cross_reference(derm: Ontology) -> None:
    conditions = list(derm.terms("condition"))
    exact = sum(bool(t.xrefs) for t in conditions) / len(conditions)
    any_kind = sum(bool(t.xrefs or t.broad_xrefs) for t in conditions) / len(conditions)
    assert exact >= 0.55
    assert any_kind >= 0.8
    assert {"DOID", "ICD10CM"} <= prefixes(derm).keys()


def test_no_code_is_exact_and_broad_for_one_term(derm: Ontology) -> None:
    assert [t.name for t in derm.terms() if set(t.xrefs) & set(t.broad_xrefs)] == []


def test_an_exact_icd_code_belongs_to_one_condition(derm: Ontology) -> None:
    owners: dict[str, list[str]] = {}
    for term in derm.terms("condition"):
        for code in term.xrefs:
            owners.setdefault(code, []).append(term.id)
    shared = {
        code: nodes
        for code, nodes in owners.items()
        for one in nodes
        for other in nodes
        if one < other
        and one not in derm.ancestors(other)
        and other not in derm.ancestors(one)
        and code.startswith("ICD10CM:")
    }
    assert shared == {}


def test_crosswalk_goes_both_ways(derm: Ontology) -> None:
    walk = Crosswalk(derm, "DOID")
    psoriasis = derm.by_name("psoriasis").id
    assert walk.codes(psoriasis) == ("DOID:8893",)
    assert psoriasis in walk.nodes("DOID:8893")
    assert walk.nodes("DOID:0") == ()
    assert len(walk) > 100
    with pytest.raises(KeyError):
        walk.codes("DERM:9")
