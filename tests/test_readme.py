"""What the README shows is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from structurer import Structurer

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_readme_says() -> None:
    caption = re.search(r'^caption = "(.+?)"', README, re.M)
    assert caption is not None
    (row,) = Structurer(lane="lexicon").structure([caption[1]])
    shown = re.findall(r"\('(\w+)', '([^']+)', '([^']+)', '(\w+)'\)", README)
    assert [(m.field, m.text, m.name, m.assertion) for m in row.mentions] == shown
    assert row.texts.refined is not None
    assert row.texts.refined in README


@pytest.mark.parametrize("name", re.findall(r"\]\(([\w/]+\.(?:md|png))\)", README))
def test_every_file_it_points_to_is_there(name: str) -> None:
    assert (REPOSITORY / name).is_file()


def test_every_command_it_shows_exists() -> None:
    from structurer.cli import cli

    shown = set(re.findall(r"^structurer (\w+)", README, re.M))
    assert shown
    assert shown <= set(cli.commands)
