"""Typed values: numbers, durations, names of values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.values import (
    number_text,
    parse_age,
    parse_duration_days,
    parse_number,
    parse_sex,
    parse_skin_tone,
    skin_tone_names,
)

DURATIONS = [
    ("3 days", 3),
    ("a day", 1),
    ("two weeks", 14),
    ("2-week", 14),
    ("four-week", 28),
    ("a fortnight", 14),
    ("1 month", 30.44),
    ("6 months", 182.64),
    ("6 mths", 182.64),
    ("half a year", 182.62),
    ("a year", 365.25),
    ("one and a half years", 547.88),
    ("2 years and a half", 730.5),
    ("10 yrs", 3652.5),
    ("2 decades", 7305),
    ("12 hours", 0.5),
    ("30 minutes", 0.02),
    ("2-4 days", 3),
    ("two to three months", 76.1),
    ("a few days", 3),
    ("several weeks", 28),
    ("a couple of weeks", 14),
    ("more than 2 years", 730.5),
    ("3 weeks ago", 21),
    ("2/52", 14),
    ("6/12", 182.64),
    ("3/7", 3),
    ("1.5 years", 547.88),
    ("1,5 years", 547.88),
    ("twenty-one days", 21),
]


@pytest.mark.parametrize(("text", "days"), DURATIONS)
def test_duration(text: str, days: float) -> None:
    assert parse_duration_days(text) == pytest.approx(days, abs=0.01)


@pytest.mark.parametrize(
    "text", ["", "since birth", "long-standing", "a long time", "weeks", "5 mm"]
)
def test_no_duration(text: str) -> None:
    assert parse_duration_days(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("seven", 7), ("twenty", 20), ("forty-two", 42), ("2.5", 2.5), ("2,5", 2.5)],
)
def test_number(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "-", "few", "forty forty", "itchy", "one two three"])
def test_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.integers(min_value=0, max_value=999))
def test_digits_are_read_back(number: int) -> None:
    assert parse_number(str(number)) == number
    assert number_text(float(number)) == str(number)


@given(st.integers(min_value=1, max_value=99), st.sampled_from([("day", 1), ("week", 7)]))
def test_durations_scale_with_their_unit(count: int, unit: tuple[str, int]) -> None:
    assert parse_duration_days(f"{count} {unit[0]}s") == count * unit[1]


@given(st.integers(min_value=1, max_value=6), st.integers(min_value=1, max_value=6))
def test_a_range_of_tones_has_a_name_for_each_step(one: int, other: int) -> None:
    low, high = sorted((one, other))
    tone = parse_skin_tone(f"Fitzpatrick {low}-{high}")
    assert tone is not None
    assert skin_tone_names(tone) == tuple(f"fitzpatrick {i}" for i in range(low, high + 1))


@given(st.text(max_size=60))
def test_parsers_take_any_text(text: str) -> None:
    parse_number(text)
    parse_age(text)
    parse_sex(text)
    parse_skin_tone(text)
    days = parse_duration_days(text)
    assert days is None or days >= 0


_DIGITS = st.text(alphabet="0123456789\u0663\u00b2.,-/ ", max_size=8)


@given(_DIGITS, st.sampled_from(["weeks", "year old", "months", "type"]))
def test_parsers_take_odd_digits(number: str, unit: str) -> None:
    parse_number(number)
    parse_age(f"{number} {unit}")
    parse_duration_days(f"{number} {unit}")
    parse_skin_tone(f"skin {unit} {number}")
