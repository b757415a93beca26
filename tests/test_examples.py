"""The shipped examples keep their promises: offsets, coverage, and no overlap with the prompt."""

from __future__ import annotations

import csv
import itertools
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from structurer.schema import ASSERTIONS, FIELD_NAMES, HISTORY_KINDS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {"figure_caption", "case_report", "forum_post", "transcript", "other"}
MENTION_KEYS = {"field", "text", "start", "end", "assertion", "concept"}
AGE_GROUPS_OR_YEARS = re.compile(r"infant|child|adolescent|adult|elderly|\d+(\.\d+)?")


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def squeeze(caption: str) -> str:
    """Fold a caption so that copies with other case, spacing or marks look the same."""
    folded = unicodedata.normalize("NFKD", caption).casefold()
    return " ".join(re.findall(r"\w+", folded))


@pytest.fixture(scope="module")
def captions() -> list[dict[str, str]]:
    with (ROOT / "examples" / "captions.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


@pytest.fixture(scope="module")
def gold() -> list[dict[str, Any]]:
    return read_jsonl(ROOT / "examples" / "gold.jsonl")


@pytest.fixture(scope="module")
def shots() -> list[dict[str, Any]]:
    return read_jsonl(ROOT / "prompts" / "v1" / "examples.jsonl")


def test_captions_are_complete_rows_of_every_style(captions: list[dict[str, str]]) -> None:
    assert len(captions) >= 80
    assert list(captions[0]) == ["id", "image", "caption", "source"]
    assert all(value for row in captions for value in row.values())
    by_source = Counter(row["source"] for row in captions)
    assert set(by_source) == SOURCES
    assert min(by_source.values()) >= 8


@pytest.mark.parametrize("column", ["id", "image"])
def test_ids_and_images_are_unique(captions: list[dict[str, str]], column: str) -> None:
    repeated = [v for v, n in Counter(row[column] for row in captions).items() if n > 1]
    assert repeated == []


def test_images_are_relative_jpeg_or_png_paths(captions: list[dict[str, str]]) -> None:
    pattern = re.compile(r"images/(?!.*\.\.)[\w./-]+\.(jpe?g|png)", re.ASCII)
    assert [row["image"] for row in captions if not pattern.fullmatch(row["image"])] == []


def test_no_two_captions_are_nearly_the_same(captions: list[dict[str, str]]) -> None:
    words = [(row["id"], set(squeeze(row["caption"]).split())) for row in captions]
    close = [
        (a, b)
        for i, (a, left) in enumerate(words)
        for b, right in words[i + 1 :]
        if len(left & right) > 0.6 * len(left | right)
    ]
    assert close == []


def test_captions_carry_the_noise_the_cleaner_must_survive(
    captions: list[dict[str, str]],
) -> None:
    text = "\n".join(row["caption"] for row in captions)
    noise = {
        "html tag": r"<(i|b|p|sup)>",
        "entity": r"&(nbsp|amp|lt);",
        "url": r"https?://\S+",
        "hashtag": r"#\w+",
        "handle": r"@\w+",
        "emoji": "[\U0001f300-\U0001faff]",
        "panel": r"\(A\).*\(B\)",
        "figure label": r"Fig\. \d",
        "citation": r"\[\d+\]",
        "broken word": r"[a-z]-\n[a-z]",
        "cyrillic": "[\u0400-\u04ff]",
        "cjk": "[\u4e00-\u9fff]",
        "instruction": r"ignore all previous instructions",
    }
    assert [name for name, pattern in noise.items() if not re.search(pattern, text)] == []


def test_every_gold_row_is_a_row_of_the_captions(
    captions: list[dict[str, str]], gold: list[dict[str, Any]]
) -> None:
    rows = {row["id"]: (row["caption"], row["source"]) for row in captions}
    assert len(gold) >= 48
    assert len({row["id"] for row in gold}) == len(gold)
    assert [r["id"] for r in gold if rows.get(r["id"]) != (r["caption"], r["source"])] == []


def test_gold_offsets_give_the_text(gold: list[dict[str, Any]]) -> None:
    wrong = [
        (row["id"], mention)
        for row in gold
        for mention in row["mentions"]
        if row["caption"][mention["start"] : mention["end"]] != mention["text"]
        or not mention["text"].strip()
        or mention["text"] != mention["text"].strip()
    ]
    assert wrong == []


def test_gold_mentions_are_in_order_and_do_not_overlap(gold: list[dict[str, Any]]) -> None:
    for row in gold:
        ends = [(m["start"], m["end"]) for m in row["mentions"]]
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(ends)), row["id"]


