from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from structurer.decoding import model_text
from structurer.extraction import _worked
from structurer.prompting import PromptError, load_prompt, versions
from structurer.schema import ASSERTIONS, FIELD_NAMES, HISTORY_KINDS

PROMPTS = Path(__file__).parents[2] / "prompts"


@pytest.fixture
def own(tmp_path):
    """A prompt version of one's own, to be broken."""
    target = tmp_path / "mine"
    shutil.copytree(PROMPTS / "v1", target)
    return target


@pytest.mark.parametrize("version", versions())
def test_examples_are_what_the_grammar_admits(admits, version):
    for example in load_prompt(version).examples:
        assert admits(model_text(example.caption), _worked(example)), example.caption


@pytest.mark.parametrize("version", versions())
def test_examples_use_the_schema_and_copy_their_caption(version):
    for example in load_prompt(version).examples:
        for fact in example.facts:
            assert fact.text in example.caption
            assert fact.field in FIELD_NAMES
            assert fact.assertion in ASSERTIONS
            assert (fact.kind in HISTORY_KINDS) == (fact.field == "history")


def test_the_shared_part_comes_first_and_is_the_same_for_all(own):
    prompt = load_prompt("v1")
    static = prompt.static(_worked, 2)
    assert [m["role"] for m in static] == ["system", "user", "assistant", "user", "assistant"]
    assert static == load_prompt("v1").static(_worked, 2)
    assert len(prompt.static(_worked, 0)) == 1


def test_a_caption_is_data_not_a_template():
    assert "{{ 7 * 7 }} {% raw %}" in load_prompt("v1").ask("{{ 7 * 7 }} {% raw %}")


def test_a_folder_of_ones_own_is_a_version_and_every_byte_counts(own):
    before = load_prompt(str(own)).fingerprint
    assert before == load_prompt("v1").fingerprint
    (own / "system.md").write_text("Other words.\n")
    assert load_prompt(str(own)).fingerprint != before


def test_an_unknown_version_lists_the_choices():
    with pytest.raises(PromptError, match=r"unknown prompt version 'v99'.*v1"):
        load_prompt("v99")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("examples.jsonl", "{}\n{", "examples.jsonl line 1"),
        ("examples.jsonl", json.dumps({"caption": "x"}) + "\n", "line 1"),
        ("user.md.j2", "no placeholder", "does not use"),
        ("user.md.j2", "{{ caption", "user.md.j2"),
        ("user.md.j2", "{{ caption }} {{ other }}", "other"),
        ("system.md", None, "cannot read"),
    ],
)
def test_a_broken_version_is_one_clear_line(own, name, content, message):
    if content is None:
        (own / name).unlink()
    else:
        (own / name).write_text(content)
    with pytest.raises(PromptError, match=message) as caught:
        load_prompt(str(own))
    assert "\n" not in str(caught.value)


RELEASED = {
    "v1": "9a109f5b3ba35922f2c585ed925dccb2313a2bfaae7722d2978fb61b52d61ad6",
}


@pytest.mark.parametrize("version", versions())
def test_a_released_version_never_changes(version):
    assert load_prompt(version).fingerprint == RELEASED.get(version), (
        "records name the prompt they were made with: put the change into a new version"
    )
