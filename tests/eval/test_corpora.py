from __future__ import annotations

from pathlib import Path

import pytest

from eval.brat import read_brat, read_brat_file
from eval.documents import MACCROBAT, NCBI_DISEASE, as_gold
from eval.gold import GoldError
from eval.pubtator import read_pubtator

TEXT = "A 3-year-old boy had\nno fever, but his left or right arm itched."
ANN = """T1\tAge 2 12\t3-year-old
T2\tSign_symptom 24 29\tfever
E1\tSign_symptom:T2
A1\tPOLARITY E1 NEG
T3\tBiological_structure 39 43;53 56\tleft arm
T4\tSeverity 21 23\tno
R1\tMODIFY Arg1:T4 Arg2:E1
*\tEquiv T1 T2
N1\tReference E1 HP:0001945\tFever
#1\tAnnotatorNotes T1\ta note
"""

PUBTATOR = """1|t|Psoriasis and eczema
1|a|Two diseases. Psoriasis is one.
1\t0\t9\tPsoriasis\tSpecificDisease\tD011565
1\t14\t20\teczema\tDiseaseClass\tD004485|OMIM:1
1\t35\t44\tPsoriasis\tSpecificDisease\tD011565
1\tCID\tD1\tD2

2|t|Nothing here
2|a|
"""


@pytest.fixture
def brat(tmp_path: Path) -> Path:
    (tmp_path / "doc.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "doc.ann").write_text(ANN, encoding="utf-8")
    return tmp_path


def test_brat_entities_carry_what_their_events_say(brat: Path) -> None:
    (document,) = read_brat(brat)
    age, fever, arm, _ = document.entities
    assert (document.id, document.text) == ("doc", TEXT)
    assert (age.type, TEXT[age.start : age.end]) == ("Age", "3-year-old")
    assert fever.attributes == (("POLARITY", "NEG"),)
    assert fever.ids == ("HP:0001945",)
    assert arm.fragments == ((39, 43), (53, 56))


def test_brat_documents_become_gold(brat: Path) -> None:
    (caption,) = as_gold(read_brat(brat), MACCROBAT)
    assert [(m.field, m.text, m.assertion) for m in caption.mentions] == [
        ("age", "3-year-old", "present"),
        ("symptom", "fever", "absent"),
        ("body_site", "left or right arm", "present"),
    ]
    assert caption.relevant is None
    assert all(TEXT[m.start : m.end] == m.text for m in caption.mentions)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1\tAge 2 12\t4-year-old", "'3-year-old' there, not '4-year-old'"),
        ("T1\tAge 2 12 4\tx", "are not pairs of numbers"),
        ("something else", "no line of brat standoff"),
    ],
)
def test_wrong_brat_lines_are_named(brat: Path, line: str, message: str) -> None:
    (brat / "doc.ann").write_text(f"{ANN}{line}\n", encoding="utf-8")
    with pytest.raises(GoldError) as caught:
        read_brat_file(brat / "doc.ann")
    assert message in str(caught.value)
    assert "doc.ann:11" in str(caught.value)


def test_missing_brat_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"no \.ann file"):
        list(read_brat(tmp_path))
    (tmp_path / "alone.ann").write_text("")
    with pytest.raises(GoldError, match=r"cannot read .*alone\.txt"):
        list(read_brat(tmp_path))


def test_pubtator_documents_become_gold(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text(PUBTATOR, encoding="utf-8")
    first, second = read_pubtator(tmp_path / "corpus.txt")
    assert first.text == "Psoriasis and eczema Two diseases. Psoriasis is one."
    assert first.entities[1].ids == ("D004485", "OMIM:1")
    assert (second.id, second.text, second.entities) == ("2", "Nothing here", ())
    (caption, _) = as_gold([first, second], NCBI_DISEASE)
    assert [m.text for m in caption.mentions] == ["Psoriasis", "eczema", "Psoriasis"]
    assert {m.field for m in caption.mentions} == {"diagnosis"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1|t|Eczema\n1|a|x\n1\t0\t6\teczema\tDisease\tD1\n", r":3: the text has 'Eczema'"),
        ("1|t|Eczema\nwhat\n", r":2: no line of PubTator"),
        ("1|a|Eczema\n", r":1: a document without a title"),
    ],
)
def test_wrong_pubtator_lines_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "corpus.txt").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=message):
        list(read_pubtator(tmp_path / "corpus.txt"))
