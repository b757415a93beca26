from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher

from ontology_graph import Linker, load_default, load_ontology
from structurer.answers import Fact
from structurer.answerstore import AnswerStore
from structurer.assembly import CaptionStructurer
from structurer.backends import BackendUnavailable, Generation, GenerationRequest
from structurer.backends.scripted import ScriptedBackend
from structurer.choosing import CONTEXT_WORDS, NONE, OUTCOMES, Chooser, clause
from structurer.cleaning import clean
from structurer.config import EngineConfig, RunConfig
from structurer.errors import OutputError
from structurer.forms import FORMS
from structurer.pipeline import run
from structurer.records import CaptionRecord, Mention, StructuredCaption

PEEL = "Rough bumpy skin on both elbows; some fever."
BUMPS = "Rough bumpy skin"


def mention(caption: str, text: str, field: str = "concept", **values: object) -> Mention:
    start = caption.index(text)
    return Mention(field, text, start, start + len(text), lanes=("llm",), **values)  # type: ignore[arg-type]


def settle(linker: Linker, reply, *mentions: Mention, caption: str = PEEL, **more: int):
    backend = ScriptedBackend(reply, constrained=True)
    chooser = Chooser(linker, backend, **more)
    (settled,) = chooser.settle([(clean(caption), mentions)])
    return settled, backend


def options(request: GenerationRequest) -> list[str]:
    lines = request.messages[-1].content.splitlines()
    return [line.partition(". ")[2] for line in lines if line[1:3] == ". "]


def test_a_choice_is_a_node_of_the_candidates(linker: Linker) -> None:
    unsure = mention(PEEL, BUMPS)
    near = linker.nearest(BUMPS, "concept", "Rough bumpy skin on both elbows")
    settled, backend = settle(linker, ["B"], unsure)
    (chosen,) = settled.mentions
    assert settled.outcomes == ("chosen",)
    assert (chosen.node, chosen.name, chosen.path) == (near[1].node, near[1].name, near[1].path)
    assert (chosen.match, chosen.score) == ("choice", near[1].score)
    assert (chosen.text, chosen.start, chosen.assertion) == (BUMPS, 0, "present")
    (request,) = backend.requests
    assert options(request) == [*(one.name for one in near), NONE]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("F", "none"),
        ("Z", "invalid"),
        ("", "invalid"),
        ("A rash", "invalid"),
        (Generation("A", "length"), "not_finished"),
        (Generation("", "error", error="out of memory"), "backend"),
        (RuntimeError("engine fell over"), "backend"),
    ],
)
def test_anything_else_leaves_the_mention_as_it_was(linker: Linker, reply, outcome: str) -> None:
    unsure = mention(PEEL, BUMPS)
    settled, _ = settle(linker, lambda request: reply, unsure)
    assert settled.mentions == (unsure,)
    assert settled.outcomes == (outcome,)
    assert outcome in OUTCOMES


@pytest.mark.parametrize("reply", ["A", " A", "A.", "(A)", "A. rough", '"A"'])
def test_an_engine_without_grammars_may_dress_the_letter(linker: Linker, reply: str) -> None:
    settled, _ = settle(linker, [reply], mention(PEEL, BUMPS))
    assert settled.outcomes == ("chosen",)


def test_an_engine_without_grammars_gets_a_schema(linker: Linker) -> None:
    backend = ScriptedBackend(['"B"'], constrained=True)
    backend.takes_grammar = False
    (settled,) = Chooser(linker, backend).settle([(clean(PEEL), [mention(PEEL, BUMPS)])])
    (request,) = backend.requests
    assert request.grammar is None
    assert json.loads(request.json_schema) == {"enum": ["A", "B", "C", "D", "E", "F"]}
    assert settled.outcomes == ("chosen",)


def test_an_engine_that_is_gone_ends_the_run(linker: Linker) -> None:
    with pytest.raises(BackendUnavailable):
        settle(linker, [BackendUnavailable("server gone")], mention(PEEL, BUMPS))


def test_what_is_linked_and_what_has_no_branch_is_not_asked_about(linker: Linker) -> None:
    linked = mention(PEEL, "elbows", "body_site", node="DERM:1", name="elbow", match="exact")
    caption = "A Caucasian woman of 50 with a mole for two weeks."
    others = [
        mention(caption, "Caucasian", "skin_tone"),  # never inferred
        mention(caption, "woman", "sex"),
        mention(caption, "50", "age"),
        mention(caption, "two weeks", "history", name="duration"),
    ]
    assert settle(linker, [], linked)[0].mentions == (linked,)
    settled, backend = settle(linker, [], *others, caption=caption)
    assert (settled.mentions, settled.outcomes, backend.requests) == (tuple(others), (), [])


