"""Skin tone: only what a caption states about the person's skin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.skintone import find_skin_tone
from structurer.values import parse_skin_tone, skin_tone_names

SCALES = [
    ("Fitzpatrick type IV", "Fitzpatrick type IV", "fitzpatrick", 4, 4),
    ("Fitzpatrick skin type 5", "Fitzpatrick skin type 5", "fitzpatrick", 5, 5),
    ("Fitzpatrick V", "Fitzpatrick V", "fitzpatrick", 5, 5),
    ("Fitzpatrick III-IV", "Fitzpatrick III-IV", "fitzpatrick", 3, 4),
    ("Fitzpatrick types I to III", "Fitzpatrick types I to III", "fitzpatrick", 1, 3),
    ("Fitzpatrick type 4/5", "Fitzpatrick type 4/5", "fitzpatrick", 4, 5),
    ("FST VI", "FST VI", "fitzpatrick", 6, 6),
    ("FST: 2", "FST: 2", "fitzpatrick", 2, 2),
    ("skin type III", "skin type III", "fitzpatrick", 3, 3),
    ("skin phototype II", "skin phototype II", "fitzpatrick", 2, 2),
    ("phototype IV", "phototype IV", "fitzpatrick", 4, 4),
    ("type IV skin", "type IV skin", "fitzpatrick", 4, 4),
    ("Fitzpatrick skin types IV, V and VI", "Fitzpatrick skin types IV, V and VI",
     "fitzpatrick", 4, 6),
    ("Fitzpatrick skin types five and six", "Fitzpatrick skin types five and six",
     "fitzpatrick", 5, 6),
    ("skin type four", "skin type four", "fitzpatrick", 4, 4),
    ("Fitzpatrick-IV", "Fitzpatrick-IV", "fitzpatrick", 4, 4),
    ("Fitzpatrick phototype (III)", "Fitzpatrick phototype (III)", "fitzpatrick", 3, 3),
    ("Monk 7", "Monk 7", "monk", 7, 7),
    ("Monk skin tone 10", "Monk skin tone 10", "monk", 10, 10),
    ("Monk scale 3-4", "Monk scale 3-4", "monk", 3, 4),
    ("MST 6", "MST 6", "monk", 6, 6),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "span", "scale", "low", "high"), SCALES)
@pytest.mark.parametrize("frame", ["{}", "A man, {}, with plaques.", "papules ({})"])
def test_scale(frame: str, phrase: str, span: str, scale: str, low: int, high: int) -> None:
    text = frame.format(phrase)
    found = [text[a:b] for a, b in find_skin_tone(text)]
    assert found == [span]
    tone = parse_skin_tone(found[0])
    assert tone is not None
    assert (tone.scale, tone.low, tone.high) == (scale, low, high)
    assert len(skin_tone_names(tone)) == high - low + 1


DESCRIPTORS = [
    ("A dark-skinned woman with melasma", "dark-skinned", "dark"),
    ("a fair skinned boy", "fair skinned", "fair"),
    ("a light-skinned infant", "light-skinned", "light"),
    ("A man with olive skin tone", "olive skin tone", "olive"),
    ("a person of brown skin colour", "brown skin colour", "brown"),
    ("She has very dark skin.", "dark skin", "dark"),
    ("a patient with dark brown skin", "dark brown skin", "dark brown"),
    ("a man with fair skin and freckles", "fair skin", "fair"),
    ("a woman of fair complexion", "fair complexion", "fair"),
    ("Erythema on dark skin is subtle", "dark skin", "dark"),
    ("Skin tone: dark", "dark", "dark"),
    ("a pale-skinned girl", "pale-skinned", "pale"),
    ("darker skin tones", "darker skin tones", "dark"),
    ("skin of colour", None, None),
]


@pytest.mark.parametrize(("text", "span", "name"), DESCRIPTORS)
def test_descriptor(text: str, span: str | None, name: str | None) -> None:
    found = [text[a:b] for a, b in find_skin_tone(text)]
    assert found == ([span] if span else [])
    if span:
        tone = parse_skin_tone(span)
        assert tone is not None
        assert (tone.scale, tone.low, tone.high, tone.text) == ("descriptor", None, None, name)


TRAPS = [
    "white papules on the penis",
    "black eschar on the heel",
    "type IV hypersensitivity",
    "a type IV hypersensitivity skin reaction",
    "stage IV melanoma",
    "stage III pressure ulcer of the skin",
    "grade 2 burns",
    "dark brown patch",
    "brown macules on light exposed areas",
    "a Caucasian man",
    "an African American woman",
    "a Black woman with keloids",
    "a white male, 40 years old",
    "Asian skin",
    "an Indian patient",
    "fair amount of scale",
    "a light touch hurts",
    "pale skin lesions",
    "dark skin patches on the neck",
    "dark skin around the nails",
    "light brown skin discoloration",
    "white skin spots on the back",
    "skin type",
    "her skin type was not recorded",
    "the skin turned dark",
    "black hair and brown eyes",
    "type 2 diabetes with skin ulcers",
    "collagen type IV in skin",
    "type I skin cancer",
    "skin types 2 mm apart",
    "brown skin tag",
    "tan lines",
    "tanning bed use",
    "a medium sized plaque",
    "olive oil was applied",
    "white skin over the scar",
    "Monk fruit",
    "in a monastery of 5 monks 3 had scabies",
    "human papillomavirus type 6 skin warts",
]


@pytest.mark.parametrize("text", TRAPS)
def test_nothing_is_inferred(text: str) -> None:
    assert [text[a:b] for a, b in find_skin_tone(text)] == []


@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    for start, end in find_skin_tone(text):
        assert 0 <= start < end <= len(text)
    parse_skin_tone(text)


_WORDS = "Fitzpatrick FST skin type types IV V 3 to - and dark brown Monk 10 tone is of I".split()


@given(st.lists(st.sampled_from(_WORDS), max_size=10).map(" ".join))
def test_every_found_span_has_a_value(text: str) -> None:
    for start, end in find_skin_tone(text):
        assert parse_skin_tone(text[start:end]) is not None
