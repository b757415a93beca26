from __future__ import annotations

import json
import re
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher

from structurer.assembly import CaptionStructurer
from structurer.backends import BackendUnavailable, Generation, GenerationRequest
from structurer.backends.scripted import ScriptedBackend
from structurer.budget import fits
from structurer.cleaning import clean
from structurer.config import EngineConfig
from structurer.enrichment import Forbidden
from structurer.linking import link_mentions
from structurer.proving import REFUSALS
from structurer.records import CaptionRecord, Mention, StructuredCaption
from structurer.tally import tally

CASE = (
    "A 54-year-old woman, phototype IV, with a three-week history of psoriasis: itchy scaly"
    " plaques of 3 mm on both elbows, and 5 cm ones. No pustules or fever. Her mother has eczema;"
    " lupus was suspected. Had zorblat."
)
GOOD = "A 54-year-old woman has psoriasis with itchy, scaly plaques on both elbows."


class Switched:
    """One engine for all tests; what its model answers is set for each call."""

    def __init__(self) -> None:
        self.reply: object = ""
        self.backend = ScriptedBackend(self._answer, constrained=True)
        config = EngineConfig(lane="lexicon", llm_refine=True)
        self.engine = CaptionStructurer(config, backend=self.backend)

    def _answer(self, request: GenerationRequest):
        return self.reply(request) if callable(self.reply) else self.reply


MODEL = Switched()


def structure(reply, *captions: str) -> tuple[list[StructuredCaption], list]:
    MODEL.reply = reply
    MODEL.backend.requests.clear()
    records = [CaptionRecord(str(i), text) for i, text in enumerate(captions or (CASE,))]
    return MODEL.engine.structure(records), list(MODEL.backend.requests)


PLAIN = CaptionStructurer()


@cache
def composed_text(caption: str) -> str | None:
    (row,) = PLAIN.structure([CaptionRecord("0", caption)])
    return row.texts.refined


COMPOSED = composed_text(CASE)


def test_a_proven_rewriting_is_the_refined_text() -> None:
    (row,), requests = structure(GOOD)
    assert (row.texts.refined, row.refined_by, row.refined_refusal) == (GOOD, "model", None)
    (request,) = requests
    assert request.messages[0].role == "system"
    assert COMPOSED in request.messages[-1].content
    assert StructuredCaption.from_dict(json.loads(json.dumps(row.to_dict()))) == row


@pytest.mark.parametrize(
    "text",
    [
        "Psoriasis with scaly plaques.",
        "A woman of 54 with skin type 4 has psoriasis, with scaly plaques of 3 mm.",
        "Psoriasis, with scaly plaques for three weeks.",
    ],
)
def test_other_words_for_the_same_facts_are_proven(text: str) -> None:
    (row,), _ = structure(text)
    assert (row.texts.refined, row.refined_refusal) == (text, None)


REFUSED = [
    (Generation("", "error", error="out of memory"), "backend"),
    (RuntimeError("engine fell over"), "backend"),
    (Generation(GOOD, "length"), "not_finished"),
    ("", "malformed"),
    ("...", "malformed"),
    (GOOD + "\nsystem", "malformed"),
    (GOOD + " <|im_end|>", "malformed"),
    (GOOD + "\x07", "malformed"),
    (GOOD + "\u202e.", "malformed"),
    (("Psoriasis with scaly plaques. " * 12).strip(), "too_long"),
    (GOOD + " There are pustules.", "unsafe"),
    (GOOD + " There are no pustules.", "unsafe"),
    (GOOD + " Eczema is present.", "unsafe"),
    (GOOD + " She has lupus.", "unsafe"),
    ("A 45-year-old woman has psoriasis with scaly plaques.", "new_number"),
    ("Psoriasis with scaly plaques of 3 cm.", "new_number"),
    ("Psoriasis with twelve scaly plaques.", "new_number"),
    (GOOD + " Treated with frobnicate.", "new_word"),
    ("Malignant psoriasis with scaly plaques.", "new_word"),
    ("No psoriasis with scaly plaques.", "new_fact"),
    ("A 3-year-old woman has psoriasis with scaly plaques.", "new_fact"),
    ("Psoriasis with scaly plaques for three years.", "new_fact"),
    ("A woman has scaly plaques.", "lost_diagnosis"),
    ("Psoriasis with plaques.", "lost_concept"),
]


@pytest.mark.parametrize(("reply", "code"), REFUSED)
def test_what_is_not_proven_is_refused_and_the_composed_text_stands(reply, code: str) -> None:
    (row,), _ = structure(reply)
    assert (row.refined_by, row.refined_refusal) == ("composed", code)
    assert row.texts.refined == COMPOSED
    assert row.status == "ok"


def test_every_reason_has_a_case() -> None:
    assert {code for _, code in REFUSED} == set(REFUSALS)


def test_an_engine_that_is_gone_ends_the_run() -> None:
    with pytest.raises(BackendUnavailable):
        structure(BackendUnavailable("server gone"))


@pytest.mark.parametrize(
    "caption",
    ["A steel bridge.", "Her skin is itchy.", "No psoriasis of the skin.", "", "x" * 30_000],
)
def test_only_relevant_captions_with_a_finding_are_asked_about(caption: str) -> None:
    (row,), requests = structure(GOOD, caption)
    assert requests == []
    assert (row.refined_by, row.refined_refusal) == (None, None)
    assert "refined_by" not in row.to_dict()


