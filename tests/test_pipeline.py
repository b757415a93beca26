from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import WordStructurer
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.config import RunConfig
from structurer.errors import OutputError, UserError
from structurer.pipeline import RunResult, run
from structurer.records import CaptionRecord, StructuredCaption
from structurer.writers import read_rows

ROWS = 23
PART = 5
BAD = {4: "null_caption", 11: "empty_caption", 17: "duplicate_id", 20: "too_long"}


def captions(folder: Path) -> Path:
    """Write 23 rows of which four cannot be structured."""
    path = folder / "in.jsonl"
    rows: list[dict[str, Any]] = [
        {"id": f"r{i}", "image": f"{i}.png", "caption": f"Rötung {i}, itchy"} for i in range(ROWS)
    ]
    rows[4]["caption"] = None
    rows[11]["caption"] = "  "
    rows[17]["id"] = "r2"
    rows[20]["caption"] = "long " * 20
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def config(source: Path, output: Path, **more: Any) -> RunConfig:
    return RunConfig(inputs=(source,), output=output, **{"part_size": PART, **more})


def go(source: Path, output: Path, structurer: Any = None, **more: Any) -> RunResult:
    return run(config(source, output, **more), structurer or WordStructurer(too_long=50))


def same_bytes(run_dir: Path) -> dict[str, bytes]:
    """Return what must be the same whatever happened on the way."""
    files = [*sorted((run_dir / "parts").iterdir()), *run_dir.glob("*.json*")]
    return {
        str(file.relative_to(run_dir)): file.read_bytes()
        for file in files
        if file.name != "timings.jsonl"
    }


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """What is synced when matters to a power cut, which no test here can make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return captions(tmp_path)


@pytest.mark.parametrize("part_format", ["jsonl", "parquet"])
def test_every_row_is_in_a_part_and_failed_ones_in_the_ledger(
    source: Path, tmp_path: Path, part_format: str
) -> None:
    out = tmp_path / "out"
    result = go(source, out, part_format=part_format)
    rows = list(read_rows(out))
    assert [row["caption"] for row in rows] == [
        json.loads(line)["caption"] or "" for line in source.read_text().splitlines()
    ]
    ledger = [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]
    assert {entry["row"]: entry["reason"] for entry in ledger} == BAD
    failed = {i: row["failure"]["reason"] for i, row in enumerate(rows) if row["failure"]}
    assert failed == BAD
    assert (result.rows, result.failed) == (ROWS, len(BAD))
    summary = json.loads((out / "summary.json").read_text())
    assert summary["counts"]["status"] == {"failed": len(BAD), "ok": ROWS - len(BAD)}
    assert summary["counts"]["failure"] == dict.fromkeys(sorted(BAD.values()), 1)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["complete"] is True
    assert manifest["hashes"] == {"words": "1"}


def test_parquet_parts_hold_the_same_rows_as_jsonl(source: Path, tmp_path: Path) -> None:
    for part_format in ("jsonl", "parquet"):
        go(source, tmp_path / part_format, part_format=part_format)
    one, other = read_rows(tmp_path / "jsonl"), read_rows(tmp_path / "parquet")
    for row, again in zip(one, other, strict=True):
        assert row == again
        StructuredCaption.from_dict(again)


def test_problem_rows_never_reach_the_structurer(source: Path, tmp_path: Path) -> None:
    structurer = WordStructurer()
    go(source, tmp_path / "out", structurer)
    lost = {f"r{i}" for i in (4, 11, 17)}
    assert structurer.seen == [f"r{i}" for i in range(ROWS) if f"r{i}" not in lost]


@pytest.mark.parametrize("part_format", ["jsonl", "parquet"])
def test_bytes_do_not_depend_on_the_batch_size(
    source: Path, tmp_path: Path, part_format: str
) -> None:
    results = []
    for size in (1, 3, 256):
        go(source, tmp_path / str(size), batch_size=size, part_format=part_format)
        results.append(same_bytes(tmp_path / str(size)))
    assert results[0] == results[1] == results[2]


def test_shards_together_are_the_undivided_run(source: Path, tmp_path: Path) -> None:
    go(source, tmp_path / "whole")
    whole = {p.name: p.read_bytes() for p in (tmp_path / "whole" / "parts").iterdir()}
    ledger = (tmp_path / "whole" / "failures.jsonl").read_text().splitlines()
    parts: dict[str, bytes] = {}
    failures: list[str] = []
    for i in (1, 2, 3):
        out = tmp_path / f"shard{i}"
        go(source, out, shard=f"{i}/3")
        parts.update({p.name: p.read_bytes() for p in (out / "parts").iterdir()})
        failures += (out / "failures.jsonl").read_text().splitlines()
    assert parts == whole
    assert sorted(failures) == sorted(ledger)


def test_limit(source: Path, tmp_path: Path) -> None:
    assert go(source, tmp_path / "out", limit=7).rows == 7
    assert [row["id"] for row in read_rows(tmp_path / "out")] == [f"r{i}" for i in range(7)]


def test_a_caption_that_breaks_the_structurer_fails_alone(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,caption\n" + "".join(f"{i},red {i}\n" for i in range(9)) + "9,boom\n")
    result = go(source, tmp_path / "out")
    assert (result.rows, result.counts["failure"]) == (10, {"internal_error": 1})


def test_a_structurer_that_always_breaks_ends_the_run(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,caption\n" + "".join(f"{i},boom\n" for i in range(20)))
    with pytest.raises(ValueError, match="boom"):
        go(source, tmp_path / "out", part_size=20)


def stop_after(batches: int, error: BaseException) -> Callable[[Sequence[CaptionRecord]], None]:
    left = [batches]

    def before(records: Sequence[CaptionRecord]) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise error

    return before


@settings(deadline=None, max_examples=25)
@given(
    stops=st.lists(st.integers(0, 12), max_size=4),
    batch=st.integers(1, 7),
    part_format=st.sampled_from(["jsonl", "parquet"]),
)
def test_interrupted_anywhere_and_resumed_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int], batch: int, part_format: str
) -> None:
    folder = tmp_path_factory.mktemp("resume")
    source = captions(folder)
    go(source, folder / "whole", part_format=part_format)
    out = folder / "out"
    for stop in stops:
        structurer = WordStructurer(too_long=50, before=stop_after(stop, KeyboardInterrupt()))
        try:
            go(source, out, structurer, batch_size=batch, part_format=part_format)
        except KeyboardInterrupt:
            assert json.loads((out / "manifest.json").read_text())["complete"] is False
    go(source, out, batch_size=batch, part_format=part_format)
    assert same_bytes(out) == same_bytes(folder / "whole")


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_killed_at_any_byte_and_resumed_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A kill leaves finished parts, a torn temporary file and a torn line of progress."""
    folder = tmp_path_factory.mktemp("kill")
    source = captions(folder)
    go(source, folder / "whole")
    expected = same_bytes(folder / "whole")
    out = folder / "out"
    shutil.copytree(folder / "whole", out)
    done = data.draw(st.integers(0, 4), label="parts that bear their final name")
    for part in sorted((out / "parts").iterdir())[done:]:
        content = part.read_bytes()
        torn = data.draw(st.integers(0, len(content)), label=f"bytes of {part.name}")
        part.with_name(f".{part.name}.tmp").write_bytes(content[:torn])
        part.unlink()
    progress = (out / "progress.jsonl").read_bytes()
    noted = len(b"".join(progress.splitlines(keepends=True)[:done]))
    cut = data.draw(st.integers(0, noted), label="bytes of the progress")
    (out / "progress.jsonl").write_bytes(progress[:cut])
    for name in ("failures.jsonl", "summary.json", "timings.jsonl"):
        if data.draw(st.booleans(), label=f"{name} is there"):
            (out / name).unlink()
    go(source, out)
    assert same_bytes(out) == expected
    assert not list(out.rglob(".*"))


