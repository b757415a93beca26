from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structurer.errors import UserError
from structurer.inputs import fingerprint, resolve_inputs
from structurer.readers import ReadOptions, read_records
from structurer.records import CaptionRecord


def read(path: Path, **options: str) -> list[CaptionRecord]:
    return list(read_records([path], ReadOptions(**options)))


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(folder: Path, name: str, **columns: object) -> Path:
    pq.write_table(pa.table(columns), folder / name)
    return folder / name


def reason(record: CaptionRecord) -> str | None:
    return record.problem[0] if record.problem else None


@pytest.mark.parametrize("name", ["caption", "text", "truncated_caption", "title", "Caption"])
def test_caption_column_is_guessed(tmp_path: Path, name: str) -> None:
    (record,) = read(put(tmp_path, "a.csv", f"id,{name}\n7,red\n"))
    assert (record.id, record.caption, record.image) == ("7", "red", None)


@pytest.mark.parametrize("name", ["image", "filename", "filepath", "image_path"])
def test_image_column_is_guessed(tmp_path: Path, name: str) -> None:
    (record,) = read(put(tmp_path, "a.csv", f"{name},caption\nx.png,red\n"))
    assert record.image == "x.png"


def test_named_columns_win_over_guesses(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "id,caption,image,k,c,i\n1,no,no,K,C,I\n")
    (record,) = read(path, caption_column="c", image_column="i", id_column="k")
    assert (record.id, record.caption, record.image) == ("K", "C", "I")


def test_rows_of_all_formats_are_the_same(tmp_path: Path) -> None:
    rows = [("a", 'itchy, "red"\nplaque'), ("b", "naïve skin\ttype"), ("c", "tiny")]
    for suffix, delimiter in (("csv", ","), ("tsv", "\t")):
        with (tmp_path / f"x.{suffix}").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerows([("id", "caption"), *rows])
    lines = "".join(json.dumps({"id": i, "caption": c}) + "\n" for i, c in rows)
    put(tmp_path, "x.jsonl", lines)
    put(tmp_path, "x.jsonl.gz", gzip.compress(lines.encode()))
    table(tmp_path, "x.parquet", id=[i for i, _ in rows], caption=[c for _, c in rows])
    for name in ("x.csv", "x.tsv", "x.jsonl", "x.jsonl.gz", "x.parquet"):
        found = [(record.id, record.caption) for record in read(tmp_path / name)]
        assert found == rows, name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_byte_order_marks(tmp_path: Path, encoding: str, suffix: str) -> None:
    text = {"csv": "id,caption\n1,naïve\n", "jsonl": '{"id": "1", "caption": "naïve"}\n'}[suffix]
    (record,) = read(put(tmp_path, f"a.{suffix}", text.encode(encoding)))
    assert (record.id, record.caption, record.problem) == ("1", "naïve", None)


def test_named_encoding(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "caption\nnaïve\n".encode("cp1252"))
    assert read(path, encoding="cp1252")[0].caption == "naïve"
    assert reason(read(path)[0]) == "undecodable"


def test_undecodable_bytes_cost_one_row(tmp_path: Path) -> None:
    path = put(
        tmp_path, "a.csv", b"id,caption,note\n1,red \xff\xfe spot,x\n2,sound,\xff\n3,fine,y\n"
    )
    first, second, third = read(path)
    assert reason(first) == "undecodable"
    assert first.caption == "red \ufffd\ufffd spot"
    assert (second.problem, third.problem) == (None, None)


def test_undecodable_in_utf16(tmp_path: Path) -> None:
    body = "id,caption\n1,a".encode("utf-16") + b"\x00\xd8" + "b\n2,ok\n".encode("utf-16-le")
    first, second = read(put(tmp_path, "a.csv", body))
    assert (reason(first), second.caption, second.problem) == ("undecodable", "ok", None)


def test_lone_surrogate_escape_in_json(tmp_path: Path) -> None:
    (record,) = read(put(tmp_path, "a.jsonl", '{"id": 1, "caption": "red \\ud83d spot"}\n'))
    assert reason(record) == "undecodable"
    record.caption.encode()


