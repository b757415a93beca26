"""Two lanes to one record: agreement, support, and what is set aside."""

from __future__ import annotations

from dataclasses import replace

from structurer.merging import merge
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
    merged, aside = merge([SCALY], [wider], present)
    assert merged == (replace(SCALY, lanes=("lexicon", "llm")),)
    assert aside == ()


def test_linked_model_mention_is_added_with_the_cues_assertion() -> None:
    merged, aside = merge([SCALY], [ITCH], lambda mention: "absent")
    assert merged == (SCALY, replace(ITCH, assertion="absent"))
    assert aside == ()


def test_unlinked_model_mention_is_set_aside_with_a_reason() -> None:
    merged, aside = merge([SCALY], [replace(ITCH, match="nil", node=None)], present)
    assert merged == (SCALY,)
    assert [(u.text, u.reason) for u in aside] == [("itch", "not linked to the ontology")]


def test_a_span_has_one_field() -> None:
    other = replace(ITCH, start=2, end=6)
    merged, aside = merge([SCALY], [other], present)
    assert merged == (SCALY,)
    assert len(aside) == 1


def test_model_adds_no_age_that_no_pattern_found() -> None:
    age = Mention("age", "40", 20, 22, name="40", value=40.0, match="exact", lanes=("llm",))
    merged, aside = merge([], [age], present)
    assert merged == ()
    assert [u.reason for u in aside] == ["no pattern of age supports it"]
    stated = Mention("age", "40-year-old", 20, 31, name="40", value=40.0)
    merged, aside = merge([stated], [age], present)
    assert merged == (replace(stated, lanes=("lexicon", "llm")),)


def test_model_never_states_a_skin_tone_alone() -> None:
    tone = Mention("skin_tone", "brown", 3, 8, name="brown", value="brown", lanes=("llm",))
    merged, aside = merge([], [tone], present)
    assert merged == ()
    assert len(aside) == 1