def test_resume_keeps_whole_parts_and_mends_damaged_ones(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(source, out)
    expected = same_bytes(out)
    damaged = out / "parts" / "part-00001.jsonl"
    damaged.write_bytes(damaged.read_bytes().replace(b"itchy", b"ITCHY"))
    structurer = WordStructurer(too_long=50)
    result = go(source, out, structurer)
    assert structurer.seen == ["r5", "r6", "r7", "r8", "r9"]
    assert (result.kept, result.rows) == (ROWS - PART, ROWS)
    assert same_bytes(out) == expected


def test_a_complete_run_is_reused(source: Path, tmp_path: Path) -> None:
    go(source, tmp_path / "out")
    structurer = WordStructurer(too_long=50)
    result = go(source, tmp_path / "out", structurer, batch_size=2)
    assert (structurer.seen, result.kept) == ([], ROWS)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"lane": "both"}, "lane: 'lexicon' there, 'both' now"),
        ({"part_size": 6}, "part_size: 5 there, 6 now"),
        ({"limit": 3}, "limit: None there, 3 now"),
    ],
)
def test_another_configuration_is_not_mixed_in(
    source: Path, tmp_path: Path, more: dict[str, Any], expected: str
) -> None:
    go(source, tmp_path / "out")
    before = same_bytes(tmp_path / "out")
    with pytest.raises(UserError, match="--overwrite") as caught:
        go(source, tmp_path / "out", **more)
    assert expected in str(caught.value)
    assert same_bytes(tmp_path / "out") == before
    go(source, tmp_path / "out", overwrite=True, **more)


