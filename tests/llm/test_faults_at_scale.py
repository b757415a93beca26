"""Whole runs, each a process of its own, against a server in every kind of trouble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fault_server import BEHAVIOURS, CASES, MODEL, SLOW_CASES, FaultServer

ALL = {**CASES, **SLOW_CASES}
SLOW = [name for name, ((_, later), _, _) in ALL.items() if name in SLOW_CASES or later != "good"]
QUICK = [name for name in ALL if name not in SLOW]
ROWS = 3000


@dataclass(frozen=True)
class Ended:
    """How a process ended; memory in bytes at its peak, CPU time in seconds."""

    code: int
    memory: int
    cpu: float


def environment(server: FaultServer, **patience: object) -> dict[str, str]:
    given = {"URL": server.url, "CONCURRENCY": 32, "TIMEOUT": 3, "THRESHOLD": 10_000, **patience}
    settings = {f"STRUCTURER_SERVER_{name}": str(value) for name, value in given.items()}
    return {**os.environ, **settings, "NO_PROXY": "127.0.0.1"}


def start(source: Path, out: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    config = source.with_name("config.toml")
    config.write_text("llm_batch_size = 128\npart_size = 100\nllm_form = 'json'\n")
    flags = ["--lane", "llm", "--backend", "server", "--model", MODEL, "--config", str(config)]
    command = [sys.executable, "-m", "structurer", "run", str(source), "-o", str(out), *flags]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> Ended:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime)


def write(path: Path, rows: int, filling: str = "") -> Path:
    lines = (f"id{i},papule{i} on the arm{filling}\n" for i in range(rows))
    path.write_text("id,caption\n" + "".join(lines))
    return path


def rows_of(out: Path) -> Iterator[dict[str, Any]]:
    for part in sorted((out / "parts").iterdir()):
        yield from map(json.loads, part.read_text().splitlines())


def parts_of(out: Path) -> dict[str, bytes]:
    files = [*(out / "parts").iterdir(), out / "failures.jsonl", out / "summary.json"]
    return {path.name: path.read_bytes() for path in files}


def word(asked: str) -> str:
    return next(w for w in asked.split() if w.startswith("papule"))


def kind(i: int) -> str:
    """Return the case of row ``i``: the slow ones, which cost waiting, among the first 300."""
    if i < 300 and i % 50 == 7:
        return SLOW[i // 50 % len(SLOW)]
    return QUICK[i % len(QUICK)]


def test_every_behaviour_is_met():
    met = {behaviour for both, _, _ in ALL.values() for behaviour in both}
    assert met == set(BEHAVIOURS) - {"401", "404"}  # these end a run
    assert {kind(i) for i in range(500)} == set(ALL)


@pytest.mark.slow
def test_thousands_of_rows_end_once_each_and_as_they_should_in_bounded_memory(tmp_path):
    def plan(asked: str, times: int) -> str:
        first, later = ALL[kind(int(word(asked).removeprefix("papule")))][0]
        return later if times else first

    peaks = {}
    for rows in (500, ROWS):
        out = tmp_path / f"out{rows}"
        with FaultServer(plan) as server:
            source = write(tmp_path / f"{rows}.csv", rows, " " + "." * 4000)
            ended = finish(start(source, out, environment(server)))
        assert ended.code == 3
        assert ended.cpu < 60
        peaks[rows] = ended.memory
        expected = [ALL[kind(i)] for i in range(rows)]
        found = list(rows_of(out))
        assert [row["id"] for row in found] == [f"id{i}" for i in range(rows)]
        reasons = [row["failure"]["reason"] if row["status"] == "failed" else None for row in found]
        assert reasons == [reason for _, reason, _ in expected]
        texts = [[m["text"] for m in row["mentions"]] for row in found]
        assert texts == [[] if r else [f"papule{i}"] for i, r in enumerate(reasons)]
        ledger = [json.loads(line) for line in (out / "failures.jsonl").open()]
        failed = [(f"id{i}", reason) for i, reason in enumerate(reasons) if reason]
        assert [(row["id"], row["reason"]) for row in ledger] == failed
        asked = Counter({word(t): n for t, n in server.asked.items() if "papule" in t})
        assert asked == {f"papule{i}": times for i, (_, _, times) in enumerate(expected)}
        assert server.most_under_way <= 32
    # Kept captions or requests of the further rows would be 10 MB or more, and what is remembered
    # of each new word, in tables that have a limit, is some 6.
    assert peaks[ROWS] - peaks[500] < 14 << 20


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Return an input, and what a run over it leaves when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("calm")
    source = write(folder / "a.csv", 600)
    with FaultServer() as server:
        assert finish(start(source, folder / "out", environment(server))).code == 0
    return source, parts_of(folder / "out")


@pytest.mark.slow
def test_a_server_that_goes_down_in_the_middle_costs_a_run_nothing_but_time(tmp_path, calm):
    source, expected = calm
    out = tmp_path / "out"

    def plan(asked: str, times: int) -> str:
        if server.asked.total() > 250 and not outage:
            outage.append(server.asked.total())
            server.down = True
            threading.Timer(1.5, lambda: setattr(server, "down", False)).start()
        return "503" if server.down else "good"

    outage: list[int] = []
    with FaultServer(plan) as server:
        ended = finish(start(source, out, environment(server, THRESHOLD=4)))
        assert ended.code == 0
        assert outage
        assert 600 < server.asked.total() <= 600 + 3 * 32 + 2  # the breaker held the others back
    assert parts_of(out) == expected


@pytest.mark.slow
def test_a_run_that_was_killed_is_completed_by_another_to_the_same_bytes(tmp_path, calm):
    source, expected = calm
    out = tmp_path / "out"

    def plan(asked: str, times: int) -> str:
        time.sleep(0.02)
        return "good"

    with FaultServer(plan) as server:
        process = start(source, out, environment(server, CONCURRENCY=4))
        deadline = time.monotonic() + 120
        while len(list(out.glob("parts/part-*"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
        assert finish(process).code == -9
        before = len(list(out.glob("parts/part-*.jsonl")))
        assert 2 <= before < 6
        asked = server.asked.total()
        assert finish(start(source, out, environment(server))).code == 0
        # Two canaries, and the rows of unfinished parts; the last may not have been noted yet.
        assert server.asked.total() - asked <= 2 + 600 - 100 * (before - 1)
    assert parts_of(out) == expected