def test_gold_values_follow_the_contract(gold: list[dict[str, Any]]) -> None:
    for row in gold:
        assert set(row) == {"id", "source", "caption", "relevant", "mentions"}
        for mention in row["mentions"]:
            assert set(mention) == MENTION_KEYS, row["id"]
            assert mention["field"] in FIELD_NAMES, row["id"]
            assert mention["assertion"] in ASSERTIONS, row["id"]
            assert mention["concept"] == mention["concept"].strip().lower(), row["id"]
            match mention["field"]:
                case "history":
                    assert mention["concept"] in HISTORY_KINDS, row["id"]
                case "sex":
                    assert mention["concept"] in {"female", "male"}, row["id"]
                case "age":
                    assert AGE_GROUPS_OR_YEARS.fullmatch(mention["concept"]), row["id"]


def test_only_the_first_mention_of_the_sex_is_marked(gold: list[dict[str, Any]]) -> None:
    counts = {r["id"]: sum(m["field"] == "sex" for m in r["mentions"]) for r in gold}
    assert {k: n for k, n in counts.items() if n > 1} == {}


def test_off_topic_rows_are_there_and_hold_no_mention(gold: list[dict[str, Any]]) -> None:
    off_topic = [row for row in gold if not row["relevant"]]
    assert len(off_topic) >= 8
    assert [row["id"] for row in off_topic if row["mentions"]] == []


def test_gold_covers_every_style_field_assertion_and_kind(gold: list[dict[str, Any]]) -> None:
    mentions = [m for row in gold for m in row["mentions"]]
    assert {row["source"] for row in gold} == SOURCES
    fields = Counter(m["field"] for m in mentions)
    assertions = Counter(m["assertion"] for m in mentions)
    assert {name: fields[name] for name in FIELD_NAMES if fields[name] < 8} == {}
    assert {name: assertions[name] for name in ASSERTIONS if assertions[name] < 8} == {}
    assert {m["concept"] for m in mentions if m["field"] == "history"} == set(HISTORY_KINDS)


def test_prompt_examples_are_verbatim_and_in_caption_order(shots: list[dict[str, Any]]) -> None:
    for shot in shots:
        at = 0
        for fact in shot["facts"]:
            found = re.compile(rf"(?<!\w){re.escape(fact['text'])}(?!\w)").search(
                shot["caption"], at
            )
            assert found, (shot["caption"], fact)
            at = found.end()


def test_prompt_examples_follow_the_contract(shots: list[dict[str, Any]]) -> None:
    assert len(shots) == 8
    for shot in shots:
        assert set(shot) == {"caption", "relevant", "facts"}
        assert 15 <= len(shot["caption"].split()) <= 35
        assert bool(shot["facts"]) is shot["relevant"]
        for fact in shot["facts"]:
            assert fact["field"] in FIELD_NAMES
            assert fact.get("assertion", "absent") in ASSERTIONS[1:]
            assert ("kind" in fact) is (fact["field"] == "history")
            assert fact.get("kind", "course") in HISTORY_KINDS
            assert set(fact) <= {"field", "text", "assertion", "kind"}


def test_prompt_examples_show_every_field_and_assertion(shots: list[dict[str, Any]]) -> None:
    facts = [fact for shot in shots for fact in shot["facts"]]
    assert {fact["field"] for fact in facts} == set(FIELD_NAMES)
    assert {fact.get("assertion", "present") for fact in facts} == set(ASSERTIONS)
    assert not all(shot["relevant"] for shot in shots)


def test_no_caption_is_shared_between_examples_and_prompt(
    captions: list[dict[str, str]], gold: list[dict[str, Any]], shots: list[dict[str, Any]]
) -> None:
    shown = {squeeze(shot["caption"]) for shot in shots}
    assert len(shown) == len(shots)
    assert shown.isdisjoint(squeeze(row["caption"]) for row in captions)
    assert shown.isdisjoint(squeeze(row["caption"]) for row in gold)
