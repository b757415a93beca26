from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def write_gold(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, Any] | str) -> Path:
        path = tmp_path / "gold.jsonl"
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
