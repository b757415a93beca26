"""The peers of the speed benchmark find whole words, and one that is missing says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import lexicon_speed
import matching_worker
import pytest


def worker(*peers: str) -> dict[str, dict[str, object]]:
    run = subprocess.run(
        [sys.executable, matching_worker.__file__, *peers],
        input=json.dumps({"names": ["psoriasis", "red"], "texts": ["Red psoriasis.", "bored"]}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_a_peer_is_measured() -> None:
    found = worker("spacy")["spacy"]
    assert found["found_per_caption"] == 1.0
    assert found["captions_per_second"] > 0


def test_a_peer_that_is_not_installed_says_so() -> None:
    assert "PackageNotFoundError" in str(worker("flashtext")["flashtext"]["not_measured"])


@pytest.mark.parametrize(
    ("text", "count"), [("red", 1), ("a red one", 1), ("bored", 0), ("reddish", 0), ("red.", 1)]
)
def test_names_inside_words_do_not_count(text: str, count: int) -> None:
    at = text.index("red")
    assert matching_worker.whole_words([(at, at + 3)], text) == count


def test_an_interpreter_that_cannot_run_is_told_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such thing >&2\nexit 3\n")
    broken.chmod(0o755)
    found = lexicon_speed.peers([str(broken)], ["red"], ["red"])
    assert list(found) == ["spacy"]
    assert "no such thing" in capsys.readouterr().err
