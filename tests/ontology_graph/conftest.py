from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from minis import MINI

from ontology_graph import Linker, Ontology, load_default, load_ontology


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Ontology]:
    """Return a function from OBO text to an ontology."""

    def loader(text: str) -> Ontology:
        path = tmp_path / "test.obo"
        path.write_text(text, encoding="utf-8")
        return load_ontology(path)

    return loader


@pytest.fixture
def mini(load: Callable[[str], Ontology]) -> Ontology:
    return load(MINI)


@pytest.fixture
def mini_linker(mini: Ontology) -> Linker:
    return Linker(mini)


@pytest.fixture(scope="session")
def derm() -> Ontology:
    return load_default()


@pytest.fixture(scope="session")
def derm_linker(derm: Ontology) -> Linker:
    return Linker(derm)