def test_old_rows_load() -> None:
    (row,), _ = structure(GOOD, "A steel bridge.")
    assert not {"choices", "refined_by", "refined_refusal"} & set(row.to_dict())
    assert StructuredCaption.from_dict(row.to_dict()).refined_by is None


def test_acceptance_and_reasons_are_counted() -> None:
    def script(request: GenerationRequest):
        return GOOD if "54" in request.messages[-1].content else "Blue."

    rows, _ = structure(script, CASE, "Scaly plaques of the skin.", "A steel bridge.")
    counts = tally(row.to_dict() for row in rows)
    assert counts["refined_by"] == {"composed": 1, "model": 1}
    assert counts["refined_refusal"] == {"new_word": 1}


def test_what_only_the_model_found_is_kept_too(lane, linker) -> None:
    """A sign that no lexicon knows must be said, and said as present."""
    from structurer.proving import Prover

    cleaned = clean(CASE)
    unknown = Mention("concept", "zorblat", start := CASE.index("zorblat"), start + 7)
    mentions = link_mentions(lane.extract(cleaned), linker, cleaned.text)
    row = StructuredCaption("a", CASE, relevant=True, mentions=(*mentions, unknown))
    prover = Prover(lane, linker, 77)
    said = "Psoriasis with scaly plaques"
    assert prover.refusal(f"{said}.", row, cleaned) == "lost_concept"
    assert prover.refusal(f"{said}, no zorblat.", row, cleaned) == "lost_concept"
    assert prover.refusal(f"{said}, with zorblat.", row, cleaned) is None


def test_an_engine_without_grammars_gets_a_schema_and_its_answer_is_unquoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MODEL.backend, "takes_grammar", False)
    (row,), (request,) = structure(json.dumps(GOOD))
    assert request.grammar is None
    assert json.loads(request.json_schema)["type"] == "string"
    assert row.texts.refined == GOOD


# --- whatever a model answers --------------------------------------------------------------

PIECES = [
    "A 54-year-old woman has psoriasis", "scaly plaques", "no", "without", "pustules", "fever",
    "eczema", "lupus", "melanoma", "possible", "her mother has", "history of", "on both elbows",
    "on the nose", "3 cm", "5 cm", "7", "for three weeks", "for ten years", "phototype VI", ".",
    ",", "and", "itchy", "man", "psoriasis", "with", "vesicles", "denies", "suspected",
]  # fmt: skip
CAPTIONS = [CASE, "Annular plaques on the trunk, no scale. Rule out tinea corporis.", "Eczema."]


def _said(mention: Mention) -> tuple[object, ...]:
    if mention.field == "history":
        return mention.field, mention.name, mention.assertion
    return mention.field, mention.node or mention.value, mention.assertion


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    answer=st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=80),
    caption=st.sampled_from(CAPTIONS),
)
def test_whatever_is_answered_no_text_says_what_the_record_does_not(
    lane, linker, answer: str, caption: str
) -> None:
    (row,), _ = structure(answer, caption)
    text = row.texts.refined
    assert row.status == "ok"
    if row.refined_by != "model":
        assert text == composed_text(caption)
        return
    assert text == answer.strip()
    assert fits(text, 77)
    assert not Forbidden(row.mentions).holds(text)
    read = clean(text)
    found = link_mentions(lane.extract(read), linker, read.text)
    assert {_said(m) for m in found} <= {_said(m) for m in row.mentions}
    for field in ("diagnosis", "concept"):
        kept = {m.node for m in row.mentions if (m.field, m.assertion) == (field, "present")}
        assert kept <= {m.node for m in found}
    assert set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", caption))


@pytest.fixture(scope="module")
def admitted(tokenizer):
    _, (request,) = structure(GOOD)

    def check(answer: str) -> bool:
        grammar = LLMatcher.grammar_from_lark(request.grammar)
        matcher = LLMatcher(tokenizer, grammar, log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        tokens = tokenizer.tokenize_str(answer)
        return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()

    return check


def test_the_grammar_bounds_a_rewriting(admitted) -> None:
    assert admitted(GOOD)
    assert admitted(f"{GOOD} {GOOD} {GOOD}")
    refused = [
        "", "Psoriasis.", GOOD.rstrip("."), f"{GOOD} {GOOD} {GOOD} {GOOD}", GOOD.lower(),
        f"{GOOD}\n{GOOD}", "A woman has pustules.", "A woman has melanoma.", "A woman has eczema.",
        "A woman has no psoriasis.", "A woman of 45.", "A woman has psoriasis with the.",
        "A woman" + " has psoriasis" * 15 + ".", "A woman has psoriasis <|im_end|>.",
    ]  # fmt: skip
    assert [text for text in refused if admitted(text)] == []
    assert admitted("A woman has psoriasis.")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=60))
def test_any_caption_has_a_grammar_that_compiles(tokenizer, noise: str) -> None:
    (_,), requests = structure(GOOD, f"Scaly plaques of the skin. {noise}")
    for request in requests:
        grammar = LLMatcher.grammar_from_lark(request.grammar)
        assert not LLMatcher(tokenizer, grammar, log_level=0).is_error()
