from __future__ import annotations

import io
import re

import pytest

from structurer import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_lines_say_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("structurer.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    lines = progress.LogLines(stream)
    lines.start(10_000)
    lines.advance(2_000, kept=True)
    now[0] += 9
    lines.advance(500)
    assert stream.getvalue() == ""
    now[0] += 1
    lines.advance(500)
    assert stream.getvalue() == "3,000 rows of about 10,000, 100.0 rows/s, about 0:01:10 left\n"


def test_unknown_total_has_no_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("structurer.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    lines = progress.LogLines(stream, every=1)
    lines.start(None)
    now[0] = 2
    lines.advance(5)
    assert stream.getvalue() == "5 rows, 2.5 rows/s\n"


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress.shown(stream) as bar:
        bar.start(8)
        for _ in range(4):
            bar.advance(2)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "8/8" in text


def test_elsewhere_a_quick_run_says_nothing() -> None:
    stream = io.StringIO()
    with progress.shown(stream) as lines:
        lines.start(8)
        lines.advance(8)
    assert stream.getvalue() == ""
