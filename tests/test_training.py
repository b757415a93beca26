"""Composed training captions: every fact verbatim, and the same rows for the same seed."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from ontology_graph import Linker, load_default
from structurer.forms import FORMS
from structurer.prompting import load_prompt
from structurer.schema import ASSERTIONS, FIELDS
from structurer.worked import worked

TRAINING = Path(__file__).resolve().parent.parent / "training"
sys.path.insert(0, str(TRAINING))

import compose  # noqa: E402
import label  # noqa: E402


@pytest.fixture(scope="module")
def rows():
    return list(compose.Composer(load_default(), 3).rows(400))


def test_every_fact_is_a_span_of_its_caption(rows) -> None:
    names = {spec.name for spec in FIELDS}
    for row in rows:
        for fact in row.facts:
            assert fact.text in row.caption
            assert fact.field in names
            assert fact.assertion in ASSERTIONS
            assert (fact.kind is not None) == (fact.field == "history")


def test_facts_stand_in_the_order_of_the_caption(rows) -> None:
    for row in rows:
        at = 0
        for fact in row.facts:
            at = row.caption.index(fact.text, at) + len(fact.text)


def test_all_fields_all_assertions_and_irrelevant_captions_are_there(rows) -> None:
    facts = [fact for row in rows for fact in row.facts]
    assert {fact.field for fact in facts} == {spec.name for spec in FIELDS}
    assert {fact.assertion for fact in facts} == set(ASSERTIONS)
    assert 0.05 < sum(not row.relevant for row in rows) / len(rows) < 0.2


def test_no_slot_is_left_open(rows) -> None:
    assert not [row.caption for row in rows if "{" in row.caption]


def test_a_seed_gives_the_same_rows(rows) -> None:
    again = list(compose.Composer(load_default(), 3).rows(50))
    assert again == rows[:50]
    assert list(compose.Composer(load_default(), 4).rows(50)) != again


def test_answers_are_admitted_and_read_back(rows) -> None:
    form = FORMS["lines"]
    for row in rows[:100]:
        answer = form.parse(worked(row, form))
        assert [fact.text for fact in answer.facts] == [fact.text for fact in row.facts]


def test_common_names_link_to_their_branch() -> None:
    linker = Linker(load_default())
    common = tomllib.loads((TRAINING / "sentences.toml").read_text(encoding="utf-8"))["common"]
    for slot, names in common.items():
        branch = compose._BRANCHES[slot][0]
        for name in names:
            assert linker.link(name, branch).match in ("exact", "normalised"), (slot, name)


def test_the_training_prompt_loads() -> None:
    assert load_prompt(str(TRAINING / "prompt")).examples == ()


def test_pieces_are_of_their_caption_and_come_once() -> None:
    caption = "Itchy plaques on both elbows. He has psoriasis of the scalp. No joint pain was told."
    found = list(label.texts([caption, caption], pieces=3, seed=1))
    assert caption in found
    assert len(found) == len(set(found)) > 1
    assert all(text in caption for text in found)


def test_labelled_rows_hold_what_the_lexicon_lane_found() -> None:
    caption = "Itchy plaques on both elbows for two years, no fever."
    (row,) = label.labelled([caption])
    assert row.relevant
    facts = {(fact.field, fact.text, fact.assertion, fact.kind) for fact in row.facts}
    assert ("symptom", "fever", "absent", None) in facts
    assert ("history", "two years", "present", "duration") in facts
    assert all(text in caption for _, text, _, _ in facts)


def test_captions_that_share_words_with_gold_are_left_out(tmp_path, monkeypatch) -> None:
    shared = "Scaly plaques on the knees and on the elbows of a young man"
    other = "Papules on the chin of a girl who has had acne for a year"
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        json.dumps({"id": "1", "caption": f"{shared}.", "relevant": True, "mentions": []}) + "\n"
    )
    captions = tmp_path / "captions.csv"
    captions.write_text(f"id,caption\na,Seen: {shared} last year.\nb,{other}.\n")
    out = tmp_path / "rows.jsonl"
    monkeypatch.setattr(
        sys, "argv", ["label.py", str(out), str(captions), "--without", str(gold), "--pieces", "0"]
    )
    label.main()
    (row,) = out.read_text().splitlines()
    assert other in row
