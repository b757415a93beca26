from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ontology_graph.lexicon import normalise
from structurer.budget import estimate_tokens, fits
from structurer.cleaning import clean
from structurer.enrichment import compose
from structurer.records import Mention, SkinTone, StructuredCaption, Texts, Unaligned
from structurer.schema import ASSERTIONS, FIELD_NAMES

BUDGET = 77


def mention(
    caption: str, text: str, field: str, assertion: str = "present", **values: object
) -> Mention:
    start = caption.index(text)
    return Mention(field, text, start, start + len(text), assertion, **values)  # type: ignore[arg-type]


def texts_of(caption: str, mentions: Iterable[Mention], **values: object) -> Texts:
    record = StructuredCaption("a", caption, relevant=True, mentions=tuple(mentions))
    return compose(replace(record, **values), clean(caption), BUDGET)  # type: ignore[arg-type]


CASE = (
    "A 54-year-old woman, Fitzpatrick IV, with a three-week history of psoriasis: itchy scaly"
    " plaques on both elbows. No pustules. Her mother has eczema; lupus was suspected."
)
PSORIASIS = ("inflammatory disease", "papulosquamous disease", "psoriasis")
FACTS = (
    mention(CASE, "54-year-old", "age", value=54.0),
    mention(CASE, "woman", "sex", value="female"),
    mention(CASE, "Fitzpatrick IV", "skin_tone", name="fitzpatrick 4"),
    mention(CASE, "three-week", "history", name="duration", value=21.0),
    mention(CASE, "psoriasis", "diagnosis", node="X:1", name="psoriasis", path=PSORIASIS),
    mention(CASE, "itchy", "symptom", name="pruritus"),
    mention(CASE, "scaly", "concept", name="scale"),
    mention(CASE, "plaques", "concept", name="plaque"),
    mention(CASE, "elbows", "body_site", name="elbow"),
    mention(CASE, "pustules", "concept", "absent", name="pustule"),
    mention(CASE, "eczema", "diagnosis", "family", name="eczema"),
    mention(CASE, "lupus", "diagnosis", "possible", name="lupus erythematosus"),
)
TYPED = {
    "age_years": 54.0,
    "age_group": "adult",
    "sex": "female",
    "skin_tone": SkinTone("fitzpatrick", 4, 4, "Fitzpatrick IV"),
}


def test_every_text_says_what_is_present_and_nothing_else() -> None:
    texts = texts_of(CASE, FACTS, **TYPED)
    assert texts.clean == CASE
    assert texts.ontology == "A case of psoriasis (inflammatory disease, papulosquamous disease)."
    assert texts.concept == "Skin findings: scale, plaque; body site: elbow."
    assert texts.context == (
        "A 54-year-old woman with Fitzpatrick type 4 skin; body site: elbow; duration: three weeks."
    )
    assert texts.refined == (
        "A 54-year-old woman with Fitzpatrick type 4 skin and psoriasis; signs: scale, plaque;"
        " symptoms: pruritus; body site: elbow; duration: three weeks."
    )
    assert texts.subcaptions == (
        "A 54-year-old woman, Fitzpatrick IV, with a three-week history of psoriasis: itchy scaly"
        " plaques on both elbows. No pustules.",
        "Her mother has eczema; lupus was suspected.",
    )


def test_a_text_without_content_is_none() -> None:
    assert texts_of("Nothing to see.", []) == Texts(
        "Nothing to see.", subcaptions=("Nothing to see.",)
    )
    assert texts_of(" <b></b> ", []) == Texts()


def test_an_irrelevant_caption_has_its_clean_text_only() -> None:
    texts = texts_of(CASE, FACTS, **TYPED, relevant=False)
    assert texts == Texts(clean=CASE)


def test_unaligned_output_never_enters() -> None:
    extra = (Unaligned("diagnosis", "melanoma", "present", "not in the caption"),)
    texts = texts_of(CASE, FACTS, **TYPED, unaligned=extra)
    assert "melanoma" not in str(texts)


def test_a_broader_term_that_is_excluded_is_left_out_of_the_path() -> None:
    caption = "No eczema. Hand dermatitis."
    found = [
        mention(caption, "eczema", "diagnosis", "absent", name="eczema"),
        mention(
            caption,
            "Hand dermatitis",
            "diagnosis",
            name="hand dermatitis",
            path=("inflammatory disease", "eczema", "hand dermatitis"),
        ),
    ]
    assert texts_of(caption, found).ontology == "A case of hand dermatitis (inflammatory disease)."


def test_what_is_present_elsewhere_may_be_said() -> None:
    caption = "Melanoma of the back; the second lesion is no melanoma."
    found = [
        Mention("diagnosis", "Melanoma", 0, 8, name="melanoma"),
        Mention("diagnosis", "melanoma", 46, 54, "absent", name="melanoma"),
    ]
    assert texts_of(caption, found).ontology == "A case of melanoma."


def test_a_decade_of_life_gives_no_years() -> None:
    caption = "A man in his 60s."
    found = [mention(caption, "60s", "age", value=65.0), mention(caption, "man", "sex")]
    context = texts_of(caption, found, age_years=65.0, age_group="elderly", sex="male").context
    assert context == "An elderly man."


