"""History: durations, course, treatment, triggers, past illness, family."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.history import find_history
from structurer.schema import HISTORY_KINDS

PHRASES = [
    # durations
    ("rash for 3 weeks", "3 weeks", "duration"),
    ("rash x 3 weeks", "3 weeks", "duration"),
    ("rash x3 weeks", "3 weeks", "duration"),
    ("rash X 2/52", "2/52", "duration"),
    ("6/12 history of itch", "6/12", "duration"),
    ("a four-week history of plaques", "four-week", "duration"),
    ("a 10-year history of psoriasis", "10-year", "duration"),
    ("five years' history of itch", "five years", "duration"),
    ("2-3 months duration", "2-3 months", "duration"),
    ("of two to three months' duration", "two to three months", "duration"),
    ("present for more than 2 years", "more than 2 years", "duration"),
    ("over the past 6 months", "6 months", "duration"),
    ("started a week ago", "a week ago", "duration"),
    ("noticed 5 days ago", "5 days ago", "duration"),
    ("a few days of itching", "a few days", "duration"),
    ("for several months", "several months", "duration"),
    ("for about half a year", "half a year", "duration"),
    ("since childhood", "since childhood", "duration"),
    ("a long-standing ulcer", "long-standing", "duration"),
    ("lasting two hours", "two hours", "duration"),
    ("Itchy rash, 2 weeks.", "2 weeks", "duration"),
    ("Duration: 3 months", "3 months", "duration"),
    ("present since birth", "since birth", "duration"),
    # onset and course
    ("sudden onset of blisters", "sudden onset", "course"),
    ("a slowly growing nodule", "slowly growing", "course"),
    ("recurrent ulcers", "recurrent", "course"),
    ("the plaques gradually enlarged", "gradually enlarged", "course"),
    ("it comes and goes", "comes and goes", "course"),
    ("worse in winter", "worse in winter", "course"),
    ("rapidly progressive ulcer", "rapidly progressive", "course"),
    ("a non-healing ulcer", "non-healing", "course"),
    ("it keeps coming back", "coming back", "course"),
    ("getting worse", "getting worse", "course"),
    ("waxing and waning papules", "waxing and waning", "course"),
    ("the rash resolved spontaneously", "resolved spontaneously", "course"),
    ("the mole has increased in size", "increased in size", "course"),
    ("it started small", "started small", "course"),
    # treatment
    ("treated with topical steroids", "topical steroids", "treatment"),
    ("started oral isotretinoin", "oral isotretinoin", "treatment"),
    ("hydrocortisone cream was applied", "hydrocortisone cream", "treatment"),
    ("received adalimumab", "adalimumab", "treatment"),
    ("on methotrexate 15 mg weekly", "methotrexate", "treatment"),
    ("responded to doxycycline", "doxycycline", "treatment"),
    ("after cryotherapy", "cryotherapy", "treatment"),
    ("using fluconazole tablets", "fluconazole tablets", "treatment"),
    ("NB-UVB was given", "NB-UVB", "treatment"),
    ("used an over-the-counter antifungal cream", "antifungal cream", "treatment"),
    # exposure
    ("rash after contact with poison ivy", "contact with poison ivy", "exposure"),
    ("after exposure to cement", "exposure to cement", "exposure"),
    ("blisters after sun exposure", "sun exposure", "exposure"),
    ("rash after travel to Brazil", "travel to Brazil", "exposure"),
    ("bitten by a spider", "bitten by a spider", "exposure"),
    ("after an insect bite", "insect bite", "exposure"),
    ("eruption induced by carbamazepine", "carbamazepine", "exposure"),
    ("erythroderma due to allopurinol", "allopurinol", "exposure"),
    ("hives after eating shrimp", "eating shrimp", "exposure"),
    ("after wearing new shoes", "wearing new shoes", "exposure"),
    ("at the site of trauma", "trauma", "exposure"),
    ("after COVID-19 vaccination", "vaccination", "exposure"),
    # past illness
    ("history of asthma", "asthma", "past_medical"),
    ("with type 2 diabetes mellitus", "type 2 diabetes mellitus", "past_medical"),
    ("an HIV-positive man", "HIV-positive", "past_medical"),
    ("background of rheumatoid arthritis", "rheumatoid arthritis", "past_medical"),
    ("with end-stage renal disease", "end-stage renal disease", "past_medical"),
    ("metastatic breast cancer", "metastatic breast cancer", "past_medical"),
    ("a renal transplant recipient", "renal transplant", "past_medical"),
    ("an obese woman", "obese", "past_medical"),
    ("a pregnant woman", "pregnant", "past_medical"),
    ("past medical history of migraine", "migraine", "past_medical"),
    # family
    ("familial testicular cancer", "familial testicular cancer", "family"),
    ("family history of haemochromatosis", "haemochromatosis", "family"),
]


@pytest.mark.parametrize(("text", "phrase", "kind"), PHRASES)
def test_phrase(text: str, phrase: str, kind: str) -> None:
    found = [(text[h.start : h.end], h.kind) for h in find_history(text)]
    assert (phrase, kind) in found


ONLY = [
    "A 54-year-old man",
    "a 3-week-old infant",
    "a boy aged 5 years",
    "20 mg per day",
    "once every 2 weeks",
    "at intervals of 4 weeks",
    "plaques of 3 cm",
    "at 30 weeks of gestation",
    "twice a day",
    "within 2 hours",
    "follow-up at 6 months",
    "5 to 6 papules",
    "a natural history study",
    "no lesions at 12 months",
    "every 3 months",
]


@pytest.mark.parametrize("text", ONLY)
def test_an_amount_of_time_is_not_always_a_duration(text: str) -> None:
    assert [text[h.start : h.end] for h in find_history(text) if h.kind == "duration"] == []


PLAIN = [
    "Erythematous papules on the trunk",
    "The virgin wool",
    "A nodule of the nose (arrow)",
    "Clinical photograph of the patient",
    "Scanning magnification",
    "the treatment of choice",
    "steroid-resistant disease",
    "all papules except two",
    "a case history",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_has_no_history(text: str) -> None:
    assert find_history(text) == []


PROPOSED = [
    "We recommend topical steroids",
    "Should I use hydrocortisone?",
    "he was scheduled for methotrexate",
    "consider dapsone",
    "She was advised phototherapy",
    "surgical excision is planned",
]


@pytest.mark.parametrize("text", PROPOSED)
def test_a_proposed_treatment_is_possible(text: str) -> None:
    found = [h for h in find_history(text) if h.kind == "treatment"]
    assert [h.assertion for h in found] == ["possible"]


def test_running_treatment_is_left_to_the_cues() -> None:
    found = find_history("She took prednisone.")
    assert [(h.kind, h.assertion) for h in found] == [("treatment", None)]


@given(st.text(max_size=150))
def test_any_text(text: str) -> None:
    check(text)


_WORDS = (
    "for 3 weeks ago a history of family asthma treated with topical steroid cream no past the "
    "due to carbamazepine , . sudden onset recurrent after eating in winter x"
).split()


@given(st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join))
def test_likely_text(text: str) -> None:
    check(text)


def check(text: str) -> None:
    end = 0
    for item in find_history(text):
        assert end <= item.start < item.end <= len(text)
        assert item.kind in HISTORY_KINDS
        end = item.end
