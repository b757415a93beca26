"""Which packages are installed, which are missing, and which are known to clash."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from structurer.backends.versions import DISTRIBUTIONS, REQUIREMENT, supports_grammars
from structurer.doctor.finding import Check

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
    "symspellpy",
    "jinja2",
    "click",
    "rich",
    "packaging",
)
EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "cpu": ("torch", "transformers", "accelerate", "gguf"),
    "vllm": ("vllm",),
    "server": ("openai",),
}
"""Extra to the packages it brings."""

_BESIDE_CPU_TORCH: Final = ("torchvision", "torchaudio", "torchcodec")
"""Built for CUDA; beside a CPU build of torch they break ``import transformers``."""


def package_checks() -> Iterator[Check]:
    """Yield what is to be said of Python, packages, ontology, cache and the embedded model."""
    yield _python()
    yield from _core()
    yield from _extras()
    yield from clashes()
    yield from _declared()
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


def _found(name: str) -> str | None:
    """Return ``name version`` of a package, under whichever name it was distributed."""
    for distribution in DISTRIBUTIONS if name == "vllm" else (name,):
        if (found := _installed(distribution)) is not None:
            return f"{distribution} {found}"
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
        found = {name: _found(name) for name in names}
        missing = [name for name in names if found[name] is None]
        if missing:
            detail = f"not installed: {', '.join(missing)}"
            advice = f'pip install "caption-structurer[{extra}]" where it is wanted'
            yield Check(f"extra {extra}", "note", detail, advice)
        else:
            yield Check(f"extra {extra}", "ok", ", ".join(map(str, found.values())))


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
    vllms = [name for name in DISTRIBUTIONS if _installed(name)]
    if len(vllms) > 1:
        both = " and ".join(vllms)
        advice = f"pip uninstall {' '.join(vllms)}, then install the one you want"
        yield Check("vllm", "fail", f"{both} overwrite each other's files", advice)
    for name in vllms:
        found = _installed(name) or ""
        if not supports_grammars(found):
            advice = f'pip install "{REQUIREMENT}"'
            yield Check("vllm", "fail", f"{name} {found} ignores grammars without a word", advice)


def _declared() -> Iterator[Check]:
    """Yield where an installed version is not one that a package beside it declares to take.

    As ``pip check``, for the packages that are used here; one that is missing is none of this.
    """
    held = broken = 0
    used = {"caption-structurer", *DISTRIBUTIONS, *CORE, *(n for e in EXTRAS.values() for n in e)}
    for owner in sorted(name for name in used if _installed(name)):
        for line in _requirements(owner):
            wanted = Requirement(line)
            found = _installed(wanted.name)
            if found is None or not _applies(wanted):
                continue
            if wanted.specifier.contains(found, prereleases=True):
                held += 1
                continue
            detail = f"{wanted.name} {found} is installed, and {owner} takes {wanted.specifier}"
            advice = f'pip install "{wanted.name}{wanted.specifier}"'
            broken += 1
            yield Check(wanted.name, "warn", detail, advice)
    if not broken:
        yield Check("versions", "ok", f"{held} declared ranges hold")


def _requirements(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def _applies(wanted: Requirement) -> bool:
    marker = wanted.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *EXTRAS))


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
