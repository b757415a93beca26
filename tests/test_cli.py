from __future__ import annotations

import io
import json
import runpy
import sys
import types
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from fakes import WordStructurer

from structurer import config, pipeline, writers
from structurer.cli import cli, main
from structurer.commands import common, running

ROOT = Path(__file__).parent.parent
DOCS = runpy.run_path(str(ROOT / "docs" / "make_cli_reference.py"))


@pytest.fixture
def fake_structurer(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("structurer.assembly")
    module.CaptionStructurer = lambda config: WordStructurer(too_long=config.max_caption_chars)
    monkeypatch.setitem(sys.modules, "structurer.assembly", module)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def error(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    assert main(arguments) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("structurer: error: ")
    return line


def test_reference_is_up_to_date() -> None:
    assert DOCS["TARGET"].read_text(encoding="utf-8") == DOCS["reference"](), (
        "run python docs/make_cli_reference.py"
    )


def test_every_command_and_option_is_documented() -> None:
    def check(command: click.Command) -> None:
        assert command.help, command.name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.name == "output", (command.name, parameter.name)
        if isinstance(command, click.Group):
            for below in command.commands.values():
                check(below)

    check(cli)
    contract = "run extract link export evaluate report ontology model doctor"
    assert set(contract.split()) == set(cli.commands)


def test_choices_are_those_of_the_configuration() -> None:
    assert get_args(config.Lane) == common.LANES
    assert get_args(config.BackendName) == common.BACKENDS
    assert get_args(config.PartFormat) == running.PART_FORMATS == tuple(writers.PART_FORMATS)
    assert get_args(config.EngineName) == running.ENGINES == tuple(pipeline.ENGINES)


def test_link_json_is_a_list_in_the_order_of_the_terms(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "link", "--json", "Psoriasis", "xyzzy", "left shins"))
    assert [set(one) for one in found] == 3 * [
        {"term", "node", "name", "path", "score", "match", "reason"}
    ]
    assert [one["term"] for one in found] == ["Psoriasis", "xyzzy", "left shins"]
    assert [one["name"] for one in found] == ["psoriasis", None, "shin"]
    assert found[0]["path"][-1] == "psoriasis"
    assert (found[1]["node"], found[1]["match"], found[1]["path"]) == (None, "nil", [])


def test_link_as_text_and_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"psoriasis\n\nxyzzy\n")))
    first, second = printed(capsys, "link", "-").splitlines()
    assert first.startswith("psoriasis: DERM:")
    assert second.startswith("xyzzy: no node (")


def test_link_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert "condition" in error(capsys, "link", "--branch", "x", "acne", code=2)
    assert "TERM" in error(capsys, "link", code=2)


@pytest.mark.usefixtures("fake_structurer")
@pytest.mark.parametrize(
    ("stdin", "caption", "code"),
    [
        (b"red plaque\n", "red plaque", 0),
        ("naïve\r\nskin\r\n".encode(), "naïve\r\nskin", 0),
        (b"", "", 3),
        (b"bad \xff byte", "bad \ufffd byte", 3),
    ],
)
def test_extract(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stdin: bytes,
    caption: str,
    code: int,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    row = json.loads(printed(capsys, "extract", "-", code=code))
    assert row["caption"] == caption
    assert (row["failure"] is None) == (code == 0)
    if code == 0:
        assert json.loads(printed(capsys, "extract", caption)) == row


def test_ontology_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    numbers = json.loads(printed(capsys, "ontology", "stats", "--json"))
    assert {"condition", "concept", "symptom", "body_site", "skin_tone"} <= set(numbers["branches"])
    assert "condition" in printed(capsys, "ontology", "stats")
    shown = json.loads(printed(capsys, "ontology", "show", "psoriasis", "--json"))
    assert shown["path"][-1] == shown["name"] == "psoriasis"
    assert shown["id"] in printed(capsys, "ontology", "show", shown["id"])
    assert "no term 'xyzzy'" in error(capsys, "ontology", "show", "xyzzy", code=1)
    missing = str(tmp_path / "no.obo")
    assert "no such ontology file" in error(capsys, "ontology", "lint", "--file", missing, code=1)


def test_lint_names_what_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bad.obo"
    path.write_text(
        "format-version: 1.2\n\n[Term]\nid: DERM:0000001\nname: skin, hair and nail\n"
        "namespace: condition\n"
    )
    found = printed(capsys, "ontology", "lint", "--file", str(path), code=1)
    assert "DERM:0000001" in found


def test_model_pull_of_an_unknown_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert "choose from: smollm2-135m" in error(capsys, "model", "pull", "gpt", code=2)


def test_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = {check["name"]: check for check in json.loads(printed(capsys, "doctor", "--json"))}
    assert found["python"]["status"] == found["spacy"]["status"] == "ok"
    assert found["ontology"]["status"] == "ok"
    versions = {"torch": "2.13.0+cpu", "torchvision": "0.24.0", "vllm": "0.11.2", "obonet": None}
    monkeypatch.setattr(
        "structurer.doctor.installation._installed", lambda name: versions.get(name, "9")
    )
    text = printed(capsys, "doctor", code=1)
    assert "pip uninstall torchvision torchaudio torchcodec" in text
    assert 'pip install "vllm>=0.12"' in text
    assert [line for line in text.splitlines() if line.startswith("fail") and "obonet" in line]


@pytest.mark.parametrize("command", ["export", "report"])
def test_commands_on_a_run_want_a_run_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    flags = ("--format", "jsonl", "-o", str(tmp_path / "x")) if command == "export" else ()
    assert "is no run folder" in error(capsys, command, str(tmp_path), *flags, code=1)
    missing = str(tmp_path / "missing")
    assert "no such run folder" in error(capsys, command, missing, *flags, code=1)


def test_evaluate_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    line = error(capsys, "evaluate", "gold.jsonl", "--lane", "lexicon,fast", code=2)
    assert "no lane 'fast'; choose from: lexicon, llm, both" in line


@pytest.mark.parametrize("arguments", [("--help",), ("run", "-h"), ("--version",)])
def test_help_is_no_error(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert printed(capsys, *arguments)


def test_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such command" in error(capsys, "frobnicate", code=2)
    assert "structurer run --help" in error(capsys, "run", "--frobnicate", code=2)
