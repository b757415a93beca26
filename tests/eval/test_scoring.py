from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from goldrows import CAPTION, gold_row, span
from rich.console import Console

from eval import as_dict, as_markdown, as_tables, evaluate, load_gold, run_evaluation, save
from eval.__main__ import main
from structurer.config import EngineConfig
from structurer.errors import UsageError, UserError
from structurer.records import CaptionRecord, ExtractionFailure, Mention, StructuredCaption
from structurer.writers import write_jsonl, write_parquet

WriteGold = Callable[..., Path]


def mention(text: str, field: str, assertion: str = "present", **values: Any) -> Mention:
    start = CAPTION.index(text)
    return Mention(field, text, start, start + len(text), assertion, **values)


PERFECT = StructuredCaption(
    id="a",
    caption=CAPTION,
    relevant=True,
    mentions=(
        mention("54-year-old", "age", value=54.0, lanes=("lexicon", "llm")),
        mention("woman", "sex", name="female", lanes=("llm",)),
        mention("hives", "diagnosis"),
        mention("scaly", "concept", "absent"),
        mention("plaques", "concept", "absent"),
        mention("left shin", "body_site", name="shin"),
        mention("3 weeks", "history", name="duration"),
    ),
)


def test_a_perfect_prediction_scores_one_everywhere(write_gold: WriteGold) -> None:
    lane = evaluate(write_gold(gold_row()), {"both": {"a": PERFECT}}).lane("both")
    assert lane.total.facts.f1 == lane.total.exact.f1 == lane.total.relaxed.f1 == 1
    assert lane.total.assertion.value == lane.relevant.value == 1
    assert lane.fields["symptom"].facts.f1 is None
    assert lane.errors == ()


def test_differences_are_counted_and_named(write_gold: WriteGold) -> None:
    wrong = replace(
        PERFECT,
        relevant=False,
        mentions=(
            mention("hives", "diagnosis"),
            mention("scaly plaques", "concept", name="plaque"),
            mention("shin", "body_site", "absent"),
            mention("left", "symptom", name="pain"),
        ),
    )
    lane = evaluate(write_gold(gold_row()), {"lexicon": [wrong]}).lane("lexicon")
    assert (lane.total.facts.tp, lane.total.facts.fp, lane.total.facts.fn) == (1, 3, 6)
    assert lane.fields["body_site"].exact.f1 == 0
    assert lane.fields["body_site"].relaxed.f1 == 1
    assert (lane.total.assertion.correct, lane.total.assertion.total) == (1, 3)
    assert lane.relevant.value == 0
    kinds = {(e.kind, e.field, e.concept, e.assertion, e.expected) for e in lane.errors}
    assert ("assertion", "concept", "plaque", "present", "absent") in kinds
    assert ("missed", "sex", "female", "present", None) in kinds
    assert ("missed", "concept", "scale", "absent", None) in kinds
    assert ("spurious", "symptom", "pain", "present", None) in kinds


def test_failed_and_missing_rows_score_as_empty_and_are_counted(write_gold: WriteGold) -> None:
    gold = load_gold(write_gold(gold_row(), gold_row(id="b"), gold_row(id="c")))
    failure = ExtractionFailure("llm_length", "cut", "llm")
    failed = replace(PERFECT, id="b", status="failed", failure=failure)
    lane = evaluate(gold, {"both": [PERFECT, failed]}).lane("both")
    assert (lane.failed, lane.missing) == (1, 1)
    assert (lane.total.facts.tp, lane.total.facts.fp, lane.total.facts.fn) == (7, 0, 14)
    assert (lane.relevant.correct, lane.relevant.total) == (1, 3)


def test_a_lane_that_never_tells_relevance_is_not_judged_on_it(write_gold: WriteGold) -> None:
    report = evaluate(write_gold(gold_row()), {"llm": [replace(PERFECT, relevant=None)]})
    assert report.lane("llm").relevant.value is None


def test_predictions_of_other_captions_are_refused(write_gold: WriteGold) -> None:
    gold = write_gold(gold_row())
    with pytest.raises(UserError, match="no prediction has an id of the gold file"):
        evaluate(gold, {"both": [replace(PERFECT, id="z")]})
    with pytest.raises(UserError, match="the caption of prediction 'a' is not the gold file's"):
        evaluate(gold, {"both": [replace(PERFECT, caption="else")]})


def test_tables_show_lanes_side_by_side_and_a_dash_for_nothing(write_gold: WriteGold) -> None:
    report = evaluate(write_gold(gold_row()), {"lexicon": [PERFECT], "llm": [PERFECT]})
    text = as_markdown(report)
    assert "| field | gold | lexicon P | lexicon R | lexicon F1 | llm P | llm R | llm F1 |" in text
    assert "| concept | 2 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 |" in text
    assert "| symptom | 0 | - | - | - | - | - | - |" in text
    console = Console(width=120, record=True, file=io.StringIO())
    for table in as_tables(report):
        console.print(table)
    assert "total" in console.export_text()


