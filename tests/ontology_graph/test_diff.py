from __future__ import annotations

from collections.abc import Callable

from minis import MINI

from ontology_graph import Ontology
from ontology_graph.diff import diff

Load = Callable[[str], Ontology]


def changed(
    load: Load, *swaps: tuple[str, str]
) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    text = MINI
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return [(c.kind, c.id, c.before, c.after) for c in diff(load(MINI), load(text))]


def test_nothing_changed(load: Load) -> None:
    assert changed(load) == []


def test_names_parents_synonyms_and_codes(load: Load) -> None:
    found = changed(
        load,
        ("name: dermatitis", "name: skin inflammation"),
        ("is_a: DERM:0010003", "is_a: DERM:0010002"),
        ('synonym: "basalioma" RELATED []', 'synonym: "basalioma" EXACT []'),
        ("xref: DOID:2513", "xref: DOID:9"),
    )
    assert found == [
        ("renamed", "DERM:0010005", ("dermatitis",), ("skin inflammation",)),
        ("moved", "DERM:0010004", ("basal cell carcinoma",), ("malignant tumor",)),
        ("synonyms", "DERM:0010003", ("basalioma [RELATED]",), ("basalioma [EXACT]",)),
        ("xrefs", "DERM:0010003", ("DOID:2513",), ("DOID:9",)),
    ]


def test_terms_that_come_and_go(load: Load) -> None:
    new = '\n[Term]\nid: DERM:0010099\nname: wart\ndef: "A." []\nis_a: DERM:0000001\n'
    old, changed_text = load(MINI), load(MINI + new)
    assert [(c.kind, c.name) for c in diff(old, changed_text)] == [("added", "wart")]
    assert [(c.kind, c.name) for c in diff(changed_text, old)] == [("removed", "wart")]


def test_a_new_id_for_the_same_name_is_no_new_term(load: Load) -> None:
    assert changed(load, ("DERM:0010005", "DERM:0019999")) == [
        ("renumbered", "DERM:0019999", ("DERM:0010005",), ("DERM:0019999",))
    ]
