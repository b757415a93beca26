from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.concepts import ConceptKeys
from eval.gold import GoldMention
from eval.matching import gold_facts, match_exact, match_relaxed, predicted_facts
from eval.metrics import Accuracy, Counts, f1_interval
from structurer.records import Mention


@pytest.fixture(scope="module")
def keys() -> ConceptKeys:
    return ConceptKeys()


def gold(field: str, concept: str, assertion: str = "present") -> GoldMention:
    return GoldMention(field, concept, 0, len(concept), assertion, concept)


def predicted(field: str, text: str, **values: object) -> Mention:
    return Mention(field, text, 0, len(text), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (gold("diagnosis", "hives"), predicted("diagnosis", "Urticaria")),
        (gold("concept", "plaques"), predicted("concept", "Plaque")),
        (gold("concept", "no such sign"), predicted("concept", "No such signs")),
        (gold("age", "54"), predicted("age", "54-year-old", value=54.0)),
        (gold("age", "0.5"), predicted("age", "6-month-old")),
        (gold("age", "elderly"), predicted("age", "elderly man")),
        (gold("sex", "female"), predicted("sex", "girl")),
        (gold("skin_tone", "fitzpatrick 3-4"), predicted("skin_tone", "FST III-IV")),
        (gold("skin_tone", "dark"), predicted("skin_tone", "dark-skinned", value="dark")),
        (gold("history", "duration"), predicted("history", "for 3 weeks", name="duration")),
    ],
)
def test_one_fact_has_one_key_however_it_is_written(
    keys: ConceptKeys, wanted: GoldMention, found: Mention
) -> None:
    assert set(gold_facts([wanted], keys)) == set(predicted_facts([found], keys))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (gold("diagnosis", "urticaria"), predicted("diagnosis", "urticaria", assertion="absent")),
        (gold("concept", "burn"), predicted("diagnosis", "burn")),
        (gold("diagnosis", "acute unheardof eczema"), predicted("diagnosis", "eczema")),
        (gold("skin_tone", "fitzpatrick 3"), predicted("skin_tone", "FST III-IV")),
        (gold("history", "treatment"), predicted("history", "3 weeks", name="duration")),
    ],
)
def test_different_facts_have_different_keys(
    keys: ConceptKeys, wanted: GoldMention, found: Mention
) -> None:
    assert set(gold_facts([wanted], keys)) != set(predicted_facts([found], keys))


def test_a_node_in_the_branch_is_its_own_key(keys: ConceptKeys) -> None:
    by_name = keys.of_gold(gold("diagnosis", "urticaria"))
    found = predicted("diagnosis", "weals", node=by_name, name="urticaria")
    assert keys.of_prediction(found) == by_name
    assert keys.label(by_name) == "urticaria"


def test_a_repeated_mention_is_one_fact(keys: ConceptKeys) -> None:
    assert len(gold_facts([gold("concept", "scale"), gold("concept", "scaly")], keys)) == 1


SPANS = st.lists(
    st.builds(
        lambda field, start, length: GoldMention(field, "x", start, start + length, "present", "x"),
        st.sampled_from(["concept", "symptom"]),
        st.integers(0, 12),
        st.integers(1, 5),
    ),
    max_size=6,
)


@given(SPANS, SPANS)
def test_matches_are_one_to_one_within_a_field_and_relaxed_finds_no_less(
    left: list[GoldMention], right: list[GoldMention]
) -> None:
    exact, relaxed = match_exact(left, right), match_relaxed(left, right)
    for pairs in (exact, relaxed):
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert all(left[i].field == right[j].field for i, j in pairs)
        assert all(left[i].start < right[j].end and right[j].start < left[i].end for i, j in pairs)
    assert all((left[i].start, left[i].end) == (right[j].start, right[j].end) for i, j in exact)
    assert len(relaxed) >= len(exact)


@given(SPANS)
def test_everything_matches_itself(spans: list[GoldMention]) -> None:
    assert len(match_exact(spans, spans)) == len(match_relaxed(spans, spans)) == len(spans)


def test_the_closest_spans_match_first() -> None:
    wide = GoldMention("concept", "scaly plaques", 0, 13, "present", "plaque")
    narrow = GoldMention("concept", "plaques", 6, 13, "present", "plaque")
    assert match_relaxed([wide, narrow], [narrow]) == [(1, 0)]


def test_nothing_to_score_is_none_and_not_zero() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    assert (Counts(fn=2).precision, Counts(fn=2).recall, Counts(fn=2).f1) == (None, 0, 0)
    assert Accuracy().value is None
    assert f1_interval([]) is None
    assert f1_interval([Counts(), Counts()]) is None


def test_the_interval_is_repeatable_and_holds_the_score() -> None:
    captions = [Counts(tp=i % 4, fp=i % 2, fn=(i + 1) % 3) for i in range(40)]
    interval = f1_interval(captions)
    assert interval is not None
    assert interval == f1_interval(captions)
    score = sum(captions, Counts()).f1
    assert score is not None
    assert 0 <= interval.low < score < interval.high <= 1
    assert f1_interval([Counts(tp=3)] * 5) == type(interval)(1.0, 1.0)