def test_errors_are_listed_on_request_and_markup_in_texts_is_harmless(
    write_gold: WriteGold,
) -> None:
    odd = "a | b [/red] shin"
    row = gold_row(caption=odd, mentions=[])
    start = odd.index("[/red]")
    found = Mention("symptom", odd[start - 4 : start + 6], start - 4, start + 6)
    prediction = StructuredCaption("a", odd, relevant=True, mentions=(found,))
    report = evaluate(write_gold(row), {"lexicon": [prediction]})
    assert "b \\|" not in as_markdown(report)
    assert "| a | spurious | symptom | \\| b [/red] |" in as_markdown(report, errors=5)
    console = Console(width=200, record=True, file=io.StringIO())
    for table in as_tables(report, errors=5):
        console.print(table)
    assert "[/red]" in console.export_text()


def test_json_is_plain_and_saved_beside_a_run(write_gold: WriteGold, tmp_path: Path) -> None:
    report = run_evaluation(write_gold(gold_row()), _run(tmp_path, [PERFECT]))
    saved = json.loads(save(report, tmp_path / "run").read_text())
    assert saved == json.loads(json.dumps(as_dict(report)))
    assert saved["gold"] == "gold.jsonl"
    assert saved["lanes"]["both"]["total"]["facts"]["f1"] == 1
    assert saved["lanes"]["both"]["fields"]["symptom"]["facts"]["f1"] is None


def _run(folder: Path, rows: list[StructuredCaption]) -> Path:
    (folder / "run" / "parts").mkdir(parents=True)
    write_jsonl(folder / "run" / "parts" / "part-00000.jsonl", [row.to_dict() for row in rows])
    return folder / "run"


def test_a_merged_run_is_scored_without_and_with_the_model(
    write_gold: WriteGold, tmp_path: Path
) -> None:
    report = run_evaluation(write_gold(gold_row()), _run(tmp_path, [PERFECT]))
    scores = {lane.name: lane.total.facts for lane in report.lanes}
    assert list(scores) == ["lexicon", "both"]
    assert (scores["lexicon"].tp, scores["both"].tp) == (6, 7)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_predictions_may_be_one_file(write_gold: WriteGold, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    write = {"jsonl": write_jsonl, "parquet": write_parquet}[suffix]
    write(path, [PERFECT.to_dict()])
    report = run_evaluation(write_gold(gold_row()), path, ["both"])
    assert report.lane("both").total.facts.f1 == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.jsonl", None, "cannot read predictions"),
        ("rows.csv", "id\n", "predictions are read from jsonl, parquet"),
        ("rows.jsonl", '{"id": "a"}\n', r"rows.jsonl:1: no row of a run"),
        ("rows.jsonl", "{", r"rows.jsonl:1: no row of a run"),
        ("rows.parquet", "no parquet", r"rows.parquet:1: no row of a run"),
    ],
)
def test_unusable_predictions_are_one_clear_line(
    write_gold: WriteGold, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=message):
        run_evaluation(write_gold(gold_row()), path)


def test_a_folder_without_parts_and_an_unknown_lane_are_refused(
    write_gold: WriteGold, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="holds no parts"):
        run_evaluation(write_gold(gold_row()), tmp_path)
    with pytest.raises(UsageError, match="unknown lane 'all': choose from lexicon, llm, both"):
        run_evaluation(write_gold(gold_row()), tmp_path, ["all"])


class _Fake:
    def __init__(self, config: EngineConfig) -> None:
        self.lane = config.lane

    def structure(self, records: list[CaptionRecord]) -> list[StructuredCaption]:
        mentions = PERFECT.mentions if self.lane == "both" else PERFECT.mentions[:1]
        return [replace(PERFECT, id=record.id, mentions=mentions) for record in records]


def test_without_predictions_each_lane_structures_the_gold(write_gold: WriteGold) -> None:
    told: list[tuple[str, int, int]] = []
    report = run_evaluation(
        write_gold(*(gold_row(id=str(i)) for i in range(70))),
        lanes=["lexicon", "both"],
        make_structurer=_Fake,
        progress=lambda *step: told.append(step),
    )
    assert report.lane("both").total.facts.f1 == 1
    assert report.lane("lexicon").total.facts.tp == 70
    assert told == [("lexicon", 64, 70), ("lexicon", 70, 70), ("both", 64, 70), ("both", 70, 70)]


def test_the_module_runs_alone(
    write_gold: WriteGold, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, run = str(write_gold(gold_row())), str(_run(tmp_path, [PERFECT]))
    assert main([gold, "--pred", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["captions"] == 1
    assert main([gold, "--pred", run, "--markdown"]) == 0
    assert "| total |" in capsys.readouterr().out
    assert main([gold, "--pred", str(tmp_path / "none.jsonl")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_gold_mentions_helper_agrees_with_the_caption() -> None:
    assert span("hives", "diagnosis", "urticaria")["start"] == PERFECT.mentions[2].start
