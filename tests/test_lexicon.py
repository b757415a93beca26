"""The lexicon lane as its users see it: which facts come out of a caption."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.cleaning import clean
from structurer.lexicon import LexiconLane

Fact = tuple[str, str | None, str]


def facts(lane: LexiconLane, caption: str, *fields: str) -> set[Fact]:
    return {
        (m.text, m.name, m.assertion)
        for m in lane.extract(clean(caption))
        if not fields or m.field in fields
    }


CASES: list[tuple[str, str, set[Fact]]] = [
    # variants of a name
    ("OEDEMA of the feet", "concept", {("OEDEMA", "edema", "present")}),
    ("scattered papulae", "concept",
     {("scattered", "scattered", "present"), ("papulae", "papule", "present")}),
    ("blue white veil", "concept", {("blue white veil", "blue-white veil", "present")}),
    ("well circumscribed nodule", "concept",
     {("well circumscribed", "well-defined", "present"), ("nodule", "nodule", "present")}),
    ("psorisis vulgaris", "diagnosis", {("psorisis vulgaris", "plaque psoriasis", "present")}),
    ("sebhorreic keratosis", "diagnosis",
     {("sebhorreic keratosis", "seborrheic keratosis", "present")}),
    # longest match, and sums that are marked one by one
    ("superficial spreading melanoma", "diagnosis",
     {("superficial spreading melanoma", "superficial spreading melanoma", "present")}),
    ("erythematous macules", "concept",
     {("erythematous", "erythema", "present"), ("macules", "macule", "present")}),
    ("very itchy", "symptom", {("itchy", "pruritus", "present")}),
    ("painful eyes", "symptom", {("painful", "pain", "present")}),
    ("joint pain", "symptom", {("joint pain", "arthralgia", "present")}),
    # words that mean something else
    ("raised white blood cell count and a black box", "concept", set()),
    ("I came back home with my hands on the table", "body_site",
     {("hands", "hand", "present")}),
    ("CRP was 12 and DM was noted", "diagnosis", set()),
    ("CD4 count, anti-PL-7 positive", "diagnosis", set()),
    ("pulmonary nodules and jejunal ulcers", "concept", set()),
    ("Histology showed hyperkeratosis and acanthosis", "concept", set()),
    ("oral prednisolone", "body_site", set()),
    # sites
    ("scaling of both palms", "body_site", {("both palms", "palm", "present")}),
    ("plaque on the left medial ankle", "body_site", {("left medial ankle", "ankle", "present")}),
    ("erosion on the dorsum of the tongue", "body_site",
     {("dorsum of the tongue", "tongue", "present")}),
    ("papules around the mouth", "body_site",
     {("around the mouth", "perioral area", "present")}),
    ("rash behind her left ear", "body_site",
     {("behind her left ear", "retroauricular area", "present")}),
    ("rash on the palms and soles", "body_site",
     {("palms", "palm", "present"), ("soles", "sole", "present")}),
    # assertion
    ("no scale, crust or ulcer", "concept",
     {("scale", "scale", "absent"), ("crust", "crust", "absent"), ("ulcer", "ulcer", "absent")}),
    ("a painless nodule", "symptom", {("painless", "pain", "absent")}),
    ("He was afebrile.", "symptom", {("afebrile", "fever", "absent")}),
    ("melanoma was excluded", "diagnosis", {("melanoma", "melanoma", "absent")}),
    ("?BCC", "diagnosis", {("BCC", "basal cell carcinoma", "possible")}),
    ("his mother had vitiligo", "diagnosis", {("vitiligo", "vitiligo", "family")}),
]  # fmt: skip


@pytest.mark.parametrize(("caption", "field", "expected"), CASES)
def test_facts(lane: LexiconLane, caption: str, field: str, expected: set[Fact]) -> None:
    assert facts(lane, caption, field) == expected


def test_abbreviation_counts_where_it_is_written_out(lane: LexiconLane) -> None:
    alone = facts(lane, "BP 120/80 in a man with blisters", "diagnosis")
    defined = facts(lane, "Bullous pemphigoid (BP). BP affects the elderly.", "diagnosis")
    assert alone == set()
    assert ("BP", "bullous pemphigoid", "present") in defined


def test_offsets_point_into_the_original(lane: LexiconLane) -> None:
    caption = "Fig. 2: <b>Scaly</b> plaques\U0001f642 on the el-\nbow &amp; knee"
    found = lane.extract(clean(caption))
    assert [m.text for m in found] == ["Scaly", "plaques", "el-\nbow", "knee"]
    assert all(caption[m.start : m.end] == m.text for m in found)


WORDS = st.sampled_from(
    (
        "no itchy scaly plaques on the left elbow psoriasis vs eczema ? . , ; <b> &amp; FST IV "
        "54-year-old man history of asthma for 3 weeks (A) (B) treated with steroids her mother "
        "Fig. 1: \n"
    ).split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=30).map(" ".join)))
def test_every_mention_is_verbatim(lane: LexiconLane, caption: str) -> None:
    for mention in lane.extract(clean(caption)):
        assert caption[mention.start : mention.end] == mention.text
        assert mention.text


def test_magnification_of_a_dermatoscope_is_no_microscope(lane: LexiconLane) -> None:
    caption = "Dermoscopy (polarised, \u00d710): blue-white veil on the heel."
    assert ("blue-white veil", "blue-white veil", "present") in facts(lane, caption, "concept")
    assert facts(lane, "Skin biopsy, H&E, \u00d710: ulcer and scale.", "concept") == set()
