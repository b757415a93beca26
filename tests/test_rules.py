"""A rule finds what its pattern finds: the words it is tried at are all it can begin with."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import structurer.demographics
import structurer.history
import structurer.relevance
from structurer.cleaning import clean
from structurer.firsts import STOP, first_token, parsed
from structurer.heads import inside_after
from structurer.leads import follows, lead_in, leads_of
from structurer.rules import RULES, Rule
from structurer.scan import scanned
from structurer.splitting import alternatives

EXAMPLES = Path(__file__).parent.parent / "examples" / "captions.csv"
PACKAGED = list(RULES)


def spans(matches):
    return [(match.span(), match.groupdict()) for match in matches]


def agree(rule: Rule, text: str) -> None:
    """Assert that a rule and its bare pattern find the same in a text."""
    scan = scanned(text)
    assert spans(rule.finditer(scan)) == spans(rule.pattern.finditer(text)), rule.pattern.pattern
    found, expected = rule.search(scan), rule.pattern.search(text)
    assert (found and found.span()) == (expected and expected.span()), rule.pattern.pattern


def agree_before(rule: Rule, text: str) -> None:
    scan = scanned(text)
    for end in scan.tokens.starts:
        for low in (0, max(0, end - 20)):
            found, expected = rule.before(scan, end, low), rule.pattern.search(text, low, end)
            assert (found and found.span()) == (expected and expected.span())


def test_there_are_rules_of_every_module():
    assert len(PACKAGED) > 40
    assert sum(rule.pattern.pattern.endswith("$") for rule in PACKAGED) > 8


# The words of the patterns themselves, in pieces and with what may stand around them.
LITERALS = sorted(
    {w for rule in PACKAGED for w in re.findall(r"[A-Za-z']{1,}", rule.pattern.pattern)}
)
ODD = [
    "\u00e9", "\u0130", "\u0131", "\u017f", "\u212a", "\u2640", "\u00d7", "\u0661", "\u00b2", "_",
    "-", "'", ".", ",", ":", "(", ")", "/", "+", "3", "12", "45", "1.5", "3/52", "x400", "F", "M",
    "yo", "y/o", "s", "\n", "\t", "  ", "e\u0301", "\u03bc", "\x1f", "IV", "V", "my ", "in ",
    "of ",
]  # fmt: skip
PIECES = st.one_of(st.sampled_from(LITERALS), st.sampled_from(ODD), st.text(max_size=3))
TEXTS = st.lists(
    st.tuples(PIECES, st.sampled_from([" ", " ", " ", "", "-", ". "])), max_size=12
).map(lambda parts: "".join(piece + gap for piece, gap in parts))


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_every_rule_finds_what_its_pattern_finds(text):
    for rule in PACKAGED:
        agree(rule, text)
        if rule.pattern.pattern.endswith("$"):
            agree_before(rule, text)


def test_every_rule_finds_what_its_pattern_finds_in_the_examples():
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        texts = [clean(row["caption"]).text for row in csv.DictReader(file)]
    for text in texts:
        for rule in PACKAGED:
            agree(rule, text)


@pytest.mark.shared
def test_every_rule_finds_what_its_pattern_finds_in_real_captions(shared):
    with (shared / "data" / "captions" / "captions.csv").open(encoding="utf-8") as file:
        texts = [clean(row["caption"]).text for row in csv.DictReader(file)][::5]
    for text in texts:
        for rule in PACKAGED:
            agree(rule, text)


@pytest.mark.parametrize("sparse", [False, True])
@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_a_pattern_that_any_word_begins_waits_for_what_it_needs(sparse, text):
    made = [
        Rule(re.compile(pattern, re.I), sparse=sparse)
        for pattern in (
            r"\b(?:(?:\w+ )?vaccines?|in (?:the )?(?:summer|winter)|skin)\b",
            r"\w+ age",
        )
    ]
    try:
        for rule in made:
            for piece in (text, f"in the {text} a vaccine, {text}age winter\u0131 \u017fkin"):
                agree(rule, piece)
    finally:
        del RULES[-len(made) :]


def test_what_needs_no_letters_cannot_be_sparse():
    with pytest.raises(ValueError, match="needs no letters"):
        Rule(re.compile(r"\d+"), sparse=True)


MADE = [
    r"\bhistory of (?:eczema|asthma)\b",
    r"(?:the )?(?:past|last)\s+\d+ (?:days?|weeks?)",
    r"(?<![\w.])\d{1,3}(?:[.,]\d{1,2})?[\s-]*(?:cm|mm)\b",
    r"(?<=my )(?:wife|son)|(?<=\bx)\d+",
    r"(?:a|an)(?! old\b) [a-z]{2,}(?:azole|mab)\b",
    r"[a-z]{2,}(?:azole|mab)s?|(?:very )*(?:dark|fair)[- ]skinned",
    r"\b(?P<no>no )?rash(?(no) at| was)\b",
    r"\B[a-c]+x??y|(?>ab|a)c++",
    r"([a-z])\1 mark|[^\W\d_]+'s own",
    r"(?-i:[MF])\b(?![.\w-])|(?i:case) \d",
]
WORDS = st.sampled_from(
    "history of eczema the past 3 weeks day 1.5 cm my wife son x5 a an old itraconazole infliximab "
    "very dark skinned no rash at was abxy aac xx mark child's own M F case axy".split()
)
LINES = st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", "-", "", ". "])), max_size=10).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
)


@pytest.mark.parametrize("pattern", MADE)
@settings(max_examples=150, deadline=None)
@given(text=LINES)
def test_first_tokens_hold_for_every_part_of_the_language(pattern, text):
    compiled = re.compile(pattern, re.I)
    first = first_token(compiled)
    tokens = scanned(text).tokens
    for match in compiled.finditer(text):
        token = next(
            i for i, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True))
            if a <= match.start() < b
        )  # fmt: skip
        at = match.start() - tokens.starts[token]
        word = tokens.words[token]
        assert first.match(word + STOP, at)
        for more in range(12):
            assert first.match(text[tokens.starts[token] : tokens.ends[token] + more], at)
        after = inside_after(parsed(compiled))
        if after is not None and at and word[at - 1].isalnum() and word[at].isalnum():
            assert lead_in(word[at - 1]) in after


@pytest.mark.parametrize("pattern", [*MADE, r"no\s*$", r"\d+(?=[mf]\b)|aa?\b ?c", r"x(?:ab)*\b"])
@settings(max_examples=150, deadline=None)
@given(text=LINES)
def test_leads_hold_for_every_part_of_the_language(pattern, text):
    compiled = re.compile(pattern, re.I)
    leads = leads_of(parsed(compiled))
    for end in range(len(text) + 1):
        if 0 < end < len(text) and not follows(lead_in(text[end - 1]), lead_in(text[end])):
            continue  # texts are cut where a token starts
        for match in compiled.finditer(text, 0, end):
            plain = lead_in(text[match.start() :])
            assert leads is None or any(
                plain.startswith(lead)
                and (not bounded or follows(lead[-1], plain[len(lead) : len(lead) + 1]))
                for lead, bounded in leads
            )


@pytest.mark.parametrize("pattern", MADE[:-4])
@given(text=LINES)
def test_alternatives_match_what_the_whole_matches(pattern, text):
    compiled = re.compile(pattern, re.I)
    parts = alternatives(compiled)
    for at in range(len(text)):
        found = next((m for part in parts if (m := part.match(text, at))), None)
        expected = compiled.match(text, at)
        assert (found and found.span()) == (expected and expected.span())


def test_alternatives_are_those_a_pattern_begins_with():
    parts = alternatives(re.compile(r"(?<!-)\b(?:a(?:b|c)|(?i:d)*?e{2,3}|f++)(?=g|$)(?!h)|[^i-k]"))
    assert [part.pattern for part in parts] == [
        r"(?<!\-)\ba[bc](?=(?:g|$))(?!h)",
        r"(?<!\-)\b(?:(?i:d)){0,}?(?:e){2,3}(?=(?:g|$))(?!h)",
        r"(?<!\-)\b(?:f){1,}+(?=(?:g|$))(?!h)", "[^i-k]",
    ]  # fmt: skip


def test_words_that_begin_no_match_are_told():
    first = first_token(re.compile(r"\b(?:(?:oral )*[a-z]{2,}azole|contact with|no rash)\b", re.I))
    words = "Oral fluconazole contact contacts with rash no nothing azole red".split()
    assert [w for w in words if first.match(w + STOP)] == ["Oral", "fluconazole", "contact", "no"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bday(?: a){3}\b", "day a a a"),
        (r"\bno(?: rash at)? mark", "no rash at mark"),
        (r"\bno(?: rash at)? mark", "no mark"),
        (r"\bx(?:-ab|-cdef)+-y", "x-cdef-ab-y"),
        (r"\bpast(?:\s+day)?(?<= day) (?:x|z)", "past day x"),
    ],
)
def test_what_lies_far_behind_a_token_is_not_compared(pattern, text):
    compiled = re.compile(pattern)
    assert compiled.fullmatch(text)
    first = first_token(compiled)
    word = re.match(r"\w+", text).group()
    assert first.match(word + STOP)
    assert all(first.match(text[:end]) for end in range(len(word), len(text) + 1))
    assert not first.match(word + "!")


@pytest.mark.parametrize("pattern", [r"a?", r"\s+days", r"-free\b", r"(?:\bx)?\s?\d"])
def test_a_pattern_that_may_begin_between_words_is_refused(pattern):
    with pytest.raises(ValueError, match="pattern can"):
        first_token(re.compile(pattern))


def test_without_a_parse_tree_rules_match_the_same(monkeypatch):
    monkeypatch.setattr(structurer.firsts, "_parser", None)
    patterns = [r"\bhistory of|(?<=my )(?:wife|son)\b", r"\d+ ?(?:days|weeks)\b", r"[a-z]+azole"]
    text = "My son took ketoconazole, 10days and 3 weeks; a history of acne."
    blind = [Rule(re.compile(pattern, re.I)) for pattern in patterns]
    try:
        for rule in blind:
            expected = [m.span() for m in rule.pattern.finditer(text)]
            assert expected
            assert [m.span() for m in rule.finditer(scanned(text))] == expected
    finally:
        del RULES[-len(blind) :]