def test_typed_values_without_a_present_mention_are_not_said() -> None:
    caption = "Her brother, 40, has vitiligo."
    found = [mention(caption, "40", "age", "family", value=40.0)]
    assert texts_of(caption, found, age_years=40.0, age_group="adult").context is None


def test_panels_are_subcaptions_and_a_cut_sentence_keeps_its_negation() -> None:
    caption = "(A) Scaly plaque on the knee. (B) Dermoscopy. There is no (C) ulcer."
    found = [mention(caption, "ulcer", "concept", "absent", name="ulcer")]
    pieces = texts_of(caption, found).subcaptions
    assert pieces[0] == "Scaly plaque on the knee."
    assert not any("ulcer" in piece for piece in pieces)


def test_a_sentence_over_the_budget_is_cut_before_what_is_not_present() -> None:
    signs = ", ".join(f"visible finding number {word}" for word in "abcdefghijklmnop")
    caption = f"Examination shows {signs}, but no scale, crust or pus, and {signs}."
    found = [
        mention(caption, name, "concept", "absent", name=name) for name in ("scale", "crust", "pus")
    ]
    pieces = texts_of(caption, found).subcaptions
    assert pieces[0].startswith("Examination shows visible finding")
    assert len(pieces) > 1
    assert all(fits(piece, BUDGET) for piece in pieces)
    assert not any(word in piece for piece in pieces for word in ("scale", "crust", "pus"))


@pytest.mark.parametrize(
    ("text", "true_count"),
    [
        # Counts of openai/CLIP's own tokenizer, start and end included.
        ("a photo of a cat", 7),
        ("atopic dermatitis", 8),
        ("pityriasis rosea", 8),
        ("54-year-old woman", 9),
    ],
)
def test_the_estimate_is_close_to_the_real_count(text: str, true_count: int) -> None:
    assert true_count - 1 <= estimate_tokens(text) <= 2 * true_count


WORDS = ["no", "red", "scale", "scaly", "plaque", "plaques", "eczema", "hand", "a", "with", "skin"]
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)


@st.composite
def captions_with_mentions(draw: st.DrawFn) -> StructuredCaption:
    mentions: list[Mention] = []
    caption = draw(st.sampled_from(["", "(A) ", "Fig. 1: "]))
    for _ in range(draw(st.integers(0, 8))):
        text = draw(PHRASES)
        start = len(caption)
        caption += text + draw(st.sampled_from([". ", ", ", " ", "; ", " (B) ", "\n"]))
        name = draw(st.none() | PHRASES)
        mentions.append(
            Mention(
                draw(st.sampled_from(FIELD_NAMES)),
                text,
                start,
                start + len(text),
                draw(st.sampled_from(ASSERTIONS)),
                name=name,
                path=tuple(draw(st.lists(PHRASES, max_size=2))),
            )
        )
    return StructuredCaption(
        "a",
        caption,
        relevant=True,
        mentions=tuple(mentions),
        age_years=draw(st.none() | st.just(40.0)),
        sex=draw(st.none() | st.just("male")),
    )


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def occurs(phrase: str, text: str) -> bool:
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


def composed(texts: Texts) -> list[str]:
    made = (texts.refined, texts.ontology, texts.concept, texts.context)
    return [text for text in made if text is not None]


def words_of(text: str) -> str:
    return " ".join(words(text))


@example(
    record=StructuredCaption(
        "a",
        "plaques. no plaque. no",
        relevant=True,
        mentions=(
            Mention("diagnosis", "plaques", 0, 7, "present"),
            Mention("diagnosis", "no plaque", 9, 18, "present"),
            Mention("diagnosis", "no", 20, 22, "absent", name="plaque"),
        ),
    ),
    budget=14,
)
@given(captions_with_mentions(), st.integers(8, 77))
def test_no_composed_text_holds_words_of_what_is_not_present(
    record: StructuredCaption, budget: int
) -> None:
    texts = compose(record, clean(record.caption), budget)
    # "Plaques" that are there say the same as a plaque that is not.
    stated = {
        form(phrase)
        for m in record.mentions
        if m.assertion == "present"
        for phrase in (m.text, m.name)
        if phrase
        for form in (words_of, normalise)
    }
    for found in record.mentions:
        for phrase in {found.text, found.name} - {None}:
            if found.assertion != "present" and {
                words_of(phrase),
                normalise(phrase),
            }.isdisjoint(stated):
                assert not any(occurs(phrase, text) for text in composed(texts)), phrase


@given(captions_with_mentions(), st.integers(8, 77))
def test_texts_fit_the_budget_are_never_empty_and_are_pieces_of_the_caption(
    record: StructuredCaption, budget: int
) -> None:
    cleaned = clean(record.caption)
    texts = compose(record, cleaned, budget)
    assert texts.clean == (cleaned.text or None)
    for text in (*composed(texts), *texts.subcaptions):
        assert text.strip() == text != ""
        assert estimate_tokens(text) <= budget
    assert all(piece in cleaned.text for piece in texts.subcaptions)
    assert compose(record, cleaned, budget) == texts


@given(st.text(max_size=300))
def test_any_caption_can_be_enriched(caption: str) -> None:
    texts = compose(StructuredCaption("a", caption), clean(caption), 20)
    assert all(estimate_tokens(piece) <= 20 for piece in texts.subcaptions)
