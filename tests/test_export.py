from __future__ import annotations

import csv
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runfolders import CAPTION, ROWS, failed_row, ok_row, write_run

from structurer.budget import fits
from structurer.errors import OutputError, UsageError, UserError
from structurer.export import FORMATS, export
from structurer.export_formats.texts import one_line, training_texts, truncated
from structurer.records import StructuredCaption, Texts
from structurer.writers import PART_FORMATS, read_jsonl, read_parquet

PAIRS = ("openclip-csv", "make-csv", "derm1m-csv")


def read_table(path: Path, sep: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=sep, strict=True))


@pytest.mark.parametrize("part_format", ["jsonl", "parquet"])
def test_openclip_has_one_line_a_pair(tmp_path: Path, part_format: str) -> None:
    run = write_run(tmp_path / "run", part_format=part_format)
    done = export(run, "openclip-csv", tmp_path / "pairs.csv")
    lines = read_table(tmp_path / "pairs.csv", "\t")
    assert list(lines[0]) == ["filepath", "title"]
    by_image: dict[str, list[str]] = {}
    for line in lines:
        by_image.setdefault(line["filepath"], []).append(line["title"])
    texts = ROWS[0].texts
    assert by_image["images/a.jpg"] == [
        CAPTION, texts.refined, texts.ontology, texts.concept, texts.context,
    ]  # fmt: skip
    assert by_image["b.png"] == ["cut short"]
    assert by_image["c.webp"] == ["A bridge."]
    assert done.counted.without_image == done.counted.without_text == 1
    assert str(done).endswith(
        "pairs.csv: 7 pairs of 5 rows; left out: 1 without an image, 1 without a text"
    )


def test_openclip_reads_it_with_its_own_settings(tmp_path: Path) -> None:
    # As open_clip's CsvDataset does: pandas, the separator, then two columns by name.
    export(write_run(tmp_path / "run"), "openclip-csv", tmp_path / "pairs.csv")
    frame = pd.read_csv(tmp_path / "pairs.csv", sep="\t")
    assert list(frame.columns) == ["filepath", "title"]
    assert frame["title"].map(type).eq(str).all()
    assert len(frame) == 7


def test_a_negated_finding_is_in_no_composed_text(tmp_path: Path) -> None:
    export(write_run(tmp_path / "run"), "openclip-csv", tmp_path / "pairs.csv")
    titles = [line["title"] for line in read_table(tmp_path / "pairs.csv", "\t")]
    assert [title for title in titles if "pustule" in title] == [CAPTION]


def test_derm1m_columns_hold_present_facts_and_empty_cells(tmp_path: Path) -> None:
    export(write_run(tmp_path / "run"), "derm1m-csv", tmp_path / "d.csv")
    first, failed, other = read_table(tmp_path / "d.csv")
    assert first == {
        "filename": "images/a.jpg",
        "caption": CAPTION,
        "truncated_caption": CAPTION,
        "source": "",
        "source_type": "",
        "disease_label": "psoriasis",
        "hierarchical_disease_label": "inflammatory disease, papulosquamous disease, psoriasis",
        "skin_concept": "plaque",
        "body_location": "elbows",
        "symptoms": "pruritus",
        "age": "54",
        "gender": "female",
    }
    assert (failed["caption"], failed["disease_label"], failed["age"]) == ("cut short", "", "")
    assert other["caption"] == "A bridge."


def test_make_columns_and_masks(tmp_path: Path) -> None:
    export(write_run(tmp_path / "run"), "make-csv", tmp_path / "make.csv")
    first, failed, _ = read_table(tmp_path / "make.csv")
    assert first["ontology_caption"] == ROWS[0].texts.ontology
    assert first["visual_concept_caption"] == ROWS[0].texts.concept
    assert (first["sub_captions"], first["subcaption_1"], first["subcaption_2"]) == (
        "1",
        CAPTION,
        "",
    )
    assert json.loads(first["sub_caption_mask"]) == [1, 0, 0, 0, 0, 0, 0, 0]
    assert json.loads(first["knowledge_masks"]) == [1, 1, 1]
    assert json.loads(failed["knowledge_masks"]) == [1, 0, 0]
    assert failed["subcaption_1"] == "cut short"


@pytest.mark.parametrize("fmt", ["jsonl", "parquet"])
def test_whole_rows_go_out_whatever_the_parts_are(tmp_path: Path, fmt: str) -> None:
    read = {"jsonl": read_jsonl, "parquet": read_parquet}[fmt]
    found = []
    for part_format in ("jsonl", "parquet"):
        run = write_run(tmp_path / part_format, part_format=part_format)
        done = export(run, fmt, tmp_path / f"{part_format}.{fmt}")
        assert done.counted.written == len(ROWS)
        found.append(list(read(tmp_path / f"{part_format}.{fmt}")))
    assert found[0] == found[1]
    assert StructuredCaption.from_dict(found[0][0]) == ROWS[0]
    assert found[0][1]["texts"]["clean"] == "cut short"


def images(folder: Path) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.jpg").write_bytes(b"jpeg")
    (folder / "b.png").write_bytes(b"png")
    return folder