def test_another_input_or_version_is_not_mixed_in(source: Path, tmp_path: Path) -> None:
    go(source, tmp_path / "out")
    with pytest.raises(UserError, match="words changed"):
        go(source, tmp_path / "out", WordStructurer(version="2"))
    source.write_text(source.read_text().replace("itchy", "scaly"))
    with pytest.raises(UserError, match=r"input in\.jsonl changed"):
        go(source, tmp_path / "out")


def test_overwrite_leaves_nothing_of_the_earlier_run(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(source, out, part_size=2)
    (out / "mine.txt").write_text("notes")
    go(source, out, part_size=20, overwrite=True)
    assert sorted(path.name for path in (out / "parts").iterdir()) == [
        "part-00000.jsonl",
        "part-00001.jsonl",
    ]
    assert (out / "mine.txt").read_text() == "notes"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_left_alone(
    source: Path, tmp_path: Path, overwrite: bool
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("important")
    with pytest.raises(UserError, match="is no run folder"):
        go(source, out, overwrite=overwrite)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
    with pytest.raises(UserError, match="is a file"):
        go(source, source)


def test_one_run_at_a_time(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def second(records: Sequence[CaptionRecord]) -> None:
        with pytest.raises(UserError, match="another run is writing"):
            go(source, out)

    go(source, out, WordStructurer(before=second, too_long=50))


def test_output_inside_the_input_folder_is_not_read(source: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert go(tmp_path, tmp_path / "out").rows == ROWS


def test_wrong_inputs_are_found_before_the_structurer_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,words\n1,x\n")

    def never() -> WordStructurer:
        raise AssertionError("made too early")

    with pytest.raises(UserError, match="no caption column"):
        run(config(tmp_path / "a.csv", tmp_path / "out"), never)
    assert not (tmp_path / "out").exists()


def test_header_without_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,caption\n")
    with pytest.raises(UserError, match="no row to read"):
        go(tmp_path / "a.csv", tmp_path / "out")


def test_full_disk_at_any_write_is_told_and_resumable(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, out = os.fsync, tmp_path / "out"
    calls = 0
    full_at: int | None = None

    def fsync(handle: int) -> None:
        nonlocal calls
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            calls += 1
            if calls == full_at:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", fsync)
    go(source, tmp_path / "whole")
    writes = calls
    assert writes > 2 * ROWS // PART
    for number in range(1, writes + 1):
        full_at, calls = number, 0
        with pytest.raises(OutputError, match="no space left; free some space"):
            go(source, out)
        calls = -1_000
        go(source, out)
        assert same_bytes(out) == same_bytes(tmp_path / "whole")
        shutil.rmtree(out)


def test_progress_adds_up(source: Path, tmp_path: Path) -> None:
    class Counter:
        total: int | None = None
        fresh = kept = 0

        def start(self, total: int | None) -> None:
            self.total = total

        def advance(self, rows: int, *, kept: bool = False) -> None:
            self.kept += rows if kept else 0
            self.fresh += 0 if kept else rows

    first, second = Counter(), Counter()
    run(config(source, tmp_path / "out"), WordStructurer(too_long=50), first)
    run(config(source, tmp_path / "out"), WordStructurer(too_long=50), second)
    assert (first.total, first.fresh, first.kept) == (ROWS, ROWS, 0)
    assert (second.fresh, second.kept) == (0, ROWS)