def test_undecodable_in_parquet(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"ba\xffd"], pa.binary())
    column = pa.StringArray.from_buffers(2, raw.buffers()[1], raw.buffers()[2])
    first, second = read(table(tmp_path, "a.parquet", caption=column))
    assert (first.caption, first.problem) == ("good", None)
    assert (second.caption, reason(second)) == ("ba\ufffdd", "undecodable")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"id": 2, "caption": null}', "null_caption"),
        ('{"id": 2}', "null_caption"),
        ('{"id": 2, "caption": ""}', "empty_caption"),
        ('{"id": 2, "caption": " \\n "}', "empty_caption"),
        ('{"id": 2, "caption": 5}', "malformed_row"),
        ('{"id": 2, "caption": "cut', "malformed_row"),
        ('["caption"]', "malformed_row"),
        ("[" * 100_000, "malformed_row"),
        ('{"id": 1, "caption": "again"}', "duplicate_id"),
    ],
)
def test_bad_json_lines_cost_one_row(tmp_path: Path, line: str, expected: str) -> None:
    good = '{"id": 1, "caption": "first"}', '{"id": 3, "caption": "last"}'
    first, bad, last = read(put(tmp_path, "a.jsonl", f"{good[0]}\n{line}\n\n{good[1]}\n"))
    assert reason(bad) == expected
    assert [record.problem for record in (first, last)] == [None, None]
    assert (last.id, last.row) == ("3", 2)


@pytest.mark.parametrize(
    ("line", "expected", "caption"),
    [
        ("2,", "empty_caption", ""),
        ("2", "malformed_row", ""),
        ("2,red,extra", "malformed_row", "red"),
        ("2,red,,", None, "red"),
        ('2,"never closed', "malformed_row", "never closed"),
        ('2,"a ""quoted"" word\nand more"', None, 'a "quoted" word\nand more'),
        ("2,nul\x00byte", None, "nul\x00byte"),
        ("2," + "x" * 1_000_000, None, "x" * 1_000_000),
        ("1,again", "duplicate_id", "again"),
    ],
)
def test_odd_csv_rows_cost_one_row(
    tmp_path: Path, line: str, expected: str | None, caption: str
) -> None:
    path = put(tmp_path, "a.csv", f"id,caption\n1,first\n{line}\n3,last\n4,end\n")
    first, odd, last, end = read(path)
    assert (reason(odd), odd.caption) == (expected, caption)
    assert [(r.id, r.caption, r.problem) for r in (first, last, end)] == [
        ("1", "first", None),
        ("3", "last", None),
        ("4", "end", None),
    ]


def test_two_open_quotes_do_not_swallow_rows(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", 'id,caption\n1,"open\n2,fine\n3,"open too\n4,good\n')
    assert [record.caption for record in read(path)] == ["open", "fine", "open too", "good"]


def test_cell_over_the_limit_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structurer.delimited.FIELD_LIMIT", 1_000)
    before = csv.field_size_limit(1_000)
    try:
        path = put(tmp_path, "a.csv", f"id,caption\n1,{'x' * 2_000}\n2,fine\n")
        first, second = read(path)
    finally:
        csv.field_size_limit(before)
    assert (reason(first), second.caption) == ("malformed_row", "fine")


def test_duplicate_ids_mark_the_later_row(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "id,caption\n1,one\n2,two\n")
    put(tmp_path, "b.csv", "id,caption\n2,two again\n3,three\n")
    records = list(read_records([tmp_path]))
    assert [reason(record) for record in records] == [None, None, "duplicate_id", None]
    assert [record.row for record in records] == [0, 1, 2, 3]


def test_ids_without_a_column_are_stable_and_unique(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, "a.csv", "caption\nred\nblue\n")
    put(tmp_path, "b.csv", "id,caption\n,unnamed\n")
    ids = [record.id for record in read_records([tmp_path])]
    assert ids == ["b.csv:0", "one/a.csv:0", "one/a.csv:1", "two/a.csv:0", "two/a.csv:1"]


def test_semicolons_are_told(tmp_path: Path) -> None:
    (record,) = read(put(tmp_path, "a.csv", "id;caption\n1;red, itchy\n"))
    assert record.caption == "red, itchy"


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["red", None], pa.large_string()),
        pa.array(["red", None], pa.string()).dictionary_encode(),
        pa.array(["red", None], pa.string_view()),
        pa.array([b"red", None], pa.binary()),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_text_types(tmp_path: Path, column: pa.Array) -> None:
    image = pa.array([{"bytes": b"x", "path": "p.png"}, None])
    path = table(tmp_path, "a.parquet", caption=column, id=[5, 6], image=image)
    first, second = read(path)
    assert (first.id, first.caption, first.image) == ("5", "red", "p.png")
    assert (reason(second), second.image) == ("null_caption", None)


