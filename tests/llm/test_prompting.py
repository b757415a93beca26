from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from structurer.answers import LABELS, WRONG
from structurer.decoding import model_text
from structurer.forms import FORMS
from structurer.prompting import Example, ExampleFact, PromptError, load_prompt, versions
from structurer.schema import ASSERTIONS, FIELD_NAMES, HISTORY_KINDS
from structurer.worked import known_facts, worked

PROMPTS = Path(__file__).parents[2] / "prompts"


@pytest.fixture
def own(tmp_path):
    """A prompt version of one's own, to be broken."""
    target = tmp_path / "mine"
    shutil.copytree(PROMPTS / "v1", target)
    return target


WALKS = [name for name, form in FORMS.items() if form.style is not None]
EXTRACTING = ["v1", "v2"]


@pytest.mark.parametrize("form", WALKS)
@pytest.mark.parametrize("version", versions())
def test_examples_are_what_the_grammar_admits(admits, version, form):
    for example in load_prompt(version).examples:
        answer = worked(example, FORMS[form])
        assert admits(model_text(example.caption), answer, form), example.caption


def test_examples_of_a_review_show_every_kind_of_change():
    """Consent, an omission, a wrong assertion, words that are no fact, and a foreign caption."""
    form = FORMS["review"]
    answers = [worked(example, form) for example in load_prompt("review-v1").examples]
    assert form.encode([]) in answers
    assert form.encode([], relevant=False) in answers
    facts = [fact for answer in answers for fact in form.parse(answer).facts]
    assert any(fact.field == WRONG for fact in facts)
    assert {"absent", "family", "historical"} <= {fact.assertion for fact in facts}
    for example in load_prompt("review-v1").examples:
        assert all(fact.text in example.caption for fact in example.known)
        assert known_facts(example, form)


@pytest.mark.parametrize("version", EXTRACTING)
def test_examples_cover_what_goes_wrong(version):
    examples = load_prompt(version).examples
    assert {fact.assertion for e in examples for fact in e.facts} == set(ASSERTIONS)
    assert {fact.field for e in examples for fact in e.facts} == set(FIELD_NAMES)
    assert any(not example.relevant for example in examples)
    assert any("(A)" in example.caption for example in examples)
    tones = [e for e in examples if "Nigerian" in e.caption]
    assert tones
    assert all(fact.field != "skin_tone" for e in tones for fact in e.facts)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_instruction_names_every_label_of_the_schema(form):
    system = load_prompt("v2").static(str, 0, words=form.words())[0]["content"]
    assert all(label.text in system for label in LABELS)
    assert "{{" not in system


def test_an_instruction_that_asks_for_what_is_not_there_is_one_clear_line(own):
    (own / "system.md").write_text("Use {{ wishes }}.")
    with pytest.raises(PromptError, match=r"system\.md: 'wishes'"):
        load_prompt(str(own)).static(str, 0)


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
    write = partial(worked, form=FORMS["json"])
    static = prompt.static(write, 2)
    assert [m["role"] for m in static] == ["system", "user", "assistant", "user", "assistant"]
    assert static == load_prompt("v1").static(write, 2)
    assert len(prompt.static(write, 0)) == 1


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
    "v2": "974946e317362bf665869cb06f66868f77b27b86ac772a531456b38fd246fba6",
    "review-v1": "3af3c03379d77abf5be088061e675f7268f98eca5a32eda8bf2f39c061bfc334",
}


@pytest.mark.parametrize("version", versions())
def test_a_released_version_never_changes(version):
    assert load_prompt(version).fingerprint == RELEASED.get(version), (
        "records name the prompt they were made with: put the change into a new version"
    )


def test_a_worked_answer_follows_whole_words_of_the_caption() -> None:
    facts = [("3-year-old", "age"), ("plaque", "concept"), ("scaly plaque", "concept")]
    facts += [("ear", "body_site"), ("plaque", "concept")]
    example = Example(
        caption="A 3-year-old with a scaly plaque on the ear, a plaque and another plaque.",
        relevant=True,
        facts=tuple(ExampleFact(field=field, text=text) for text, field in facts),
    )
    written = worked(example, FORMS["lines"]).split("\n")
    words = [line.partition("=")[0].strip() for line in written]
    assert words == ["3-year-old", "scaly plaque", "ear", "plaque", "plaque"]
