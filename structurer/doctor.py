"""What an installation has, what it lacks, and what in it is known to clash."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

CORE: Final = (
    "pydantic",
    "spacy",
    "networkx",
    "obonet",
    "pandas",
    "pyarrow",
    "outlines",
    "llguidance",
    "rapidfuzz",
    "jinja2",
    "click",
    "rich",
)
EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "cpu": ("torch", "transformers", "accelerate", "gguf"),
    "vllm": ("vllm",),
    "server": ("openai",),
}
"""Extra to the packages it brings."""

_BESIDE_CPU_TORCH: Final = ("torchvision", "torchaudio", "torchcodec")
"""Built for CUDA; beside a CPU build of torch they break ``import transformers``."""

_FIRST_VLLM: Final = (0, 12)
"""Before it, vLLM ignores a request's grammar without a word."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``status`` is ok, note (something optional is not there), warn or fail."""

    name: str
    status: str
    detail: str
    advice: str | None = None


def checks() -> Iterator[Check]:
    """Yield the findings, most basic first; nothing heavy is imported and nothing changed."""
    yield _python()
    yield from _core()
    yield from _extras()
    yield from clashes()
    yield _ontology()
    yield _cache()
    yield _model()


def _python() -> Check:
    # An older Python never gets here: the package does not install on it.
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", "ok", f"{found} at {sys.executable}")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _core() -> Iterator[Check]:
    for name in CORE:
        found = _installed(name)
        if found is None:
            yield Check(name, "fail", "not installed", "pip install caption-structurer")
        else:
            yield Check(name, "ok", found)


def _extras() -> Iterator[Check]:
    for extra, names in EXTRAS.items():
        missing = [name for name in names if _installed(name) is None]
        have = ", ".join(f"{name} {_installed(name)}" for name in names if name not in missing)
        if missing:
            detail = f"not installed: {', '.join(missing)}"
            advice = f'pip install "caption-structurer[{extra}]" where it is wanted'
            yield Check(f"extra {extra}", "note", detail, advice)
        else:
            yield Check(f"extra {extra}", "ok", have)


def clashes() -> Iterator[Check]:
    """Yield the known clashes between installed packages that break the LLM lane."""
    torch = _installed("torch")
    beside = [name for name in _BESIDE_CPU_TORCH if _installed(name)]
    if torch and "+cpu" in torch:
        foreign = [name for name in beside if "+cpu" not in (_installed(name) or "")]
        if foreign:
            yield Check(
                "torch",
                "fail",
                f"{', '.join(foreign)} beside the CPU build {torch} breaks transformers",
                f"pip uninstall {' '.join(foreign)}",
            )
    vllm = _installed("vllm")
    if vllm and tuple(int(part) for part in vllm.split(".")[:2] if part.isdigit()) < _FIRST_VLLM:
        advice = 'pip install "vllm>=0.12"'
        yield Check("vllm", "fail", f"{vllm} ignores grammars without a word", advice)


def _ontology() -> Check:
    from ontology_graph import load_default

    try:
        onto = load_default()
    except Exception as error:  # whatever is wrong with it, the other checks go on
        return Check("ontology", "fail", f"{error}", "install caption-structurer again")
    return Check("ontology", "ok", f"{len(onto):,} terms, version {onto.version[:12]}")


def _cache() -> Check:
    from structurer.models import cache_root

    root = cache_root()
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        advice = "set STRUCTURER_CACHE to a folder that can be written"
        return Check("cache", "warn", f"{root}: {error.strerror}", advice)
    return Check("cache", "ok", str(root))


def _model() -> Check:
    from structurer.models import EMBEDDED_NAME, embedded_path

    found: Path | None = embedded_path()
    if found is None:
        advice = f"structurer model pull {EMBEDDED_NAME} (for --lane llm and both)"
        return Check("model", "note", f"{EMBEDDED_NAME} is not in the cache", advice)
    return Check("model", "ok", f"{EMBEDDED_NAME} in {found}")
