"""What else could make a small model useful: a prompt a field, and questions about given spans.

    .venv-vllm/bin/python benchmarks/small_model.py [--model DIR] [--limit N]

* ``a prompt a field``: eight requests a caption, each with instruction, worked examples and
  grammar of one field; the answers are put together. To be held against the one prompt for all
  fields, whose row ``lane_ablation.py`` has too.
* ``assertion of a span``: each annotated span is shown in its clause and the model says one of
  the five assertions, beside what the cue rules say of the same span.
* ``fact or not``: what the lexicon lane found is shown as candidates and the model says yes or
  no; what it refuses is dropped.

Answers to the questions are held to the words offered. Gold as in ``lane_ablation.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from development import gold_file
from lane_ablation import CONCURRENCY, HERE
from serving import vllm_server

from eval.gold import GoldCaption, load_gold
from eval.scoring import LaneReport, evaluate
from structurer.answers import LABELS, Label
from structurer.asking import answer, ask, request
from structurer.assembly import CaptionStructurer
from structurer.backends import open_backend
from structurer.backends.counting import CountingBackend
from structurer.choosing import clause
from structurer.cleaning import clean
from structurer.config import EngineConfig
from structurer.decoding import model_text
from structurer.extraction import DEFAULT_PROMPT, LLMLane
from structurer.forms import Form
from structurer.lexicon import read
from structurer.models import EMBEDDED_NAME, pull_embedded
from structurer.prompting import Prompt, load_prompt
from structurer.records import CaptionRecord, Mention, StructuredCaption
from structurer.schema import ASSERTIONS, FIELDS
from structurer.spanassertion import SpanAssertions
from structurer.styles import LINES, Style
from structurer.taskprompts import load_task_prompt

PROMPTS: Final = HERE / "data" / "prompts"
KINDS: Final = {"concept": "sign", "body_site": "body site", "skin_tone": "skin tone"}
BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class FieldStyle(Style):
    """Lines with the labels of one field alone."""

    field: str = ""

    def labels(self) -> dict[str, tuple[Label, str]]:
        """Return how each label of the field is written, and what that means."""
        return {
            self.label(label.text, assertion): (label, assertion)
            for label in LABELS
            if label.field == self.field
            for assertion in ASSERTIONS
        }


@dataclass(frozen=True, slots=True)
class FieldForm(Form):
    """An answer about one field; its instruction names the labels of that field."""

    field: str = ""

    def words(self) -> dict[str, object]:
        """Return what an instruction has to say of this form."""
        labels = [label.text for label in LABELS if label.field == self.field]
        asserted = [LINES.label(labels[0], assertion) for assertion in ASSERTIONS[1:]]
        return {**Form.words(self), "labels": labels, "asserted": asserted}


def field_form(field: str) -> FieldForm:
    style = {name: getattr(LINES, name) for name in Style.__dataclass_fields__}
    return FieldForm("lines", FieldStyle(**style, field=field), field=field)


def field_prompt(prompt: Prompt, field: str) -> Prompt:
    examples = tuple(
        replace_facts(example, field) for example in prompt.examples if example.relevant
    )
    return replace(prompt, examples=examples)


def replace_facts(example: Any, field: str) -> Any:
    facts = tuple(fact for fact in example.facts if fact.field == field)
    return example.model_copy(update={"facts": facts})


def by_field(gold: Sequence[GoldCaption], backend: CountingBackend) -> list[StructuredCaption]:
    records = [CaptionRecord(caption.id, caption.caption) for caption in gold]
    config = EngineConfig(lane="llm", llm_batch_size=BATCH)
    prompt, found = load_prompt(DEFAULT_PROMPT), []
    for spec in FIELDS:
        lane = LLMLane(config, backend, field_form(spec.name), field_prompt(prompt, spec.name))
        found.append(CaptionStructurer(config, llm=lane).structure(records))
    return [_joined(rows) for rows in zip(*found, strict=True)]


def _joined(rows: Sequence[StructuredCaption]) -> StructuredCaption:
    mentions = sorted(
        (mention for row in rows for mention in row.mentions), key=lambda m: (m.start, m.end)
    )
    relevant = any(row.relevant for row in rows)
    return replace(rows[0], mentions=tuple(mentions), relevant=relevant, status="ok", failure=None)


# --- questions about spans -------------------------------------------------------------


def question(text: str, mention: Mention) -> dict[str, str]:
    shown = clause(text, mention.start, mention.end)
    return {
        "context": model_text(" ".join(shown.split())),
        "kind": KINDS.get(mention.field, mention.field),
        "phrase": model_text(" ".join(mention.text.split())),
    }


def choose(
    backend: CountingBackend, prompt: str, values: Sequence[dict[str, str]], words: Sequence[str]
) -> list[str]:
    """Return one of the words for each question."""
    task = load_task_prompt(str(PROMPTS / prompt))
    grammar = "start: " + " | ".join(json.dumps(word) for word in words) + "\n"
    asked = [
        request(backend, task.messages(value), grammar, {"enum": list(words)}, 8)
        for value in values
    ]
    return [answer(reply) for reply in ask(backend, asked, BATCH)]


def assertions(gold: Sequence[GoldCaption], backend: CountingBackend) -> dict[str, Any]:
    """Return how often model and cue rules say the annotated assertion of annotated spans."""
    cases, expected, ruled = [], [], []
    for caption in gold:
        cleaned = clean(caption.caption)
        rules = SpanAssertions(cleaned, read(cleaned).tokens)
        for mention in caption.mentions:
            span = Mention(mention.field, mention.text, mention.start, mention.end, "present")
            if mention.field == "history":
                span = replace(span, name=mention.concept)
            cases.append(question(caption.caption, span))
            expected.append(mention.assertion)
            ruled.append(rules(span))
    said = choose(backend, "assertion", cases, ASSERTIONS)
    other = [i for i, assertion in enumerate(expected) if assertion != ASSERTIONS[0]]
    everything = range(len(expected))
    return {
        "spans": len(expected),
        "spans_not_present": len(other),
        "rules": _right(ruled, expected, everything),
        "rules_not_present": _right(ruled, expected, other),
        "model": _right(said, expected, everything),
        "model_not_present": _right(said, expected, other),
        "always_present": _right([ASSERTIONS[0]] * len(expected), expected, everything),
    }


def _right(said: Sequence[str], expected: Sequence[str], where: Sequence[int]) -> float:
    return round(sum(said[i] == expected[i] for i in where) / max(1, len(where)), 3)


def kept(
    gold: Sequence[GoldCaption], backend: CountingBackend
) -> tuple[list[StructuredCaption], list[StructuredCaption]]:
    """Return the lexicon lane's rows, and those without what the model refuses."""
    records = [CaptionRecord(caption.id, caption.caption) for caption in gold]
    rows = CaptionStructurer(EngineConfig(lane="lexicon")).structure(records)
    places = [(i, j) for i, row in enumerate(rows) for j in range(len(row.mentions))]
    cases = [question(rows[i].caption, rows[i].mentions[j]) for i, j in places]
    said = dict(zip(places, choose(backend, "fact", cases, ("yes", "no")), strict=True))
    left = []
    for i, row in enumerate(rows):
        stays = tuple(m for j, m in enumerate(row.mentions) if said[i, j] == "yes")
        left.append(replace(row, mentions=stays))
    return rows, left


