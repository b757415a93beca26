from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology_graph import Linker, Ontology, Term, load_default

BCC = "basal cell carcinoma"
_DERM = load_default()
_LINKER = Linker(_DERM)
_ROOTS = set(_DERM.roots)
_NAMED = [t for t in _DERM.terms() if t.id not in _ROOTS and not t.obsolete]


@pytest.mark.parametrize(
    ("phrase", "name", "match", "reason"),
    [
        ("Basal cell  carcinoma", BCC, "exact", 'is the name "basal cell carcinoma"'),
        ("rodent ulcer", BCC, "exact", 'synonym "rodent ulcer"'),
        ("BCC", BCC, "exact", 'abbreviation "BCC"'),
        ("bcc", BCC, "normalised", "another case"),
        ("basal-cell carcinomas", BCC, "normalised", "spelling, number or punctuation"),
        ("basalcell carcinoma", BCC, "normalised", "spaces or hyphens"),
        ("carcinoma, basal cell", BCC, "normalised", "another order"),
        ("carcinoma of the basal cells", BCC, "normalised", "another order"),
        ("nodular BCC", "nodular basal cell carcinoma", "normalised", '"bcc" written out'),
        ("basal cell carcinoma BCC", BCC, "normalised", '"bcc" written out'),
        ("possible basal cell carcinoma", BCC, "normalised", 'without "possible"'),
        ("left hand", "hand", "normalised", 'without "left"'),
        ("chronic bilateral eczema", "dermatitis", "normalised", 'without "chronic bilateral"'),
        ("Beh\u00e7et's syndrome", "behcet disease", "normalised", '"syndrome" as head'),
        ("skin cancer (basal cell carcinoma)", BCC, "normalised", '"basal cell carcinoma" is'),
        ("basal cell carcinma", BCC, "fuzzy", "1 edit"),
        ("bassal cell carcinma", BCC, "fuzzy", "2 edit"),
        ("basalioma", BCC, "exact", "related synonym"),
    ],
)
def test_ways_to_meet_a_term(
    mini_linker: Linker, phrase: str, name: str, match: str, reason: str
) -> None:
    link = mini_linker.link(phrase)
    assert (link.name, link.match) == (name, match)
    assert reason in link.reason
    assert link.term == phrase
    assert link.path[-1] == name


def test_surer_ways_score_higher(mini_linker: Linker) -> None:
    phrases = (
        "basal cell carcinoma",
        "basal-cell carcinomas",
        "carcinoma, basal cell",
        "possible basal cell carcinoma",
        "basal cell carcinma",
        "bassal cell carcinma",
    )
    scores = [mini_linker.link(phrase).score for phrase in phrases]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[0] == 1.0


@pytest.mark.parametrize(
    "phrase", ["", "   ", "steel bridge", "handy", "fi", "--", "toe", "condition"]
)
def test_what_is_no_term_is_nil(mini_linker: Linker, phrase: str) -> None:
    link = mini_linker.link(phrase)
    assert (link.node, link.name, link.path, link.score, link.match) == (None, None, (), 0.0, "nil")
    assert link.reason


def test_alternatives_count_only_where_all_are_known(mini_linker: Linker) -> None:
    assert mini_linker.link("BCC/rodent ulcer").name == BCC
    assert mini_linker.link("broken gearbox/BCC").match == "nil"
    assert mini_linker.link("hands (bridge)").name == "hand"


def test_a_rash_of_a_site_is_no_site(mini_linker: Linker) -> None:
    assert mini_linker.link("hand rash").match == "nil"
    assert mini_linker.link("hand region").name == "hand"


@pytest.mark.parametrize("phrase", ["bank", "linger", "fingers crossed", "sand"])
def test_ordinary_words_are_no_typos(mini_linker: Linker, phrase: str) -> None:
    assert mini_linker.link(phrase).match == "nil"


def test_prefixes_that_turn_the_sense_are_no_typos(derm_linker: Linker) -> None:
    assert derm_linker.link("hypopigmentation", "concept").name == "hypopigmentation"
    assert derm_linker.link("isopigmentation", "concept").name is None


def test_branch_keeps_to_the_branch(mini_linker: Linker) -> None:
    assert mini_linker.link("finger", "body_site").name == "finger"
    assert mini_linker.link("finger", "condition").match == "nil"
    assert mini_linker.link("finger", "no such branch").match == "nil"


def test_context_decides_between_readings(mini_linker: Linker) -> None:
    eczema = mini_linker.link("AD", context="itchy flexures in a child with asthma")
    sun = mini_linker.link("AD", context="AD on sun exposed skin of a farmer")
    assert eczema.name == "atopic dermatitis"
    assert sun.name == "actinic damage"
    assert "speak against actinic damage" in eczema.reason


def test_undecided_readings_cost_and_are_told(mini_linker: Linker) -> None:
    alone = mini_linker.link("AD")
    decided = mini_linker.link("AD", context="asthma")
    assert alone.score < decided.score
    assert "may also be read as" in alone.reason


