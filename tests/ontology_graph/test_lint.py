from __future__ import annotations

from collections.abc import Callable

import pytest

from ontology_graph import Ontology
from ontology_graph.lint import CHECKS, lint

Load = Callable[[str], Ontology]


def obo(*terms: tuple[str, str, str]) -> str:
    """Return an OBO text; each term is (number, name, further lines)."""
    stanzas = [
        f'[Term]\nid: X:{number}\nname: {name}\ndef: "One {name}." []\n{lines}\n'
        for number, name, lines in terms
    ]
    return "ontology: x\n\n" + "\n".join(stanzas)


ROOT = ("1", "condition", "")
FAULTY: dict[str, str] = {
    "cycle": obo(
        ROOT, ("2", "rash", "is_a: X:3"), ("3", "blister", "is_a: X:2"), ("4", "w", "is_a: X:1")
    ),
    "missing-parent": obo(ROOT, ("2", "rash", "is_a: X:9\nis_a: X:1")),
    "orphan": obo(ROOT, ("2", "rash", "is_a: X:1"), ("3", "blister", "")),
    "benign-and-malignant": obo(
        ROOT,
        ("2", "benign neoplasm", "is_a: X:1"),
        ("3", "malignant neoplasm", "is_a: X:1"),
        ("4", "melanoma", "is_a: X:2\nis_a: X:3"),
    ),
    "misplaced": obo(
        ROOT,
        ("2", "bacterial infection", "is_a: X:1"),
        ("3", "cutaneous lymphoma", "is_a: X:2"),
        ("4", "hair loss", "is_a: X:1"),
    ),
    "too-deep": obo(
        ROOT, *((str(n), word, f"is_a: X:{n - 1}") for n, word in enumerate("abcde", start=2))
    ),
    "shared-surface": obo(
        ROOT,
        ("2", "eczema", 'is_a: X:1\nsynonym: "AD" EXACT []'),
        ("3", "sun damage", 'is_a: X:1\nsynonym: "AD" EXACT []'),
    ),
    "comma-list": obo(ROOT, ("2", "nevi, warts", "is_a: X:1")),
    "near-duplicate": obo(
        ROOT, ("2", "pityriasis rosea", "is_a: X:1"), ("3", "pitiriasis rosea", "is_a: X:1")
    ),
    "missing-definition": 'ontology: x\n\n[Term]\nid: X:1\nname: a\ndef: "A." []\n\n'
    "[Term]\nid: X:2\nname: b\nis_a: X:1\n",
    "unknown-xref-prefix": obo(ROOT, ("2", "rash", "is_a: X:1\nxref: DOD:12")),
}


@pytest.mark.parametrize("check", sorted(FAULTY))
def test_each_fault_is_found_alone(load: Load, check: str) -> None:
    findings = lint(load(FAULTY[check]))
    assert {finding.check for finding in findings} == {check}
    for finding in findings:
        assert finding.term.startswith("X:")
        assert finding.message
        assert finding.repair


def test_the_sound_mini_ontology_has_no_finding(mini: Ontology) -> None:
    assert lint(mini) == []


def test_every_check_has_a_faulty_fixture(load: Load) -> None:
    hit = {
        check.__name__ for check in CHECKS for text in FAULTY.values() if list(check(load(text)))
    }
    assert hit == {check.__name__ for check in CHECKS}


def test_a_declared_reading_allows_a_shared_surface(load: Load) -> None:
    reading = 'property_value: reading "AD = {}" xsd:string'
    one = ("2", "eczema", 'is_a: X:1\nsynonym: "AD" EXACT []\n' + reading.format("itch"))
    two = ("3", "sun damage", 'is_a: X:1\nsynonym: "AD" EXACT []\n' + reading.format("sun"))
    assert lint(load(obo(ROOT, one, two))) == []
    half = lint(load(obo(ROOT, one, (*two[:2], two[2].rpartition("\n")[0]))))
    assert [f.check for f in half] == ["shared-surface"]
    assert half[0].repair.endswith("sun damage")


def test_related_synonyms_may_be_shared(load: Load) -> None:
    lines = 'is_a: X:1\nsynonym: "spots" RELATED []'
    assert lint(load(obo(ROOT, ("2", "acne", lines), ("3", "measles", lines)))) == []


def test_declared_distinct_names_are_no_duplicates(load: Load) -> None:
    two = ("3", "entropion", "is_a: X:1\ndisjoint_from: X:2")
    assert lint(load(obo(ROOT, ("2", "ectropion", "is_a: X:1"), two))) == []


def test_two_ordinary_words_are_no_duplicates(load: Load) -> None:
    two = ("3", "confusion", "is_a: X:1")
    assert lint(load(obo(ROOT, ("2", "contusion", "is_a: X:1"), two))) == []


def test_names_of_a_series_are_no_duplicates(load: Load) -> None:
    text = obo(ROOT, *((str(n), f"fitzpatrick {n}", "is_a: X:1") for n in range(2, 6)))
    assert lint(load(text)) == []


def test_word_order_makes_a_duplicate(load: Load) -> None:
    text = obo(ROOT, ("2", "oral wart", "is_a: X:1"), ("3", "warts, oral", "is_a: X:1"))
    assert {f.check for f in lint(load(text))} == {"near-duplicate", "comma-list"}


def test_premalignant_is_neither_side(load: Load) -> None:
    text = obo(
        ROOT,
        ("2", "premalignant neoplasm", "is_a: X:1"),
        ("3", "non-malignant neoplasm", "is_a: X:1"),
        ("4", "benign neoplasm", "is_a: X:1"),
        ("5", "horn", "is_a: X:2\nis_a: X:3\nis_a: X:4"),
    )
    assert lint(load(text)) == []


def test_findings_come_in_a_stable_order(load: Load) -> None:
    text = obo(ROOT, ("3", "b, c", "is_a: X:1"), ("2", "d, e", "is_a: X:1\nxref: Q:1"))
    assert [(f.check, f.term) for f in lint(load(text))] == [
        ("comma-list", "X:2"),
        ("comma-list", "X:3"),
        ("unknown-xref-prefix", "X:2"),
    ]
