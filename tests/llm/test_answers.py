from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.answers import MAX_FACTS, AnswerError, Fact
from structurer.forms import FORMS
from structurer.schema import ASSERTIONS, FIELD_NAMES, HISTORY_KINDS

plain = [name for name in FIELD_NAMES if name != "history"]
JSON = FORMS["json"]
words = st.text(min_size=1).map(str.strip).filter(bool).filter(lambda t: t.isprintable())
facts = st.one_of(
    st.builds(Fact, st.sampled_from(plain), words, st.sampled_from(ASSERTIONS)),
    st.builds(
        Fact,
        st.just("history"),
        words,
        st.sampled_from(ASSERTIONS),
        st.sampled_from(HISTORY_KINDS),
    ),
)


@given(st.lists(facts, max_size=8))
def test_what_is_encoded_is_read_back(stated):
    answer = JSON.parse(JSON.encode(stated))
    assert list(answer.facts) == stated
    assert answer.relevant is (True if stated else None)


def test_irrelevant_is_read_back():
    assert JSON.parse(JSON.encode([], relevant=False)).relevant is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "llm_empty"),
        (" \n\t ", "llm_empty"),
        ('{"papules":"sign"', "llm_invalid_json"),
        ("I cannot help with medical images.", "llm_invalid_json"),
        ("[" * 100_000, "llm_invalid_json"),
        ("[]", "llm_schema"),
        ("null", "llm_schema"),
        ('{"papules":"colour"}', "llm_schema"),
        ('{"papules":["sign"]}', "llm_schema"),
        ('{"papules":{"sign":"x"}}', "llm_schema"),
        ('{" ":"sign"}', "llm_schema"),
        ('{"relevant":"maybe"}', "llm_schema"),
        ("{" + ",".join(['"a":"sign"'] * (MAX_FACTS + 1)) + "}", "llm_schema"),
    ],
)
def test_unusable_answers_have_a_reason(text, reason):
    with pytest.raises(AnswerError) as caught:
        JSON.parse(text)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)


def test_a_fact_outweighs_a_verdict():
    assert JSON.parse('{"relevant":false,"papules":"sign"}').relevant is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "llm_empty"),
        (" \n ", "llm_empty"),
        ("I cannot help with medical images.", "llm_schema"),
        (" papules=colour", "llm_schema"),
        (" =sign", "llm_schema"),
        (" papules=sign\n\n\n fever=no", "llm_schema"),
        ('{"papules":"sign"}', "llm_schema"),
    ],
)
def test_unusable_lines_have_a_reason(text, reason):
    with pytest.raises(AnswerError) as caught:
        FORMS["lines"].parse(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "llm_empty"),
        ('{"sign":["a"', "llm_invalid_json"),
        ('["a"]', "llm_schema"),
        ('{"sign":"a"}', "llm_schema"),
        ('{"colour":["a"]}', "llm_schema"),
        ('{"sign":[1]}', "llm_schema"),
        ('{"sign":[""]}', "llm_schema"),
    ],
)
def test_unusable_arrays_have_a_reason(text, reason):
    with pytest.raises(AnswerError) as caught:
        FORMS["arrays"].parse(text)
    assert caught.value.reason == reason
