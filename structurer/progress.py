"""How far a run is: a bar with rate and time left on a terminal, a log line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from structurer.pipeline import Progress

LOG_EVERY = 10.0
"""Seconds between two log lines."""


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Return what shows progress on ``stream`` (standard error) in the way that suits it."""
    stream = stream or sys.stderr
    if stream.isatty():
        with _bar(stream) as bar:
            yield bar
    else:
        yield LogLines(stream)


class LogLines:
    """One line every :data:`LOG_EVERY` seconds; nothing for a run that is done before."""

    def __init__(self, stream: TextIO, every: float = LOG_EVERY) -> None:
        self._stream, self._every = stream, every
        self._total: int | None = None
        self._done = self._kept = 0
        self._began = self._said = time.monotonic()

    def start(self, total: int | None) -> None:
        """Begin to measure."""
        self._total = total
        self._began = self._said = time.monotonic()

    def advance(self, rows: int, *, kept: bool = False) -> None:
        """Add rows; kept ones count as progress but not towards the rate."""
        self._done += rows
        self._kept += rows if kept else 0
        now = time.monotonic()
        if now - self._said >= self._every:
            self._said = now
            print(self._line(now - self._began), file=self._stream, flush=True)

    def _line(self, seconds: float) -> str:
        rate = (self._done - self._kept) / seconds if seconds > 0 else 0.0
        line = f"{self._done:,} rows"
        if self._total:
            line += f" of about {max(self._total, self._done):,}"
        line += f", {rate:,.1f} rows/s"
        if self._total and rate > 0:
            left = max(self._total - self._done, 0) / rate
            line += f", about {_clock(left)} left"
        return line


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


@contextmanager
def _bar(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f} rows/s" if task.speed else "")

    columns = (
        TextColumn("structuring"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(file=stream), transient=True) as rich:
        task = rich.add_task("structuring", total=None)

        class Bar:
            def start(self, total: int | None) -> None:
                rich.reset(task, total=total)

            def advance(self, rows: int, *, kept: bool = False) -> None:
                rich.advance(task, rows)

        yield Bar()
