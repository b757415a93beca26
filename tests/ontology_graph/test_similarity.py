from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology_graph import (
    HierarchicalScore,
    InformationContent,
    Ontology,
    hierarchical_score,
    load_default,
)

ROOT, MALIGNANT, BCC, NODULAR = "DERM:0000001", "DERM:0010002", "DERM:0010003", "DERM:0010004"
ECZEMA, SUN, PHOTO, FINGER = "DERM:0010005", "DERM:0010007", "DERM:0010009", "DERM:0040002"
_DERM = load_default()
_IDS = st.sampled_from([term.id for term in _DERM.terms("condition")][::23])
_CONTENT = InformationContent(_DERM, {})


def test_content_is_the_surprise_of_a_term_and_all_below_it(mini: Ontology) -> None:
    content = InformationContent(mini, {BCC: 6, NODULAR: 2, ECZEMA: 8}, smoothing=1)
    # ten conditions with the root, so 10 pseudo-counts and 16 counted
    assert content.of(ROOT) == 0.0
    assert content.of(NODULAR) == pytest.approx(-log((2 + 1) / 26))
    assert content.of(BCC) == pytest.approx(-log((6 + 2 + 2) / 26))


def test_a_term_with_two_parents_counts_once_at_the_root(mini: Ontology) -> None:
    content = InformationContent(mini, {PHOTO: 5}, smoothing=1)
    assert content.of(PHOTO) == pytest.approx(-log(6 / 15))
    assert content.of(ECZEMA) == pytest.approx(-log(8 / 15))  # with atopic dermatitis below


def test_resnik_and_lin(mini: Ontology) -> None:
    content = InformationContent(mini, {NODULAR: 3, BCC: 4})
    meet = content.of(BCC)
    assert content.most_informative_ancestor(NODULAR, BCC) == BCC
    assert content.resnik(NODULAR, BCC) == meet
    assert content.lin(NODULAR, BCC) == pytest.approx(2 * meet / (content.of(NODULAR) + meet))
    assert content.lin(NODULAR, ECZEMA) == 0.0
    assert content.lin(NODULAR, FINGER) == content.resnik(NODULAR, FINGER) == 0.0
    assert content.lin(ROOT, ROOT) == 1.0


@given(_IDS, _IDS)
def test_lin_is_symmetric_and_bounded(first: str, second: str) -> None:
    value = _CONTENT.lin(first, second)
    assert 0.0 <= value <= 1.0
    assert value == _CONTENT.lin(second, first)
    assert _CONTENT.lin(first, first) == 1.0


@given(_IDS)
def test_a_term_tells_at_least_what_its_ancestors_tell(node: str) -> None:
    for above in _DERM.ancestors(node):
        assert _CONTENT.of(above) <= _CONTENT.of(node) + 1e-12


def test_wrong_counts_are_refused(mini: Ontology) -> None:
    with pytest.raises(KeyError, match="DERM:9"):
        InformationContent(mini, {"DERM:9": 1})
    with pytest.raises(ValueError, match="negative"):
        InformationContent(mini, {BCC: -1})
    with pytest.raises(ValueError, match="positive"):
        InformationContent(mini, {}, smoothing=0)
    with pytest.raises(KeyError):
        InformationContent(mini, {}).lin("DERM:9", "DERM:9")


def test_hierarchical_score_counts_shared_ancestors_without_roots(mini: Ontology) -> None:
    too_broad = hierarchical_score(mini, predicted=[BCC], true=[NODULAR])
    assert too_broad == HierarchicalScore(shared=2, predicted=2, true=3)
    assert (too_broad.precision, too_broad.recall) == (1.0, pytest.approx(2 / 3))
    assert too_broad.f1 == pytest.approx(0.8)
    wrong = hierarchical_score(mini, predicted=[NODULAR], true=[ECZEMA])
    assert (wrong.precision, wrong.recall, wrong.f1) == (0.0, 0.0, 0.0)


def test_every_parent_counts(mini: Ontology) -> None:
    score = hierarchical_score(mini, predicted=[ECZEMA, SUN], true=[PHOTO])
    assert score == HierarchicalScore(shared=2, predicted=2, true=3)


def test_scores_add_up_to_a_micro_average(mini: Ontology) -> None:
    items = [([BCC], [BCC]), ([], [NODULAR]), ([MALIGNANT, ECZEMA], [NODULAR])]
    total = sum((hierarchical_score(mini, p, t) for p, t in items), HierarchicalScore())
    assert total == HierarchicalScore(shared=3, predicted=4, true=8)
    assert total.f_beta(2) < total.f1 < total.f_beta(0.5)
    assert HierarchicalScore().f1 == 0.0
    with pytest.raises(ValueError, match="beta"):
        total.f_beta(0)


def test_unknown_ids_are_key_errors(mini: Ontology) -> None:
    with pytest.raises(KeyError, match="DERM:9"):
        hierarchical_score(mini, ["DERM:9"], [])
