from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from goldrows import CAPTION, gold_row, span

from eval.gold import GoldError, load_gold

ROOT = Path(__file__).resolve().parents[2]
WriteGold = Callable[..., Path]


def test_gold_rows_come_back_in_order_with_their_mentions(write_gold: WriteGold) -> None:
    rows = load_gold(write_gold(gold_row(), "", gold_row(id="b", mentions=[], relevant=None)))
    assert [row.id for row in rows] == ["a", "b"]
    assert rows[0].mentions[2].concept == "urticaria"
    assert CAPTION[rows[0].mentions[2].start : rows[0].mentions[2].end] == "hives"
    assert rows[1].relevant is None


def test_the_shipped_gold_is_valid() -> None:
    assert len(load_gold(ROOT / "examples" / "gold.jsonl")) >= 40


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{broken", "no valid JSON"),
        ("[1]", "a JSON object expected, found list"),
        (gold_row(extra=1), "extra: Extra inputs"),
        (gold_row(id=""), "id: "),
        (gold_row(relevant="yes"), "relevant: "),
        (gold_row(mentions=[{**span("woman", "sex", "female"), "start": 3}]), "is '4-year-old w"),
        (gold_row(mentions=[span("woman", "gender", "female")]), "field 'gender': choose one of"),
        (gold_row(mentions=[span("woman", "sex", "female", "denied")]), "assertion 'denied'"),
        (gold_row(mentions=[span("3 weeks", "history", "21 days")]), "history concept '21 days'"),
        (gold_row(), "id 'a' is already on line 1"),
    ],
)
def test_a_wrong_row_is_named_by_line(
    write_gold: WriteGold, row: dict[str, Any] | str, message: str
) -> None:
    path = write_gold(gold_row(), row)
    with pytest.raises(GoldError) as caught:
        load_gold(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_gold_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"cannot read gold file .*No such file"):
        load_gold(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(GoldError, match="no gold row in it"):
        load_gold(tmp_path / "empty.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(GoldError, match="not UTF-8"):
        load_gold(tmp_path / "latin.jsonl")
