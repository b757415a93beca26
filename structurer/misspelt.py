"""Drugs' names with one letter wrong: "terbinafin", "cetrizine".

Each distinct word is looked at once, when a scan first meets it; the few that are such names
open a gate, so the words of other texts are not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from ontology_graph.guards import common_words
from structurer.gates import Gate
from structurer.patterns import word_list
from structurer.scan import Scan
from structurer.wordtable import WordTable

_DRUG_WORDS: Final = frozenset(word_list("drugs")) | (
    frozenset(word for drug in word_list("drugs") for word in re.split(r"[\s-]", drug))
    - common_words()
)
_DRUG_MIN: Final = 7
"""Letters of a drug's name in which one may be wrong."""


def _is_misspelt(word: str) -> bool:
    """Tell if a word is a drug's name with one letter wrong: "terbinafin", "cetrizine"."""
    if len(word) < _DRUG_MIN or not word.isalpha() or word in common_words():
        return False
    for name in _DRUGS_BY_START[word[:2]]:
        if word != name and OSA.distance(word, name, score_cutoff=1) == 1:
            return word + "s" != name and name + "s" != word
    return False


_DRUGS_BY_START: Final[WordTable[list[str]]] = WordTable(
    lambda start: sorted(
        word for word in _DRUG_WORDS if word[:2] == start and len(word) >= _DRUG_MIN
    )
)
MISSPELT: Final = Gate(_is_misspelt)
"""Open in texts that hold such a name."""


def misspelt_drugs(scan: Scan) -> Iterator[tuple[int, int]]:
    """Yield the spans of misspelt drugs' names."""
    tokens = scan.tokens
    for i, word in enumerate(tokens.lowered):
        if _is_misspelt(word):
            yield tokens.starts[i], tokens.ends[i]
