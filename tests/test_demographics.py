"""Age and sex of the patient, and of nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.demographics import find_age, find_sex
from structurer.values import age_group, parse_age, parse_sex

AGES = [
    ("A 54-year-old man", ["54-year-old"], 54, "adult"),
    ("A 54 year old man", ["54 year old"], 54, "adult"),
    ("A 54 years old man", ["54 years old"], 54, "adult"),
    ("a 45yo with acne", ["45yo"], 45, "adult"),
    ("a 45 yo F with acne", ["45 yo"], 45, "adult"),
    ("45 y/o F with acne", ["45 y/o"], 45, "adult"),
    ("45 y.o. male", ["45 y.o"], 45, "adult"),
    ("45-yr-old male", ["45-yr-old"], 45, "adult"),
    ("54M with rash", ["54"], 54, "adult"),
    ("54 M with rash", ["54"], 54, "adult"),
    ("23f itchy", ["23"], 23, "adult"),
    ("23F, itchy", ["23"], 23, "adult"),
    ("A 3-month-old infant", ["3-month-old", "infant"], 0.25, "infant"),
    ("A 6 m/o boy", ["6 m/o"], 0.5, "infant"),
    ("A 10-day-old newborn", ["10-day-old", "newborn"], 0.03, "infant"),
    ("A six-week-old girl", ["six-week-old"], 0.11, "infant"),
    ("a seventy-three-year-old woman", ["seventy-three-year-old"], 73, "elderly"),
    ("a two and a half year old boy", ["two and a half year old"], 2.5, "child"),
    ("a woman aged 45", ["45"], 45, "adult"),
    ("a woman aged 45 years", ["45 years"], 45, "adult"),
    ("Age: 30, female", ["30"], 30, "adult"),
    ("a woman, 45 years of age", ["45 years of age"], 45, "adult"),
    ("a woman in her 60s", ["her 60s"], None, "elderly"),
    ("a man in his late fifties", ["his late fifties"], None, "adult"),
    ("a man in his mid-30s", ["his mid-30s"], None, "adult"),
    ("Male 35. Two weeks ago a sore", ["35"], 35, "adult"),
    ("My grandpa (91) has a spot", ["91"], 91, "elderly"),
    ("my daughter 6y, bald patch", ["6y"], 6, "child"),
    ("F/9 mo with rash", ["9 mo"], 0.75, "infant"),
    ("this lady's sixty one", ["sixty one"], 61, "adult"),
    ("He is 8 and itchy", ["8"], 8, "child"),
    ("45 yrs female", ["45 yrs"], 45, "adult"),
    ("A nonagenarian with itch", ["nonagenarian"], None, "elderly"),
    ("An octogenarian man", ["octogenarian"], None, "elderly"),
    ("A septuagenarian", ["septuagenarian"], None, "elderly"),
    ("A child with warts", ["child"], None, "child"),
    ("An adolescent with acne", ["adolescent"], None, "adolescent"),
    ("A teenager with acne", ["teenager"], None, "adolescent"),
    ("A toddler with rash", ["toddler"], None, "child"),
    ("An elderly woman", ["elderly"], None, "elderly"),
    ("A middle-aged man", ["middle-aged"], None, "adult"),
    ("A young woman with acne", ["young"], None, "adult"),
    ("A neonate with pustules", ["neonate"], None, "infant"),
    ("My baby has a rash", ["baby"], None, "infant"),
]


@pytest.mark.parametrize(("text", "spans", "years", "group"), AGES)
def test_age(text: str, spans: list[str], years: float | None, group: str) -> None:
    found = [text[a:b] for a, b in find_age(text)]
    assert found == spans
    assert parse_age(found[0]) == (years, group)


NO_AGE = [
    "Case 14. F with warts",
    "male 3 cm nodule",
    "She is 2 months pregnant",
    "a man 5 days after surgery",
    "female 12/15 patients",
    "She was 1 of 3",
    "A 3-year-old scar on the chin",
    "2 day old lesions",
    "a three-month-old ulcer",
    "Her 80-year-old mother had psoriasis",
    "His brother, a 12-year-old, was healthy",
    "His brother aged 12 was healthy",
    "Symptoms began at the age of 12",
    "Psoriasis was diagnosed at age 20",
    "for 3 weeks",
    "a 10-year history of psoriasis",
    "treated for 6 months",
    "5 mm papules on 3 toes",
    "SPF 50 daily",
    "old scars",
    "seen from 60 m away",
    "Common in children",
    "It affects adults",
]


@pytest.mark.parametrize("text", NO_AGE)
def test_no_age(text: str) -> None:
    assert [text[a:b] for a, b in find_age(text)] == []


def test_patient_among_relatives() -> None:
    text = "A 9-year-old girl and her 41-year-old father had similar papules."
    assert [text[a:b] for a, b in find_age(text)] == ["9-year-old"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 year", "infant"), ("2 years", "child"), ("12 years", "adolescent"), ("18 years", "adult")],
)
def test_group_bounds(text: str, expected: str) -> None:
    years, group = parse_age(text)
    assert years is not None
    assert group == expected == age_group(years)


@pytest.mark.parametrize("text", ["", "itchy", "350 years old", "--", "aged"])
def test_no_age_value(text: str) -> None:
    assert parse_age(text)[0] is None


SEXES = [
    ("A 54-year-old woman", "woman", "female"),
    ("A 3-year-old boy", "boy", "male"),
    ("An elderly gentleman", "gentleman", "male"),
    ("An old lady", "lady", "female"),
    ("45 y/o F", "F", "female"),
    ("45yo M", "M", "male"),
    ("54M with rash", "M", "male"),
    ("54 F, rash", "F", "female"),
    ("Male patient, 30 years", "Male", "male"),
    ("A schoolgirl with nits", "schoolgirl", "female"),
    ("My son has bumps", "son", "male"),
    ("my little daughter has a rash", "daughter", "female"),
    ("My husband got it", "husband", "male"),
    ("my wife has melasma", "wife", "female"),
    ("The patient scratched her arm", "her", "female"),
    ("He has plaques", "He", "male"),
    ("Patient \u2640 34 y", "\u2640", "female"),
    ("\u2642, 34 y, wart", "\u2642", "male"),
    ("Sex: female", "female", "female"),
    ("A primigravida with itch", "primigravida", "female"),
    ("Her brother was well. A girl with milia.", "girl", "female"),
    ("A man whose wife is healthy", "man", "male"),
    ("She is well, and this man has warts", "man", "male"),
]


@pytest.mark.parametrize(("text", "word", "sex"), SEXES)
def test_sex(text: str, word: str, sex: str) -> None:
    span = find_sex(text)
    assert span is not None
    assert text[span[0] : span[1]] == word
    assert parse_sex(word) == sex


NO_SEX = [
    "Male-pattern hair loss",
    "Female pattern alopecia of the crown",
    "The male to female ratio is 2:1",
    "male:female = 2:1",
    "More common in women",
    "Affects men and women alike",
    "Female mice were shaved",
    "A patient with plaques",
    "Vitamin F cream",
    "Type M 5",
    "the heat",
]


@pytest.mark.parametrize("text", NO_SEX)
def test_no_sex(text: str) -> None:
    assert find_sex(text) is None


@given(st.text(max_size=120))
def test_finders_take_any_text(text: str) -> None:
    spans = find_age(text)
    sex = find_sex(text)
    for start, end in [*spans, *([sex] if sex else [])]:
        assert 0 <= start < end <= len(text)
    parse_age(text)
    assert parse_sex(text) in {None, "female", "male"}


_WORDS = "a 54 year old woman her 80 mother aged in his 60s yo F M y/o child six of at baby".split()


@given(st.lists(st.sampled_from(_WORDS), max_size=10).map(" ".join))
def test_spans_of_likely_text(text: str) -> None:
    spans = find_age(text)
    assert all(0 <= a < b <= len(text) and text[a:b].strip() == text[a:b] for a, b in spans)
    for a, b in spans:
        years, group = parse_age(text[a:b])
        assert years is not None or group is not None