def test_backing_off_only_when_asked(mini_linker: Linker) -> None:
    phrase = "nodular BCC of the nose"
    assert mini_linker.link(phrase).match == "nil"
    broader = mini_linker.link(phrase, backoff=True)
    assert broader.name == "nodular basal cell carcinoma"
    assert broader.score < mini_linker.link("nodular BCC").score
    assert "backed off" in broader.reason


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("basal cell skin carcinoma of the back and both ears", BCC),  # words between
        ("eczema with a hand", "dermatitis"),  # the first segment says what it is
        ("hands with atopic dermatitis", "atopic dermatitis"),  # findings before places
        ("itching rash, AD since childhood", "atopic dermatitis"),
    ],
)
def test_a_broader_term_is_the_thing_and_not_its_setting(
    mini_linker: Linker, phrase: str, name: str
) -> None:
    assert mini_linker.link(phrase, backoff=True).name == name


@pytest.mark.parametrize(
    "phrase",
    [
        "tendon rupture of the hand",  # a place alone says nothing of the finding
        "no basal cell carcinoma",
        "biopsy without dermatitis",
        "gastric dermatitis",  # inside the body
        "hand rash",
        "bcc list of addressees",  # in lower case no abbreviation
    ],
)
def test_no_broader_term_where_the_phrase_is_about_something_else(
    mini_linker: Linker, phrase: str
) -> None:
    assert mini_linker.link(phrase, backoff=True).match == "nil"


def test_a_place_is_a_broader_term_where_places_are_asked_for(mini_linker: Linker) -> None:
    assert mini_linker.link("swollen hand", "body_site", backoff=True).name == "hand"


@pytest.mark.parametrize(
    "phrase", ["stomatocytosis", "phonophobia", "gastritis", "nephritis", "thrombocytopenia"]
)
def test_a_well_formed_word_is_no_typo(derm_linker: Linker, phrase: str) -> None:
    assert derm_linker.link(phrase).match in ("nil", "exact")


@pytest.mark.parametrize(
    ("phrase", "name"),
    [("psorasis", "psoriasis"), ("molluscum contagiosm", "molluscum contagiosum"),
     ("bilateral psorasis", "psoriasis"), ("ichtyosis", "ichthyosis")],
)  # fmt: skip
def test_typos_are_read_as_meant(derm_linker: Linker, phrase: str, name: str) -> None:
    link = derm_linker.link(phrase)
    assert (link.name, link.match) == (name, "fuzzy")


def test_the_short_way_gives_what_the_long_way_gives(derm_linker: Linker) -> None:
    """A context without cues cannot change an answer, but it is never answered from a table."""
    for form in list(_DERM.surface_forms())[::7]:
        for written in (form.text, form.text.upper(), f"  {form.text.capitalize()} "):
            for branch in (None, form.branch):
                best = derm_linker.candidates(written, branch)[0]
                link = derm_linker.link(written, branch)
                assert link.node == best.candidate.form.node
                assert link.score <= round(best.score, 4)
                assert (link.match == "exact") == (best.candidate.way == "exact")


def test_threshold_turns_weak_answers_to_nil(mini: Ontology) -> None:
    assert Linker(mini, threshold=0.9).link("basal cell carcinma").match == "nil"
    assert Linker(mini, threshold=0.9).link("basal cell carcinoma").match == "exact"


def test_candidates_come_best_first_one_a_node(mini_linker: Linker) -> None:
    ranked = mini_linker.candidates("AD")
    assert {s.candidate.form.node for s in ranked} == {"DERM:0010006", "DERM:0010007"}
    assert len(ranked) == 2
    assert mini_linker.candidates("steel bridge") == []


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([t.name for t in _NAMED]) | st.text(max_size=20), max_size=5))
def test_a_batch_gives_what_single_calls_give(phrases: list[str]) -> None:
    assert _LINKER.link_all(phrases, backoff=True) == [
        _LINKER.link(phrase, backoff=True) for phrase in phrases
    ]


def test_a_prepared_linker_answers_the_same(mini: Ontology) -> None:
    prepared, fresh = Linker(mini), Linker(mini)
    prepared.prepare()
    phrases = [form.text for form in mini.surface_forms()] + ["bcc", "steel", "left hands"]
    assert prepared.link_all(phrases) == fresh.link_all(phrases)


def test_link_all_keeps_order(mini_linker: Linker) -> None:
    links = mini_linker.link_all(["hand", "steel", "BCC"])
    assert [link.name for link in links] == ["hand", None, BCC]


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from([None, *_DERM.branches]), st.booleans())
def test_any_text_gets_an_answer(text: str, branch: str | None, backoff: bool) -> None:
    link = _LINKER.link(text, branch, backoff=backoff)
    assert 0.0 <= link.score <= 1.0
    assert (link.node is None) == (link.match == "nil")
    assert branch is None or link.node is None or _DERM.branch(link.node) == branch


@settings(deadline=None)
@given(st.sampled_from(_NAMED))
def test_a_preferred_name_links_to_itself(term: Term) -> None:
    link = _LINKER.link(term.name, term.branch)
    assert (link.node, link.match) == (term.id, "exact")


@settings(deadline=None)
@given(st.sampled_from(_NAMED), st.data())
def test_a_typo_never_beats_the_true_name(term: Term, data: st.DataObject) -> None:
    name = term.name
    place = data.draw(st.integers(0, len(name) - 1))
    link = _LINKER.link(name[:place] + name[place + 1 :])
    assert link.score < 1.0 or link.match == "exact"
