from __future__ import annotations

import json

import langextract_form as form
import llm_cost
import pytest
from llguidance import LLMatcher, LLTokenizer

from eval.gold import GoldCaption, GoldMention
from structurer.forms import FORMS
from structurer.prompting import Example, load_prompt
from structurer.records import Mention
from structurer.schema import FIELD_NAMES

CAPTION = "Girl, no itch; red macules for two weeks."
GOLD = GoldCaption(
    "a",
    CAPTION,
    True,
    (
        GoldMention("concept", "red", 15, 18, "present", "erythema"),
        GoldMention("symptom", "itch", 9, 13, "absent", "itch"),
        GoldMention("history", "two weeks", 31, 40, "present", "duration"),
    ),
)


def test_examples_are_in_the_order_of_the_caption_with_kind_and_assertion():
    given = Example.model_validate(
        {
            "caption": CAPTION,
            "relevant": True,
            "facts": [
                {"field": "history", "text": "two weeks", "kind": "duration"},
                {"field": "symptom", "text": "itch", "assertion": "absent"},
                {"field": "sex", "text": "Girl"},
            ],
        }
    )
    assert form.examples([given]) == [
        {
            "text": CAPTION,
            "extractions": [
                {"class": "sex", "text": "Girl", "attributes": {}},
                {"class": "symptom", "text": "itch", "attributes": {"assertion": "absent"}},
                {"class": "history", "text": "two weeks", "attributes": {"kind": "duration"}},
            ],
        }
    ]


def test_the_task_names_every_field():
    assert all(f"- {name}:" in form.description() for name in FIELD_NAMES)


def said(name: str, start: int | None, end: int | None, **attributes: str) -> dict[str, object]:
    return {"class": name, "text": "?", "start": start, "end": end, "attributes": attributes}


def test_extractions_become_verbatim_mentions_in_order():
    mapped = form.mentions(
        CAPTION,
        [
            said("history", 31, 40, kind="duration"),
            said("symptom", 9, 13, assertion="absent"),
            said("concept", 15, 18, assertion="certain"),
        ],
    )
    assert [(m.field, m.text, m.assertion, m.name) for m in mapped.mentions] == [
        ("symptom", "itch", "absent", None),
        ("concept", "red", "present", None),
        ("history", "two weeks", "present", "duration"),
    ]
    assert (mapped.unaligned, mapped.unknown) == (0, 0)


def test_what_is_not_aligned_or_of_no_class_is_counted():
    found = [said("concept", None, None), said("drug", 0, 4), said("concept", 3, 400)]
    mapped = form.mentions(CAPTION, found)
    assert (mapped.mentions, mapped.unaligned, mapped.unknown) == ((), 2, 1)


def test_an_attribute_that_is_no_text_is_no_kind():
    item = {**said("history", 31, 40), "attributes": {"kind": ["duration"], "assertion": {}}}
    (mention,) = form.mentions(CAPTION, [item]).mentions
    assert (mention.name, mention.assertion) == (None, "present")


def test_the_schema_admits_the_worked_examples():
    tokenizer = LLTokenizer("byte")
    schema = LLMatcher.grammar_from_json_schema(json.dumps(form.output_schema()))
    for example in form.examples(load_prompt("v1").examples):
        items = [
            {e["class"]: e["text"], f"{e['class']}_attributes": e["attributes"]}
            for e in example["extractions"]
        ]
        matcher = LLMatcher(tokenizer, schema, log_level=0)
        tokens = tokenizer.tokenize_str(json.dumps({"extractions": items}, ensure_ascii=False))
        assert matcher.try_consume_tokens(tokens) == len(tokens), matcher.get_error()
        assert matcher.is_accepting()


def test_perfect_answers_hold_the_same_facts_in_both_forms():
    assert (
        llm_cost.gold_answer(GOLD, FORMS["json"])
        == '{"itch":"symptom absent","red":"sign","two weeks":"duration"}'
    )
    assert [(e["class"], e["text"], e["attributes"]) for e in form.perfect(GOLD)] == [
        ("symptom", "itch", {"assertion": "absent"}),
        ("concept", "red", {}),
        ("history", "two weeks", {"kind": "duration"}),
    ]


def test_a_caption_without_a_finding_takes_our_verdict():
    assert (
        llm_cost.gold_answer(GoldCaption("b", "CT.", False, ()), FORMS["json"])
        == '{"relevant":false}'
    )


def test_a_perfect_review_says_only_what_is_to_change():
    known = [
        Mention("symptom", "itch", 9, 13, "present"),
        Mention("concept", "red", 15, 18),
        Mention("sex", "Girl", 0, 4),
    ]
    answer = llm_cost.gold_answer(GOLD, FORMS["review"], known)
    assert answer == " Girl=wrong\n itch=no symptom\n two weeks=duration"


def test_answer_tokens_count_the_end():
    cost = llm_cost.answer_cost(["ab", "abcd"], [1, 3], len)
    assert cost == {"tokens": 8, "per_caption": 4.0, "per_fact": 2.0}


@pytest.mark.parametrize(
    ("prompts", "static", "dynamic"),
    [
        ([[1, 2, 3], [1, 2, 4, 5]], 2, 1.5),
        ([[1, 2], [1, 2, 3]], 2, 0.5),
        ([[1, 2]], 2, 0.0),
    ],
)
def test_prompt_tokens_are_cut_where_prompts_part(prompts, static, dynamic):
    assert llm_cost.prompt_cost(prompts) == {"static": static, "dynamic_per_call": dynamic}
