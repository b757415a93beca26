from __future__ import annotations

from collections.abc import Callable

import pytest

from ontology_graph import Ontology

BCC, NODULAR, PHOTO, FINGER = "DERM:0010003", "DERM:0010004", "DERM:0010009", "DERM:0040002"


def test_path_names_the_way_from_below_the_root_to_the_term(mini: Ontology) -> None:
    assert mini.path(NODULAR) == (
        "malignant tumor",
        "basal cell carcinoma",
        "nodular basal cell carcinoma",
    )
    assert mini.path("DERM:0000001") == ()


def test_path_follows_the_declared_primary_parent(mini: Ontology) -> None:
    assert mini.path(PHOTO) == ("actinic damage", "photosensitive eczema")
    assert mini.parents(PHOTO) == ("DERM:0010007", "DERM:0010005")
    assert mini.term(PHOTO).primary_parent == "DERM:0010007"


def test_part_of_counts_for_the_path(mini: Ontology) -> None:
    assert mini.path(FINGER) == ("hand", "finger")
    assert mini.branch(FINGER) == "body_site"


def test_family(mini: Ontology) -> None:
    assert mini.ancestors(NODULAR) == {BCC, "DERM:0010002", "DERM:0000001"}
    assert mini.descendants("DERM:0010002") == {BCC, NODULAR}
    assert mini.children(BCC) == (NODULAR,)
    assert mini.is_leaf(NODULAR)
    assert not mini.is_leaf(BCC)
    assert mini.depth(NODULAR) == 3
    assert mini.depth("DERM:0000001") == 0


def test_ancestors_go_along_every_parent(mini: Ontology) -> None:
    assert {"DERM:0010005", "DERM:0010007"} <= mini.ancestors(PHOTO)


def test_lowest_common_ancestor(mini: Ontology) -> None:
    assert mini.lowest_common_ancestor(NODULAR, BCC) == BCC
    assert mini.lowest_common_ancestor(NODULAR, "DERM:0010006") == "DERM:0000001"
    assert mini.lowest_common_ancestor(NODULAR, FINGER) is None


def test_wu_palmer(mini: Ontology) -> None:
    assert mini.wu_palmer(BCC, BCC) == 1.0
    # one edge to the common ancestor, which is three nodes from the root downwards
    assert mini.wu_palmer(NODULAR, BCC) == pytest.approx(6 / 7)
    assert mini.wu_palmer(NODULAR, FINGER) == 0.0


def test_common_ancestors_and_root(mini: Ontology) -> None:
    assert mini.common_ancestors(NODULAR, BCC) == {BCC, "DERM:0010002", "DERM:0000001"}
    assert mini.common_ancestors(NODULAR, FINGER) == frozenset()
    assert (mini.root(FINGER), mini.root("DERM:0000002")) == ("DERM:0000002", "DERM:0000002")


def test_the_hierarchy_is_a_networkx_graph_of_parents(mini: Ontology) -> None:
    assert set(mini.hierarchy.successors(PHOTO)) == set(mini.parents(PHOTO))
    assert set(mini.hierarchy.predecessors(BCC)) == set(mini.children(BCC))
    assert len(mini.hierarchy) == len(mini)


def test_max_depth_takes_the_longest_way(load: Callable[[str], Ontology]) -> None:
    onto = load(
        "ontology: x\n\n[Term]\nid: X:1\nname: a\n\n[Term]\nid: X:2\nname: b\nis_a: X:1\n\n"
        "[Term]\nid: X:3\nname: c\nis_a: X:1\nis_a: X:2\n"
    )
    assert onto.depth("X:3") == 1
    assert onto.max_depth("X:3") == 2


def test_surface_forms_leave_out_roots_and_obsolete_terms(mini: Ontology) -> None:
    forms = {(form.text, form.kind, form.scope) for form in mini.surface_forms()}
    assert ("BCC", "abbreviation", "EXACT") in forms
    assert ("rodent ulcer", "synonym", "EXACT") in forms
    assert ("basalioma", "synonym", "RELATED") in forms
    assert not {"condition", "toe"} & {text for text, _, _ in forms}


def test_term_carries_its_facts(mini: Ontology) -> None:
    term = mini.term("DERM:0010006")
    assert term.definition == "Itchy eczema of the atopic."
    assert term.readings == (("AD", "eczema asthma flexure"),)
    assert mini.term("DERM:0040001").caution == ("hand",)
    assert mini.term("DERM:0040003").obsolete


def test_unknown_ids_and_names_are_key_errors(mini: Ontology) -> None:
    with pytest.raises(KeyError, match="DERM:9"):
        mini.term("DERM:9")
    with pytest.raises(KeyError, match="nothing"):
        mini.by_name("nothing")
    with pytest.raises(KeyError):
        mini.path("DERM:9")


def test_cycles_do_not_hang(load: Callable[[str], Ontology]) -> None:
    onto = load(
        "ontology: x\n\n[Term]\nid: X:1\nname: a\nis_a: X:2\n\n"
        "[Term]\nid: X:2\nname: b\nis_a: X:1\n"
    )
    assert onto.ancestors("X:1") == {"X:2"}
    assert onto.path("X:1") == ("a",)
    assert onto.max_depth("X:1") == 1