def test_webdataset_has_image_text_and_json_under_one_key(tmp_path: Path) -> None:
    root = images(tmp_path / "root")
    done = export(write_run(tmp_path / "run"), "webdataset", tmp_path / "wds", images=root)
    with tarfile.open(tmp_path / "wds" / "shard-00000.tar") as shard:
        content = {m.name: shard.extractfile(m).read() for m in shard}  # type: ignore[union-attr]
    assert list(content) == [
        "000000000.jpg", "000000000.txt", "000000000.json",
        "000000001.png", "000000001.txt", "000000001.json",
    ]  # fmt: skip
    assert content["000000000.jpg"] == b"jpeg"
    assert content["000000001.txt"] == b"cut short"
    assert json.loads(content["000000000.json"])["texts"]["concept"] == ROWS[0].texts.concept
    assert json.loads((tmp_path / "wds" / "sizes.json").read_text()) == {"shard-00000.tar": 2}
    assert (done.counted.image_not_found, done.counted.without_image) == (1, 1)


def test_webdataset_without_any_image_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no image of the run is under"):
        export(write_run(tmp_path / "run"), "webdataset", tmp_path / "wds", images=tmp_path)


def test_webdataset_replaces_its_own_files_and_no_others(tmp_path: Path) -> None:
    run, root = write_run(tmp_path / "run"), images(tmp_path / "root")
    export(run, "webdataset", tmp_path / "wds", images=root)
    (tmp_path / "wds" / "shard-00007.tar").write_bytes(b"old")
    export(run, "webdataset", tmp_path / "wds", images=root)
    assert not (tmp_path / "wds" / "shard-00007.tar").exists()
    (tmp_path / "wds" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"holds other files \(mine.txt\)"):
        export(run, "webdataset", tmp_path / "wds", images=root)
    assert (tmp_path / "wds" / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize("fmt", sorted(FORMATS))
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, fmt: str) -> None:
    root = images(tmp_path / "root")
    written = []
    for number, part_size in enumerate((2, 3)):
        run = write_run(tmp_path / f"run{number}", part_size=part_size)
        out = tmp_path / f"out{number}"
        export(run, fmt, out, images=root)
        files = sorted(out.iterdir()) if out.is_dir() else [out]
        written.append([file.read_bytes() for file in files])
    # Parquet has a row group for each part, so there its rows are what must be the same.
    if fmt == "parquet":
        assert list(read_parquet(tmp_path / "out0")) == list(read_parquet(tmp_path / "out1"))
    else:
        assert written[0] == written[1]


def test_misuse_is_one_clear_line(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    with pytest.raises(UsageError, match="unknown format 'csv'; choose from: openclip-csv, web"):
        export(run, "csv", tmp_path / "x")
    with pytest.raises(UserError, match="holds no parts"):
        export(tmp_path, "jsonl", tmp_path / "x")
    with pytest.raises(UsageError, match="is a folder; jsonl writes a file"):
        export(run, "jsonl", run)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="webdataset writes a folder"):
        export(run, "webdataset", tmp_path / "file")
    with pytest.raises(OutputError):
        export(run, "jsonl", tmp_path / "file" / "x")
    (run / "parts" / "part-00001.jsonl").write_text("{torn")
    with pytest.raises(UserError, match=r"cannot read .*part-00001"):
        export(run, "jsonl", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_an_unfinished_run_is_said_to_be(tmp_path: Path) -> None:
    done = export(write_run(tmp_path / "run", complete=False), "jsonl", tmp_path / "x")
    assert str(done).endswith("the run is not finished")


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    export(write_run(tmp_path / "run"), "jsonl", tmp_path / "new" / "folder" / "x.jsonl")
    assert (tmp_path / "new" / "folder" / "x.jsonl").is_file()


LONG = " ".join(f"Sentence number {word} about a plaque." for word in ("one", "two", "six") * 9)


def test_a_caption_over_the_budget_goes_out_in_pieces() -> None:
    pieces = tuple(f"{piece}." for piece in LONG.rstrip(".").split(". "))
    row = StructuredCaption("a", LONG, texts=Texts(clean=LONG, subcaptions=pieces)).to_dict()
    assert training_texts(row, 77) == list(dict.fromkeys(pieces))
    start = truncated(row, 77)
    assert LONG.startswith(start)
    assert start.endswith(".")
    assert fits(start, 77)
    assert not fits(f"{start} {pieces[0]}", 77)


@given(st.text(max_size=200), st.integers(8, 77))
def test_the_text_of_a_failed_row_is_its_caption(caption: str, budget: int) -> None:
    row = failed_row(caption).to_dict()
    assert training_texts(row, budget) == ([one_line(caption)] if one_line(caption) else [])
    assert one_line(caption).startswith(truncated(row, budget))
    assert fits(truncated(row, budget), budget)


@given(st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_any_caption_survives_the_table(captions: list[str]) -> None:
    import tempfile

    rows = [failed_row(caption, f"{number}.jpg") for number, caption in enumerate(captions)]
    with tempfile.TemporaryDirectory() as folder:
        run = write_run(Path(folder) / "run", [*rows, ok_row()])
        export(run, "openclip-csv", Path(folder) / "pairs.csv")
        lines = read_table(Path(folder) / "pairs.csv", "\t")
    found = {line["filepath"]: line["title"] for line in lines}
    wanted = {row.image: one_line(row.caption) for row in rows}
    assert {k: v for k, v in found.items() if k in wanted} == {k: v for k, v in wanted.items() if v}


@pytest.mark.parametrize("write", ["jsonl", "parquet"])
def test_optional_keys_are_there_only_where_they_say_something(tmp_path: Path, write: str) -> None:
    rows = [
        ROWS[0].to_dict(),
        replace(
            ROWS[0], choices=("none",), refined_by="composed", refined_refusal="unsafe"
        ).to_dict(),
    ]
    PART_FORMATS[write].write(tmp_path / "part", rows)
    assert list(PART_FORMATS[write].read(tmp_path / "part")) == rows
    assert "refined_by" not in rows[0]
    assert rows[1]["choices"] == ["none"]
