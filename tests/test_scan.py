"""What is remembered of words: gates, and the patterns of texts in ASCII."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import structurer.scan
from ontology_graph import load_default
from structurer.cleaning import clean
from structurer.gates import GATES, Gate
from structurer.lexicon import LexiconLane
from structurer.scan import scanned

TESTS = Path(__file__).parent


def captions() -> list[str]:
    """Return the hard cases and the examples."""
    lines = (TESTS / "hard_cases.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[3] for line in lines if line.count("\t") == 3]
    with (TESTS.parent / "examples" / "captions.csv").open(encoding="utf-8", newline="") as file:
        return texts + [row["caption"] for row in csv.DictReader(file)]


def test_patterns_of_ascii_and_of_unicode_find_the_same_mentions(monkeypatch):
    lane = LexiconLane(load_default())
    texts = [clean(text) for text in captions()]
    assert len(texts) > 1000
    found = [lane.extract(text) for text in texts]
    monkeypatch.setattr(structurer.scan, "reads_as_ascii", lambda _text: False)
    assert [lane.extract(text) for text in texts] == found


WORDS = ["kidney", "Kidneys", "skin", "rash", ",", "of"]


@given(st.lists(st.sampled_from(WORDS)))
def test_a_gate_is_open_where_a_word_of_its_kind_stands(words):
    text = " ".join(words)
    scanned(text)  # the words are met before the gate is made
    gate = Gate({"kidney", "kidneys"}.__contains__)
    try:
        assert gate.is_open(scanned(text)) == ("kidney" in text.lower())
    finally:
        GATES.remove(gate)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # Each begins with a word that is in names, but begins none of those that follow.
        ("of the basal cell carcinoma of the cheek", {"basal cell carcinoma", "cheek"}),
        ("blue white blue white veil", {"blue-white veil"}),
        ("lichen lichen planus planus", {"lichen planus"}),
    ],
)
def test_the_longest_names_are_found_wherever_a_run_of_words_begins(text, names):
    mentions = LexiconLane(load_default()).extract(clean(text))
    assert names <= {mention.name for mention in mentions}