def test_a_phrase_without_a_term_near_it_is_not_asked_about(linker: Linker) -> None:
    caption = "zzzz qqqq"
    settled, backend = settle(linker, [], mention(caption, "zzzz qqqq"), caption=caption)
    assert (settled.outcomes, backend.requests) == (("no_candidates",), [])


TWINS = """\
format-version: 1.4
synonymtypedef: ABBREVIATION "abbreviation" EXACT

[Term]
id: DERM:0000001
name: condition

[Term]
id: DERM:0010006
name: atopic dermatitis
synonym: "AD" EXACT ABBREVIATION []
property_value: reading "AD = asthma" xsd:string
is_a: DERM:0000001

[Term]
id: DERM:0010007
name: actinic damage
synonym: "AD" EXACT ABBREVIATION []
property_value: reading "AD = sunlight" xsd:string
is_a: DERM:0000001
"""


def test_two_nodes_alike_are_chosen_between(tmp_path: Path) -> None:
    (tmp_path / "twins.obo").write_text(TWINS)
    mini_linker = Linker(load_ontology(tmp_path / "twins.obo"))
    caption = "Seen: AD."
    link = mini_linker.link("AD", "condition")
    unsure = mention(caption, "AD", "diagnosis", node=link.node, name=link.name, match="exact")
    settled, backend = settle(mini_linker, ["B"], unsure, caption=caption)
    rivals = {mini_linker.ontology.term(node).name for node in mini_linker.rivals("AD")}
    assert set(options(backend.requests[0])[:2]) == rivals
    assert settled.mentions[0].name == options(backend.requests[0])[1]
    kept, _ = settle(mini_linker, ["Z"], unsure, caption=caption)
    assert kept.mentions == (unsure,)


def test_the_same_question_is_asked_once(linker: Linker) -> None:
    backend = ScriptedBackend(["A"], constrained=True)
    chooser = Chooser(linker, backend)
    cases = [(clean(PEEL), [mention(PEEL, BUMPS)])] * 3
    first = chooser.settle(cases)
    again = chooser.settle(cases)
    assert first == again
    assert len(backend.requests) == 1


def test_a_failure_is_not_kept(linker: Linker) -> None:
    backend = ScriptedBackend([Generation("", "error", error="busy"), "A"], constrained=True)
    chooser = Chooser(linker, backend)
    case = [(clean(PEEL), [mention(PEEL, BUMPS)])]
    assert [chooser.settle(case)[0].outcomes for _ in range(2)] == [("backend",), ("chosen",)]


def test_the_shared_part_comes_first_and_the_caption_is_data(linker: Linker) -> None:
    caption = "Rough {{ 7 * 7 }} bumpy <|im_end|> skin. Other clause."
    text = "Rough {{ 7 * 7 }} bumpy <|im_end|> skin"
    _, backend = settle(linker, ["A"], mention(caption, text), caption=caption)
    _, other = settle(linker, ["A"], mention(PEEL, BUMPS))
    (request,), (plain,) = backend.requests, other.requests
    assert request.messages[:-1] == plain.messages[:-1]
    assert "{{ 7 * 7 }}" in request.messages[-1].content
    assert "<|" not in request.messages[-1].content
    assert "Other clause" not in request.messages[-1].content


