"""Tokens and sentences: offsets hold, and a sentence ends where a reader ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import structurer.tokens
from structurer.tokens import tokenize


def sentences(text: str, breaks: tuple[int, ...] = ()) -> list[str]:
    tokens = tokenize(text, breaks)
    return [
        text[tokens.span(first, last)[0] : tokens.span(first, last)[1]]
        for first, last in tokens.sentences
    ]


WORDS = [
    ("Blue-white veil", ["Blue", "white", "veil"]),
    ("blue - white", ["blue", "-", "white"]),
    ("itch/pain", ["itch", "/", "pain"]),
    ("2.5 cm", ["2.5", "cm"]),
    ("1,5 mm", ["1,5", "mm"]),
    ("the patient's arm", ["the", "patient's", "arm"]),
    ("didn't", ["didn't"]),
    ("?BCC", ["?", "BCC"]),
    ("caf\u00e9-au-lait", ["caf\u00e9", "au", "lait"]),
    ("54M", ["54", "M"]),
    ("(H&E)", ["(", "H", "&", "E", ")"]),
    ("", []),
    ("   ", []),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_words(text: str, words: list[str]) -> None:
    assert tokenize(text).words == words


SENTENCES = [
    ("Red plaque. No itch.", ["Red plaque.", "No itch."]),
    ("Is it BCC? No idea!", ["Is it BCC?", "No idea!"]),
    ("What is this???", ["What is this???"]),
    ("Psoriasis vs. eczema on the arm", ["Psoriasis vs. eczema on the arm"]),
    ("Seen by Dr. Smith today", ["Seen by Dr. Smith today"]),
    ("A plaque of 2.5 cm. Scaly.", ["A plaque of 2.5 cm.", "Scaly."]),
    ("changes, e.g. Papules", ["changes, e.g. Papules"]),
    ("Nodule ?BCC on the nose", ["Nodule ?BCC on the nose"]),
    ("Plaque (?psoriasis) on knee", ["Plaque (?psoriasis) on knee"]),
    ("the lesion.When seen", ["the lesion.", "When seen"]),
    ("One sentence", ["One sentence"]),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_new_line_ends_a_sentence_unless_the_line_goes_on() -> None:
    assert sentences("Not itchy Red patch", (9,)) == ["Not itchy", "Red patch"]
    assert sentences("Not itchy or painful", (9,)) == ["Not itchy or painful"]


def test_sentence_of_a_token() -> None:
    tokens = tokenize("Red plaque. No itch.")
    assert tokens.sentence_of(0) == (0, 3)
    assert tokens.sentence_of(4) == (3, 6)
    with pytest.raises(IndexError, match="token 6"):
        tokens.sentence_of(6)


@given(st.text(max_size=120), st.lists(st.integers(min_value=0, max_value=120), max_size=4))
def test_tokens_cover_the_text(text: str, breaks: list[int]) -> None:
    tokens = tokenize(text, sorted(breaks))
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert text[start:end] == word
    assert [i for first, last in tokens.sentences for i in range(first, last)] == list(
        range(len(tokens.words))
    )


def test_a_list_is_numbered_once_however_long_it_is(monkeypatch):
    asked = []
    numbered = structurer.tokens.numbered
    monkeypatch.setattr(structurer.tokens, "numbered", lambda w: asked.append(1) or numbered(w))
    text = " ".join(f"{number}. Papule on the back." for number in range(1, 20))
    sentences = tokenize(text).sentences
    assert len(sentences) == 19
    assert len(asked) == 1
