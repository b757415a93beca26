from __future__ import annotations

from pathlib import Path

import pytest

from ontology_graph import OntologyError
from ontology_graph.normalise import first_difference, main, normalise_text

UNTIDY = """\
ontology: x
format-version: 1.4

[Typedef]
id: part_of
name: part of

[Term]
name: toe
id: X:2
relationship: part_of X:1 ! old name
xref: HP:2
xref: HP:1
xref: HP:2

[Term]
id: X:1
def: "End of the leg." []
name: foot
"""

ONE = "ontology: x\n\n[Term]\nid: X:1\n"

TIDY = """\
format-version: 1.4
ontology: x

[Term]
id: X:1
name: foot
def: "End of the leg." []

[Term]
id: X:2
name: toe
xref: HP:1
xref: HP:2
relationship: part_of X:1 ! foot

[Typedef]
id: part_of
name: part of
"""


def test_stanzas_tags_and_comments_are_put_in_order() -> None:
    assert normalise_text(UNTIDY) == TIDY


def test_normal_form_is_idempotent() -> None:
    assert normalise_text(TIDY) == TIDY
    assert first_difference(TIDY) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE + "[Term]\nid: X:1\n", "line 6: id X:1 is used already on line 4"),
        (ONE + "[Term]\nid: X:2\nalt_id: X:1\n", "line 7: id X:1 is used"),
        ("ontology: x\n\n[Term]\nname: a\n", "without an id"),
        ("ontology: x\n\n[Term]\nid: one\n", "'one' is no PREFIX:LOCAL id"),
        ("ontology: x\n\n[Term]\nid: X:1\nname: a\nname: b\n", "line 6: a second name"),
        ("ontology: x\nnonsense\n", "line 2: 'nonsense' is no"),
    ],
)  # fmt: skip
def test_faults_name_their_line(text: str, message: str) -> None:
    with pytest.raises(OntologyError, match=message):
        normalise_text(text)


def test_the_command_rewrites_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.obo"
    path.write_text(UNTIDY)
    assert main([str(path), "--check"]) == 1
    assert "not in normal form: line 1" in capsys.readouterr().err
    assert path.read_text() == UNTIDY
    assert main([str(path)]) == 0
    assert path.read_text() == TIDY
    assert main([str(path), "--check"]) == 0


def test_the_command_refuses_a_faulty_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.obo"
    path.write_text("ontology: x\n\n[Term]\nid: X:1\n\n[Term]\nid: X:1\n")
    assert main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "used already" in error
    assert main([str(tmp_path / "none.obo")]) == 1