MISTAKES = {
    "missing file": ("nothing.csv", None, {}, "no such file or folder"),
    "empty file": ("a.csv", b"", {}, "is empty"),
    "only line breaks": ("a.csv", b"\n\n", {}, "no header row"),
    "no caption column": ("a.csv", b"id,words\n1,x\n", {}, "'words'; name one with"),
    "missing named column": ("a.csv", b"id,caption\n1,x\n", {"caption_column": "c"}, "'caption'"),
    "missing named image": ("a.jsonl", b'{"text": "x"}\n', {"image_column": "i"}, "'text'"),
    "no object at all": ("a.jsonl", b"red\nblue\n", {}, "no JSON object"),
    "unknown suffix": ("a.doc", b"x", {}, "expected one of"),
    "no Parquet": ("a.parquet", b"PAR1 or so", {}, "not a readable Parquet file"),
    "broken gzip": ("a.csv.gz", b"\x1f\x8bnot at all", {}, "broken gzip"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_say_what_and_where(tmp_path: Path, case: str) -> None:
    name, content, options, expected = MISTAKES[case]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert expected in message
    assert str(path) in message
    assert "\n" not in message


def test_truncated_gzip_is_an_error(tmp_path: Path) -> None:
    whole = gzip.compress(b"caption\n" + b"".join(b"row %d\n" % i for i in range(50_000)))
    with pytest.raises(UserError, match="broken gzip"):
        read(put(tmp_path, "a.csv.gz", whole[: len(whole) // 2]))


def test_parquet_with_another_type_or_schema(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds int64, not text"):
        read(table(tmp_path, "a.parquet", caption=[1, 2]))
    table(tmp_path, "a.parquet", caption=["red"])
    table(tmp_path, "b.parquet", words=["red"])
    with pytest.raises(UserError, match=r"b\.parquet: no caption column"):
        read_records([tmp_path])


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file to read"):
        read_records([tmp_path])


def test_reading_is_streamed(tmp_path: Path) -> None:
    text = "some words of a caption " * 20
    with (tmp_path / "a.csv").open("w") as stream:
        stream.write("id,caption\n")
        stream.writelines(f"{i},{text}\n" for i in range(40_000))
    size = (tmp_path / "a.csv").stat().st_size
    tracemalloc.start()
    count = sum(1 for _ in read_records([tmp_path / "a.csv"]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000
    assert peak < size / 2


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_whatever_csv_wrote_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([("image", "caption"), *rows])
    path.write_bytes(buffer.getvalue().encode())
    assert [(r.image or "", r.caption) for r in read(path)] == rows


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_rows_or_in_a_user_error(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for name, head in (("a.csv", b"id,caption\n"), ("a.jsonl", b'{"caption": "x"}\n')):
        for record in read(put(folder, name, head + body)):
            json.dumps([record.id, record.caption, record.image], ensure_ascii=False).encode()


def test_row_estimate_counts_rows_and_no_quoted_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [("id", "caption"), *((i, 'a\n"b"\nc') for i in range(50_000))]
        )
    (file,) = resolve_inputs([path])
    assert fingerprint(file).lines == 50_001
    assert sum(1 for _ in read_records([path])) == 50_000
