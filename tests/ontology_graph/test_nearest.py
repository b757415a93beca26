from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology_graph import Linker, SurfaceForm, load_default
from ontology_graph.scoring import THRESHOLD

_DERM = load_default()
_LINKER = Linker(_DERM)


def names(linker: Linker, phrase: str, branch: str | None = None, **more: int) -> list[str]:
    return [near.name for near in linker.nearest(phrase, branch, **more)]


@pytest.mark.parametrize(
    ("phrase", "branch", "name"),
    [
        ("rough bumpy skin", "concept", "rough"),  # a word of the name
        ("burning when it rains", "symptom", "burning"),
        ("nodular melanoma of unknown origin", "condition", "nodular melanoma"),
        ("excoriatied surfaces", "concept", "excoriation"),  # a word near it in spelling
        ("nevus with a halo ring", "condition", "halo nevus"),
    ],
)
def test_a_phrase_without_an_answer_has_terms_near_it(phrase: str, branch: str, name: str) -> None:
    assert _LINKER.link(phrase, branch).match == "nil"
    assert name in names(_LINKER, phrase, branch)


def test_a_definition_speaks_for_a_term(mini_linker: Linker) -> None:
    assert names(mini_linker, "inflammation of unknown cause", "condition")[0] == "dermatitis"


def test_what_only_resembles_stays_below_the_threshold(mini_linker: Linker) -> None:
    found = mini_linker.nearest("cancer of the glands", "condition")
    assert found
    assert all(0.0 < near.score < THRESHOLD for near in found)


def test_a_term_keeps_the_score_that_the_linker_gives_it(mini_linker: Linker) -> None:
    link = mini_linker.link("basal cell carcinma")
    near = mini_linker.nearest("basal cell carcinma")[0]
    assert (near.node, near.name, near.path, near.score) == (
        link.node, link.name, link.path, link.score,
    )  # fmt: skip


def test_context_decides_between_terms_of_one_score(mini_linker: Linker) -> None:
    one, other = (near.node for near in mini_linker.nearest("AD", k=2))
    for node in (one, other):
        context = mini_linker.ontology.term(node).definition
        assert mini_linker.nearest("AD", None, context, k=2)[0].node == node


def test_rivals_are_what_no_context_decides(mini_linker: Linker) -> None:
    assert set(mini_linker.rivals("AD")) == {"DERM:0010006", "DERM:0010007"}
    assert mini_linker.rivals("basal cell carcinoma") == ()
    assert mini_linker.rivals("steel bridge") == ()
    context = mini_linker.ontology.term("DERM:0010006").definition
    assert mini_linker.rivals("AD", None, context) == ()


def test_a_phrase_that_shares_no_word_has_none_near(mini_linker: Linker) -> None:
    assert mini_linker.nearest("zzzz qqqq") == []
    assert mini_linker.nearest("") == []


@settings(deadline=None, max_examples=80)
@given(
    st.text(max_size=60) | st.sampled_from([term.name for term in _DERM.terms()]),
    st.sampled_from([None, *_DERM.branches]),
    st.integers(1, 9),
)
def test_any_text_gets_ranked_terms_of_the_branch(text: str, branch: str | None, k: int) -> None:
    found = _LINKER.nearest(text, branch, k=k)
    assert len({near.node for near in found}) == len(found) <= k
    assert [near.score for near in found] == sorted((n.score for n in found), reverse=True)
    assert all(0.0 <= near.score <= 1.0 for near in found)
    assert all(branch is None or _DERM.branch(near.node) == branch for near in found)
    assert found == _LINKER.nearest(text, branch, k=9)[:k]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(_DERM.surface_forms())))
def test_the_answer_of_the_linker_is_among_the_nearest(form: SurfaceForm) -> None:
    link = _LINKER.link(form.text, form.branch)
    found = {near.node: near.score for near in _LINKER.nearest(form.text, form.branch)}
    assert link.node is None or found[link.node] >= link.score
