"""Two lanes to one record: agreement, support, and what is set aside."""

from __future__ import annotations

from dataclasses import replace

from structurer.merging import ModelReading, merge
from structurer.records import Mention

SCALY = Mention(
    "concept", "scaly", 0, 5, node="DERM:1", name="scale", match="exact", lanes=("lexicon",)
)
ITCH = Mention(
    "symptom", "itch", 10, 14, node="DERM:2", name="pruritus", match="exact", lanes=("llm",)
)


def present(mention: Mention) -> str:
    del mention
    return "present"


def test_agreement_keeps_the_lexicon_reading_and_names_both_lanes() -> None:
    wider = replace(SCALY, text="scaly plaq", end=10, assertion="absent", lanes=("llm",))
    merged, aside = merge([SCALY], ModelReading([wider]), present)
    assert merged == (replace(SCALY, lanes=("lexicon", "llm")),)
    assert aside == ()


def test_linked_model_mention_is_added_with_the_cues_assertion() -> None:
    merged, aside = merge([SCALY], ModelReading([ITCH]), lambda mention: "absent")
    assert merged == (SCALY, replace(ITCH, assertion="absent"))
    assert aside == ()


def test_unlinked_model_mention_is_set_aside_with_a_reason() -> None:
    merged, aside = merge([SCALY], ModelReading([replace(ITCH, match="nil", node=None)]), present)
    assert merged == (SCALY,)
    assert [(u.text, u.reason) for u in aside] == [("itch", "not linked to the ontology")]


def test_a_span_has_one_field() -> None:
    other = replace(ITCH, start=2, end=6)
    merged, aside = merge([SCALY], ModelReading([other]), present)
    assert merged == (SCALY,)
    assert len(aside) == 1


def test_model_adds_no_age_that_no_pattern_found() -> None:
    age = Mention("age", "40", 20, 22, name="40", value=40.0, match="exact", lanes=("llm",))
    merged, aside = merge([], ModelReading([age]), present)
    assert merged == ()
    assert [u.reason for u in aside] == ["no pattern of age supports it"]
    stated = Mention("age", "40-year-old", 20, 31, name="40", value=40.0)
    merged, aside = merge([stated], ModelReading([age]), present)
    assert merged == (replace(stated, lanes=("lexicon", "llm")),)


def test_model_never_states_a_skin_tone_alone() -> None:
    tone = Mention("skin_tone", "brown", 3, 8, name="brown", value="brown", lanes=("llm",))
    merged, aside = merge([], ModelReading([tone]), present)
    assert merged == ()
    assert len(aside) == 1


# --- review, and a model that is trusted -------------------------------------------------


def test_what_a_review_says_nothing_of_is_no_second_finding() -> None:
    merged, aside = merge([SCALY], ModelReading(), present)
    assert merged == (SCALY,)
    assert aside == ()


def test_what_a_review_rejects_stands_or_goes_by_policy() -> None:
    reading = ModelReading(rejected=[(0, 5)])
    merged, aside = merge([SCALY], reading, present)
    assert merged == (SCALY,)
    assert [(u.text, u.reason) for u in aside] == [("scaly", "the model reads no fact here")]
    merged, aside = merge([SCALY], reading, present, "model")
    assert merged == ()
    assert [u.text for u in aside] == ["scaly"]


def test_whose_assertion_stands_is_a_matter_of_policy() -> None:
    denied = replace(SCALY, assertion="absent", lanes=("llm",))
    reading = ModelReading([denied])
    merged, aside = merge([SCALY], reading, present)
    assert merged == (replace(SCALY, lanes=("lexicon", "llm")),)
    assert aside == ()
    merged, aside = merge([SCALY], reading, present, "model")
    assert merged == (replace(SCALY, assertion="absent", lanes=("lexicon", "llm")),)
    assert aside == ()


def test_a_trusted_model_adds_what_does_not_link_but_never_a_skin_tone() -> None:
    unlinked = replace(ITCH, match="nil", node=None)
    tone = Mention("skin_tone", "brown", 30, 35, name="brown", value="brown", lanes=("llm",))
    merged, aside = merge([SCALY], ModelReading([unlinked, tone]), present, "model")
    assert merged == (SCALY, unlinked)
    assert [u.text for u in aside] == ["brown"]
