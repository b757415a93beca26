"""The ontology as text: every term has its place, whatever the file's faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology_graph import Ontology, load_ontology
from ontology_graph.tree import Forest, nearest_names, render_card, render_tree
from structurer.cli import main

NAMES = "abcdef"
EDGES = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4))


def test_each_line_has_name_id_and_number_of_narrower_terms(mini: Ontology) -> None:
    assert list(render_tree(mini, branch="condition", depth=2)) == [
        "condition  DERM:0000001  (9)",
        "├── benign tumor  DERM:0010001",
        "├── malignant tumor  DERM:0010002  (2)",
        "│   └── basal cell carcinoma  DERM:0010003  (1)",
        "├── dermatitis  DERM:0010005  (2)",
        "│   ├── atopic dermatitis  DERM:0010006",
        "│   └── photosensitive eczema  DERM:0010009  -> actinic damage",
        "├── actinic damage  DERM:0010007  (1)",
        "│   └── photosensitive eczema  DERM:0010009",
        "└── behcet disease  DERM:0010008",
    ]


def test_obsolete_terms_are_left_out(mini: Ontology) -> None:
    assert "toe" not in "\n".join(render_tree(mini, depth=9))
    assert list(render_tree(mini, branch="body_site", depth=0)) == ["body site  DERM:0000002  (2)"]


def test_tree_of_one_term(mini: Ontology) -> None:
    lines = list(render_tree(mini, "DERM:0010002", depth=9))
    assert [line.split("  ")[0] for line in lines[:2]] == [
        "malignant tumor",
        "└── basal cell carcinoma",
    ]
    assert lines[2].startswith("    └── nodular")
    with pytest.raises(KeyError, match="DERM:1"):
        list(render_tree(mini, "DERM:1"))


def test_card_tells_synonyms_by_scope(mini: Ontology) -> None:
    card = dict(
        line.split(":", 1) for line in render_card(mini, "DERM:0010003") if ": " in line[:14]
    )
    told = {key: value.strip() for key, value in card.items()}
    assert told["path"] == "malignant tumor > basal cell carcinoma"
    assert told["exact"] == "BCC [abbreviation]; rodent ulcer [lay]"
    assert told["related"] == "basalioma"
    assert told["xrefs"] == "DOID:2513, ICD10CM:C44.91"
    assert told["parents"] == "malignant tumor"
    assert told["children"] == "nodular basal cell carcinoma"
    assert told["descendants"] == "1"


def test_whole_ontology_is_in_the_forest_once(derm: Ontology) -> None:
    walk = list(Forest.of(derm).walk())
    assert len(walk) == len(set(walk))
    assert set(walk) == {term.id for term in derm.terms() if not term.obsolete}
    own_place = [line for line in render_tree(derm, depth=99) if "  -> " not in line]
    assert len(own_place) == len(walk)


@given(edges=EDGES)
def test_forest_holds_every_term_once_even_with_cycles(
    edges: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import json

    path = tmp_path_factory.mktemp("forest") / "edges.json"
    path.write_text(json.dumps(edges), encoding="utf-8")
    onto = load_ontology(path)
    forest = Forest.of(onto)
    walk = list(forest.walk())
    assert sorted(walk) == sorted(term.id for term in onto.terms())
    seen: set[str] = set()
    for node in walk:
        assert forest.parent.get(node) is None or forest.parent[node] in seen
        seen.add(node)
    # Every term is opened at most once, so the text ends.
    assert len(list(render_tree(onto, depth=99))) <= len(walk) + sum(map(len, edges.values()))


def test_undeclared_parent_makes_a_root(load: Callable[[str], Ontology]) -> None:
    onto = load("[Term]\nid: X:1\nname: one\nis_a: X:9\n\n[Term]\nid: X:2\nname: two\nis_a: X:1\n")
    assert Forest.of(onto).roots == ("X:1",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("psoriasys", "psoriasis"),
        ("Rodant Ulcer", "basal cell carcinoma"),
        ("melanomma", "melanoma"),
    ],
)
def test_nearest_names_of_a_slip(derm: Ontology, typed: str, meant: str) -> None:
    assert nearest_names(derm, typed)[0] == meant


def test_nothing_is_near_to_nonsense(derm: Ontology) -> None:
    assert nearest_names(derm, "0xqzj 77131 qqq") == []
    assert nearest_names(derm, "") == []


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["ontology", "show", *arguments]) == code
    printed = capsys.readouterr()
    return printed.err if code else printed.out


def test_command_finds_a_term_by_name_synonym_and_id(
    capsys: pytest.CaptureFixture[str], derm: Ontology
) -> None:
    node = derm.by_name("basal cell carcinoma").id
    answers = {shown(capsys, text) for text in (node, "Basal Cell Carcinoma", "rodent ulcers")}
    assert len(answers) == 1
    assert answers.pop().startswith(f"basal cell carcinoma  {node}\n")


def test_command_keeps_to_a_branch_and_a_depth(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--branch", "skin_tone", "--depth", "0").startswith("skin tone  DERM:")
    assert shown(capsys, "--depth", "0").count("\n") == 5
    assert "├──" not in shown(capsys, "psoriasis", "--depth", "0")
    assert "choose from: condition" in shown(capsys, "--branch", "skin", code=2)


def test_command_says_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    message = shown(capsys, "psoriasys", code=1)
    assert message.count("\n") == 1
    assert "nearest: psoriasis" in message
    assert "branch symptom" in shown(capsys, "melanoma", "--branch", "symptom", code=1)


def test_command_gives_the_tree_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import json

    path = tmp_path / "loop.json"
    path.write_text('{"a": ["b"], "b": ["a", "c"]}', encoding="utf-8")
    tree = json.loads(shown(capsys, "--file", str(path), "--json", "--depth", "9"))
    assert [root["name"] for root in tree] == ["a"]
    assert {below["name"] for below in tree[0]["children"][0]["children"]} == {"a", "c"}
