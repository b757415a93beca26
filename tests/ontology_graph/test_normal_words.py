from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ontology_graph.lexicon import normalise, normalise_word


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("papulae", "papule"),
        ("bullae", "bulla"),
        ("maculae", "macule"),
        ("naevi", "nevus"),
        ("nevi", "nevus"),
        ("comedones", "comedo"),
        ("keratoses", "keratosis"),
        ("mycoses", "mycosis"),
        ("erythemata", "erythema"),
        ("telangiectases", "telangiectasia"),
        ("petechiae", "petechia"),
        ("lentigines", "lentigo"),
        ("patches", "patch"),
        ("rashes", "rash"),
        ("abscesses", "abscess"),
        ("viruses", "virus"),
        ("allergies", "allergy"),
        ("diseases", "disease"),
        ("feet", "foot"),
        ("toes", "toe"),
        ("noses", "nose"),
        ("headaches", "headache"),
    ],
)
def test_plurals_become_singular(written: str, normal: str) -> None:
    assert normalise_word(written) == normal
    assert normalise_word(normal) == normal


@pytest.mark.parametrize(
    "word",
    ["lupus", "scabies", "herpes", "psoriasis", "pus", "acne", "diabetes", "vulgaris", "abscess",
     "capitis", "nigricans", "albicans", "raised", "bruised", "exercise", "contour", "promise"],
)  # fmt: skip
def test_words_that_only_look_plural_or_british_stay(word: str) -> None:
    assert normalise_word(word) == word


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("oedema", "edema"),
        ("oedematous", "edematous"),
        ("haemangioma", "hemangioma"),
        ("leukaemia", "leukemia"),
        ("anaemia", "anemia"),
        ("naevoid", "nevoid"),
        ("tumour", "tumor"),
        ("coloured", "colored"),
        ("generalised", "generalized"),
        ("keratinisation", "keratinization"),
        ("seborrhoeic", "seborrheic"),
        ("leucoplakia", "leukoplakia"),
        ("paediatric", "pediatric"),
        ("paraesthesia", "paresthesia"),
        ("greyish", "grayish"),
        ("fibre", "fiber"),
    ],
)
def test_spelling_is_american(british: str, american: str) -> None:
    assert normalise_word(british) == american
    assert normalise_word(american) == american


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Athlete's foot", "athlete foot"),
        ("Athlete\u2019s foot", "athlete foot"),
        ("athletes' foot", "athlete foot"),
        ("Beh\u00e7et's disease", "behcet disease"),
        ("behcets disease", "behcet disease"),
        ("blue-white veil", "blue white veil"),
        ("Purpura/Petechiae", "purpura petechia"),
        ("  Basal\tcell\ncarcinomas. ", "basal cell carcinoma"),
        ("", ""),
        ("--", ""),
    ],
)
def test_phrases(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.text(max_size=60))
@example("xaes")
@example("\u0130")
@example("ss's's")
@example("haemaemiaaemata")
def test_normalise_is_idempotent(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(alphabet="abcdeimnorstuxyz", min_size=1, max_size=14))
def test_normalise_word_is_idempotent_and_agrees_with_normalise(word: str) -> None:
    once = normalise_word(word)
    assert normalise_word(once) == once
    assert normalise(word) == once


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=40))
def test_normalise_is_blind_to_case(text: str) -> None:
    # Some letters have no upper case of their own; those that have must not matter.
    if text.upper().lower() == text.lower():
        assert normalise(text.upper()) == normalise(text.lower())