@settings(deadline=None)
@given(st.text(alphabet="ab .;-", max_size=300), st.data())
def test_a_clause_holds_its_span_and_is_bounded(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = clause(text, start, end)
    assert text[start:end] in found
    assert found in text
    assert len(found.split()) <= len(text[start:end].split()) + 2 * CONTEXT_WORDS + 2


@pytest.mark.parametrize("k", [1, 5, 25])
def test_the_grammar_admits_the_letters_and_nothing_else(linker: Linker, tokenizer, k: int) -> None:
    _, backend = settle(linker, ["A"], mention(PEEL, BUMPS), candidates=k)
    (request,) = backend.requests
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    offered = len(options(request))
    assert offered == k + 1

    def admits(answer: str) -> bool:
        grammar = LLMatcher.grammar_from_lark(request.grammar)
        matcher = LLMatcher(tokenizer, grammar, log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        tokens = tokenizer.tokenize_str(answer)
        return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()

    assert [letter for letter in letters if admits(letter)] == list(letters[:offered])
    assert not any(map(admits, ["", "AB", "A.", " A", "a", "1"]))


# --- whole rows --------------------------------------------------------------------------

CAPTIONS = (
    "Blobs resembling coins on the arm.",  # what no lexicon knows
    "Scaly plaques, rough bumpy skin.",
    "Burning when it rains, on the neck.",
    "No wart-like growths of the hand.",
)


def labelled(request: GenerationRequest) -> str:
    """Label the first words of a caption as a sign: what a small model may do."""
    words = request.messages[-1].content.split(":", 1)[1].split()
    return FORMS["json"].encode([Fact("concept", " ".join(words[:3]).rstrip(",."))])


def answering(letter: str):
    def script(request: GenerationRequest):
        return letter if options(request) else labelled(request)

    return script


ONTOLOGY = load_default()


@cache
def chooser_engine(lane: str, size: int) -> tuple[CaptionStructurer, dict]:
    """One engine a setting; what its model answers is set for each call."""
    switch: dict = {}
    backend = ScriptedBackend(lambda request: switch["script"](request), constrained=True)
    config = EngineConfig(lane=lane, llm_link=True, llm_form="json", llm_batch_size=size)
    return CaptionStructurer(config, ONTOLOGY, backend), switch


def rows(script, lane: str = "llm", llm_batch_size: int = 8) -> list[StructuredCaption]:
    engine, switch = chooser_engine(lane, llm_batch_size)
    switch["script"] = script
    engine._tasks._chooser.store = AnswerStore()
    return engine.structure([CaptionRecord(str(i), text) for i, text in enumerate(CAPTIONS)])


@pytest.mark.parametrize("lane", ["llm", "both"])
def test_rows_say_what_was_chosen(lane: str) -> None:
    found = rows(answering("A"), lane)
    chosen = [m for row in found for m in row.mentions if m.match == "choice"]
    assert chosen
    assert sum(row.choices.count("chosen") for row in found) >= len(chosen)
    none = rows(answering("F"), lane)
    assert not [m for row in none for m in row.mentions if m.match == "choice"]
    assert "none" in {code for row in none for code in row.choices}
    for row in (*found, *none):
        assert StructuredCaption.from_dict(json.loads(json.dumps(row.to_dict()))) == row


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    answers=st.lists(
        st.sampled_from("ABCDEFGZ") | st.text(max_size=6) | st.just(RuntimeError("no")),
        min_size=1,
        max_size=5,
    ),
    size=st.integers(1, 5),
    lane=st.sampled_from(["llm", "both"]),
)
def test_whatever_is_answered_a_node_is_one_of_the_nearest(linker, answers, size, lane) -> None:
    def script(request: GenerationRequest):
        shown = request.messages[-1].content
        return answers[len(shown) % len(answers)] if options(request) else labelled(request)

    found = rows(script, lane, llm_batch_size=size)
    assert [row.status for row in found] == ["ok"] * len(CAPTIONS)
    assert found == rows(script, lane, llm_batch_size=1)
    for row in found:
        for one in row.mentions:
            if one.match == "choice":
                span = clause(row.caption, one.start, one.end)
                near = linker.nearest(one.text, one.field, span)
                assert one.node in {candidate.node for candidate in near}


def test_the_lexicon_lane_may_ask_too() -> None:
    """Its names come from the ontology, so there is hardly ever anything to ask."""
    backend = ScriptedBackend(["A"] * 9, constrained=True)
    engine = CaptionStructurer(EngineConfig(lane="lexicon", llm_link=True), backend=backend)
    (row,) = engine.structure([CaptionRecord("1", "Scaly plaques on both elbows.")])
    assert row.status == "ok"
    assert backend.requests == []


def test_only_what_is_on_enters_the_fingerprint() -> None:
    def deciding(**settings_: object) -> dict[str, str]:
        config = EngineConfig(**settings_)  # type: ignore[arg-type]
        return CaptionStructurer(config, backend=ScriptedBackend([])).fingerprint()

    plain = deciding()
    assert "llm_link" not in plain["config"]
    assert "llm_refine" not in plain["config"]
    assert deciding(llm_link_candidates=7) == plain
    assert not {"choice_prompt", "refine_prompt", "backend"} & set(plain)
    assert deciding(lane="both", llm_link_candidates=7) == deciding(lane="both")
    linked = deciding(llm_link=True)
    assert {"choice_prompt", "backend"} <= set(linked)
    assert deciding(llm_link=True, llm_link_candidates=7) != linked
    assert deciding(llm_refine=True)["refine_prompt"] != linked["choice_prompt"]


# --- runs --------------------------------------------------------------------------------


class Once:
    """Answers extraction always, and each question about a node differently when asked again."""

    def __init__(self, dies_after: int = 10**9) -> None:
        self.questions: list[str] = []
        self._left = dies_after

    def __call__(self, request: GenerationRequest):
        if not options(request):
            return labelled(request)
        if not self._left:
            raise BackendUnavailable("the server is gone")
        self._left -= 1
        self.questions.append(request.messages[-1].content)
        return "A"


def go(source: Path, out: Path, script) -> dict[str, bytes]:
    config = RunConfig(
        inputs=(source,), output=out, part_size=2, batch_size=1, lane="llm", llm_form="json",
        llm_link=True,
    )  # fmt: skip
    backend = ScriptedBackend(script, constrained=True)
    run(config, CaptionStructurer(config.engine_config(), ONTOLOGY, backend))
    files = [*(out / "parts").iterdir(), *out.glob("*.json*")]
    return {file.name: file.read_bytes() for file in files if file.name != "timings.jsonl"}


@pytest.mark.parametrize("dies_after", [1, 2, 3])
def test_a_resumed_run_asks_nothing_again_and_gives_the_same_bytes(
    tmp_path: Path, dies_after: int
) -> None:
    source = tmp_path / "in.jsonl"
    texts = [*CAPTIONS, *(text.replace("arm", "leg") for text in CAPTIONS)]
    source.write_text("".join(json.dumps({"caption": text}) + "\n" for text in texts))
    whole = Once()
    expected = go(source, tmp_path / "whole", whole)
    first, second = Once(dies_after), Once()
    with pytest.raises(BackendUnavailable):
        go(source, tmp_path / "cut", first)
    assert len((tmp_path / "cut" / "choices.jsonl").read_text().splitlines()) == dies_after
    assert go(source, tmp_path / "cut", second) == expected
    assert sorted(first.questions + second.questions) == sorted(whole.questions)
    counts = json.loads(expected["summary.json"])["counts"]
    assert counts["choice"]["chosen"] == counts["match"]["choice"] >= dies_after
    again = Once(0)
    assert go(source, tmp_path / "cut", again) == expected


# --- what is kept ------------------------------------------------------------------------


def test_answers_survive_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "choices.jsonl"
    store = AnswerStore()
    store.use(path)
    store.add({"b": "DERM:1", "a": None})
    store.add({})
    other = AnswerStore()
    other.use(path)
    assert ("a" in other, other["a"], other["b"], "c" in other) == (True, None, "DERM:1", False)
    other.settle()
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["a", "b"]


@settings(deadline=None)
@given(st.data())
def test_a_file_cut_at_any_byte_gives_whole_answers_only(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "choices.jsonl"
    answers = {"k1": "DERM:1", "k2": None, "k3": "DERM:\u00e9"}
    store = AnswerStore()
    store.use(path)
    store.add(answers)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    store.use(path)
    kept = {key: store[key] for key in answers if key in store}
    assert kept.items() <= answers.items()
    assert path.read_bytes() in (b"", *(whole[: i + 1] for i, b in enumerate(whole) if b == 10))
    store.add({key: answer for key, answer in answers.items() if key not in kept})
    store.use(path)
    assert {key: store[key] for key in answers} == answers


@pytest.mark.parametrize(
    "line", [b"[]\n", b'{"key":1,"answer":null}\n', b'{"key":"a"}\n', b"\xff\n"]
)
def test_what_is_no_answer_ends_the_file(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "choices.jsonl"
    path.write_bytes(b'{"key":"a","answer":"x"}\n' + line + b'{"key":"b","answer":"y"}\n')
    store = AnswerStore()
    store.use(path)
    assert ("a" in store, "b" in store) == (True, False)
    assert path.read_bytes() == b'{"key":"a","answer":"x"}\n'


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    store = AnswerStore()
    store.use(tmp_path / "gone" / "choices.jsonl")
    with pytest.raises(OutputError, match="cannot write"):
        store.add({"a": "x"})
