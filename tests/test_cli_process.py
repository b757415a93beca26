"""What only a process of its own can show: kills, interrupts, full disks, closed pipes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FAKE_CLI = [sys.executable, str(Path(__file__).parent / "fake_cli.py")]
PARTS = 12


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    rows = (f"{i},{i}.png,itchy red plaque number {i}\n" for i in range(PARTS * 10))
    path.write_text("id,image,caption\n" + "".join(rows))
    return path


def command(source: Path, out: Path, *flags: str) -> list[str]:
    return [*FAKE_CLI, "run", str(source), "-o", str(out), "--part-size", "10", *flags]


def result(run_dir: Path) -> dict[str, bytes]:
    files = [path for path in run_dir.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(run_dir)): path.read_bytes()
        for path in files
        if path.name != "timings.jsonl"
    }


def started(source: Path, out: Path, parts: int) -> subprocess.Popen[str]:
    """Start a slow run and return once it has written ``parts`` parts."""
    process = subprocess.Popen(
        command(source, out),
        env={**os.environ, "FAKE_DELAY": "0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(list((out / "parts").glob("part-*"))) < parts if out.exists() else True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


@pytest.fixture
def whole(source: Path, tmp_path: Path) -> dict[str, bytes]:
    """What an undisturbed run leaves."""
    subprocess.run(command(source, tmp_path / "whole"), check=True, capture_output=True)
    return result(tmp_path / "whole")


def test_killed_and_resumed(source: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    for parts in (2, 5):
        process = started(source, out, parts)
        process.kill()
        process.communicate()
    assert len(list((out / "parts").glob("part-*"))) < PARTS
    done = subprocess.run(command(source, out), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "from an earlier run" in done.stdout
    assert result(out) == whole


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_and_resumed(
    source: Path, tmp_path: Path, whole: dict[str, bytes], number: int, code: int
) -> None:
    out = tmp_path / "out"
    process = started(source, out, 2)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (code, "")
    (line,) = stderr.splitlines()
    assert line.startswith("structurer: error: interrupted; ")
    assert "run the same command again" in line
    subprocess.run(command(source, out), check=True, capture_output=True)
    assert result(out) == whole


def test_full_disk(source: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    """A limit on file sizes fails a write half-way, as a full disk does."""
    out = tmp_path / "out"

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    done = subprocess.run(
        command(source, out),
        preexec_fn=no_large_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "no space left; free some space and run the same command again" in line
    subprocess.run(command(source, out), check=True, capture_output=True)
    assert result(out) == whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device on this system")
def test_standard_output_is_full() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*FAKE_CLI, "extract", "red plaque"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "no space left" in line


def test_closed_pipe_is_quiet() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*FAKE_CLI, "ontology", "stats", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_help_is_quick() -> None:
    code = (
        "import sys; from structurer.cli import main; main(['--help']);"
        "print(sorted({'spacy', 'torch', 'pandas', 'pyarrow', 'pydantic', 'networkx'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "structurer", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("structurer, version ")
