"""The whole way with the real engine: files in, run folder out."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from structurer.cli import main
from structurer.models import embedded_path
from structurer.records import StructuredCaption
from structurer.writers import read_rows

EXAMPLES = Path(__file__).parent.parent / "examples" / "captions.csv"


def run(out: Path, *flags: str) -> list[StructuredCaption]:
    """Run over the example captions and return the rows, read back through the contract."""
    assert main(["run", str(EXAMPLES), "-o", str(out), *flags]) in (0, 3)
    return [StructuredCaption.from_dict(row) for row in read_rows(out)]


def check(rows: list[StructuredCaption], captions: list[str]) -> None:
    assert [row.caption for row in rows] == captions
    for row in rows:
        assert (row.failure is not None) == (row.status == "failed")
        for mention in row.mentions:
            assert row.caption[mention.start : mention.end] == mention.text


@pytest.fixture(scope="module")
def captions() -> list[str]:
    with EXAMPLES.open(encoding="utf-8", newline="") as stream:
        return [row["caption"] for row in csv.DictReader(stream)]


def test_lexicon_lane_over_the_examples(tmp_path: Path, captions: list[str]) -> None:
    rows = run(tmp_path / "one", "--part-size", "30", "--batch-size", "7")
    check(rows, captions)
    fields = Counter(mention.field for row in rows for mention in row.mentions)
    assert {"diagnosis", "concept", "symptom", "body_site", "age", "sex"} <= set(fields)
    again = run(tmp_path / "other", "--part-size", "30", "--batch-size", "100")
    assert rows == again
    for name in ("failures.jsonl", "summary.json", "progress.jsonl", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_parquet_parts_and_shards_hold_the_same_rows(tmp_path: Path, captions: list[str]) -> None:
    rows = run(tmp_path / "whole", "--part-size", "20")
    parts: dict[int, list[StructuredCaption]] = {}
    for shard in (1, 2):
        out = tmp_path / str(shard)
        found = run(out, "--part-size", "20", "--shard", f"{shard}/2", "--part-format", "parquet")
        for line in (out / "progress.jsonl").open():
            entry = json.loads(line)
            parts[entry["part"]], found = found[: entry["rows"]], found[entry["rows"] :]
    assert [row for part in sorted(parts) for row in parts[part]] == rows


@pytest.mark.model
@pytest.mark.skipif(embedded_path() is None, reason="structurer model pull smollm2-135m")
def test_both_lanes_with_the_embedded_model(tmp_path: Path, captions: list[str]) -> None:
    """A review that changes nothing leaves the lexicon lane's facts; "lines" states its own."""
    reviewed = run(tmp_path / "review", "--lane", "both", "--limit", "2")
    check(reviewed, captions[:2])
    assert "lexicon" in lanes(reviewed)
    stated = run(tmp_path / "lines", "--lane", "both", "--form", "lines", "--limit", "2")
    check(stated, captions[:2])
    assert lanes(stated) == {"lexicon", "llm"}


def lanes(rows: list[StructuredCaption]) -> set[str]:
    return {lane for row in rows for mention in row.mentions for lane in mention.lanes}
