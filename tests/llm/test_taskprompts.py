from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from structurer import taskprompts
from structurer.choosing import NONE
from structurer.prompting import PromptError, load_prompt, versions
from structurer.taskprompts import load_task_prompt

PROMPTS = Path(__file__).parents[2] / "prompts"
RELEASED = {
    "choice-v1": "0a7cca8e8a17b6d424434a92d5a3a78889cc646ae36e972ac6ae029b74407c95",
    "refine-v1": "69a7cb9280ea7d7fe3ae25783f8fcd54c1693b5d1d07f606f6162bfcf3236741",
}


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_prompt_never_changes(name: str) -> None:
    assert load_task_prompt(name).fingerprint == RELEASED[name], (
        "records name the prompt they were made with: put the change into a new folder"
    )


@pytest.mark.parametrize("name", RELEASED)
def test_it_is_no_version_of_the_extraction_prompt(name: str) -> None:
    assert name not in versions()
    with pytest.raises(PromptError, match="unknown prompt version") as caught:
        load_prompt(name)
    assert name not in str(caught.value).partition("choose one of")[2]


def test_the_examples_are_questions_with_an_answer() -> None:
    for example in load_task_prompt("choice-v1").examples:
        letters = [option[0] for option in example.values["options"]]
        assert letters == sorted(letters)
        assert example.answer in letters
        assert example.values["options"][-1] == f"{letters[-1]}. {NONE}"
        assert example.values["phrase"] in example.values["context"]
    for example in load_task_prompt("refine-v1").examples:
        numbers = set(re.findall(r"\d+", example.answer))
        assert numbers <= set(re.findall(r"\d+", example.values["caption"]))


def test_values_are_data_and_the_shared_part_comes_first() -> None:
    prompt = load_task_prompt("refine-v1")
    one, other = (
        prompt.messages({"caption": text, "facts": "x"}) for text in ("{{ 7 * 7 }}", "else")
    )
    assert one[:-1] == other[:-1] == prompt.static
    assert [message.role for message in one[:3]] == ["system", "user", "assistant"]
    assert "{{ 7 * 7 }}" in one[-1].content


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("instruction.md", None, "cannot read"),
        ("examples.jsonl", "{", "prompt mine"),
        ("examples.jsonl", '{"values": {}}', "prompt mine"),
        ("question.md.j2", "{{ other }}", "other"),
        ("question.md.j2", "{{ caption", "prompt mine"),
    ],
)
def test_a_broken_prompt_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | None, message: str
) -> None:
    shutil.copytree(PROMPTS / "refine-v1", tmp_path / "mine")
    monkeypatch.setattr(taskprompts, "prompts_root", lambda: tmp_path)
    assert load_task_prompt("mine").fingerprint == RELEASED["refine-v1"]
    if content is None:
        (tmp_path / "mine" / name).unlink()
    else:
        (tmp_path / "mine" / name).write_text(content)
    with pytest.raises(PromptError, match=message) as caught:
        load_task_prompt("mine")
    assert "\n" not in str(caught.value)


def test_a_prompt_of_ones_own_is_a_folder(tmp_path: Path) -> None:
    shutil.copytree(PROMPTS / "choice-v1", tmp_path / "own")
    assert load_task_prompt(str(tmp_path / "own")).fingerprint == RELEASED["choice-v1"]
