"""Fixtures that several test modules share; the engine is built once for all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from ontology_graph import Linker, Ontology, load_default
from structurer.lexicon import LexiconLane

REPOSITORY = Path(__file__).resolve().parent.parent

# The benchmarks are scripts, which import each other by their folder.
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from development import ABSENT, DEVELOPMENT_GOLD, SHARED  # noqa: E402

# How long a case takes is the machine's business; what it finds is the test's.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def ontology() -> Ontology:
    """Return the packaged ontology."""
    return load_default()


@pytest.fixture(scope="session")
def linker(ontology: Ontology) -> Linker:
    """Return a linker over the packaged ontology."""
    return Linker(ontology)


@pytest.fixture(scope="session")
def lane(ontology: Ontology, linker: Linker) -> LexiconLane:
    """Return the lexicon lane over the packaged ontology."""
    return LexiconLane(ontology, linker)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of development data; skip where it is absent."""
    if not DEVELOPMENT_GOLD.is_file():
        pytest.skip(ABSENT)
    return SHARED
