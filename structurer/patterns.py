"""Pattern tables: word lists and short patterns, kept as rows of ``data/*.tsv``.

A row is ``name<TAB>pattern``; a pattern is a word, a phrase or a small regular expression.
Rows of one name make one alternation in the order of the file, so the longer of two
patterns that begin alike stands first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from structurer.rules import Rule, rule


def parse_patterns(lines: Iterable[str]) -> Mapping[str, str]:
    r"""Return name -> alternation (without brackets) for the rows of a table.

    Raises:
        ValueError: for a row without a tab or with a pattern that does not compile,
            naming its line.

    >>> parse_patterns(["# animals", "pet\tdogs?", "pet\tcats?"])["pet"]
    'dogs?|cats?'
    """
    rows: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=1):
        row = line.rstrip("\r\n")
        if not row.strip() or row.startswith("#"):
            continue
        name, tab, pattern = row.partition("\t")
        if not tab or not pattern.strip():
            raise ValueError(f"pattern line {number}: expected name<TAB>pattern: {row!r}")
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"pattern line {number}: {error}: {row!r}") from None
        rows.setdefault(name, []).append(pattern)
    return MappingProxyType({name: "|".join(patterns) for name, patterns in rows.items()})


@lru_cache(maxsize=8)
def patterns(table: str) -> Mapping[str, str]:
    """Return the alternations of a packaged table (``data/<table>.tsv``)."""
    text = (files("structurer") / "data" / f"{table}.tsv").read_text(encoding="utf-8")
    return parse_patterns(text.splitlines())


def words(table: str, name: str) -> Rule:
    """Return the rule that finds any row of a name as whole words, in any case."""
    return rule(rf"\b(?:{patterns(table)[name]})\b")


@lru_cache(maxsize=16)
def word_list(name: str) -> tuple[str, ...]:
    """Return the entries of a packaged list (``data/<name>.txt``), one a line."""
    lines = (files("structurer") / "data" / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