# --- table -----------------------------------------------------------------------------


def scores(report: LaneReport) -> dict[str, Any]:
    facts, interval = report.total.facts, report.interval
    return {
        "precision": facts.precision,
        "recall": facts.recall,
        "f1": facts.f1,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "fields": {name: score.facts.f1 for name, score in report.fields.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a model folder; default: the embedded model")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "small_model.json")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "small.log")
    args = parser.parse_args()
    path = gold_file()
    gold = load_gold(path)[: args.limit]
    result: dict[str, Any] = {"gold": path.name, "captions": len(gold)}

    def note(title: str, start: float, values: dict[str, Any]) -> None:
        values["seconds"] = round(time.monotonic() - start, 1)
        values["prompt_tokens"] = round(counted.prompt_tokens / len(gold), 1)
        values["generated_tokens"] = round(counted.generated_tokens / len(gold), 1)
        result[title] = values
        print(title, json.dumps(values), flush=True)
        counted.reset()

    with vllm_server(args.model or pull_embedded(), EMBEDDED_NAME, args.log, CONCURRENCY) as server:
        os.environ["STRUCTURER_SERVER_URL"] = server.url
        os.environ["STRUCTURER_SERVER_TIMEOUT"] = "600"
        counted = CountingBackend(open_backend("server", EMBEDDED_NAME))
        start = time.monotonic()
        note("assertion of a span", start, assertions(gold, counted))
        start = time.monotonic()
        before, after = kept(gold, counted)
        report = evaluate(gold, {"all": before, "kept": after})
        dropped = sum(len(a.mentions) - len(b.mentions) for a, b in zip(before, after, strict=True))
        values = {"dropped": dropped, "without": scores(report.lane("all"))}
        note("fact or not", start, {**values, **scores(report.lane("kept"))})
        start = time.monotonic()
        rows = by_field(gold, counted)
        note("a prompt a field", start, scores(evaluate(gold, {"l": rows}).lane("l")))
    args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
