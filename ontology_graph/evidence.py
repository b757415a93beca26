"""What speaks for the kind of a disease: benign, malignant, or caused by which agent.

Three witnesses: the words of the term's names, its codes, and the place of the same name in
the ontology of this package. They are heard in this order, and a contradiction between the
first two is no evidence at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ontology_graph.lexicon import word_set, words
from ontology_graph.model import Term

if TYPE_CHECKING:
    from ontology_graph.graph import Ontology
    from ontology_graph.linker import Linker

Kinds = frozenset[str]

BENIGN: Final = "benign"
MALIGNANT: Final = "malignant"

GROUP_WORDS: Final[dict[str, frozenset[str]]] = {
    BENIGN: word_set("benign nonmalignant"),
    MALIGNANT: word_set("malignant cancer malignancy"),
    "bacterial": word_set("bacterial"),
    "viral": word_set("viral"),
    "fungal": word_set("fungal mycotic"),
    "parasitic": word_set("parasitic infestation"),
}
"""Kind -> words in the name of a group that put everything below it into that kind."""

CONTRARY: Final[frozenset[frozenset[str]]] = frozenset(
    frozenset(pair.split("/"))
    for pair in word_set(
        """
        benign/malignant malignant/bacterial malignant/fungal malignant/parasitic
        bacterial/viral bacterial/fungal bacterial/parasitic viral/fungal viral/parasitic
        fungal/parasitic
        """
    )
)
"""Kinds that exclude each other. Malignant and viral do not: viruses cause cancers."""

_NEGATION: Final = word_set("non not pre")

_MALIGNANT_WORD: Final = re.compile(
    r"(?!pseudo|para)(?:\w*(?:carcinoma|sarcoma|lymphoma|melanoma|leukemia|myeloma)|metastas[ie]s"
    r"|metastatic)"
)
_BENIGN_WORD: Final = re.compile(
    r"nevus|cyst|wart|milium|acrochordon|\w*(?:lipoma|angioma|papilloma|fibroma|hamartoma|leiomyoma"
    r"|osteoma|chondroma|syringoma|schwannoma|(?<!carcino)adenoma|hydrocystoma)"
)
_MALIGNANT_NAMES: Final = ("mycosis fungoides", "sezary", "paget disease", "lentigo maligna")
_STATED: Final[dict[str, frozenset[str]]] = {
    BENIGN: word_set("benign"),
    MALIGNANT: word_set("malignant malignancy invasive metastatic cancer"),
}
"""Adjectives that outweigh the noun: a malignant blue nevus is malignant."""

_GROWTH: Final = word_set("neoplasm tumor cancer malignancy proliferation lesion growth")
"""Nouns that such an adjective must stand with: a malignant pustule is anthrax."""

_CUT: Final = word_set("of in with from ex arising on due mimicking resembling")
"""What follows these words describes the disease and does not name it."""

_NO_EVIDENCE: Final = word_set("syndrome mimic risk history pseudomelanoma")

_CODES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"ICD10(?:CM)?:(?:C\d|D0)"), MALIGNANT),
    (re.compile(r"ICD10(?:CM)?:D(?:[12]\d|3[0-6])"), BENIGN),
    (re.compile(r"ICDO:(?:M-?)?\d{4}/[236]"), MALIGNANT),
    (re.compile(r"ICDO:(?:M-?)?\d{4}/0"), BENIGN),
)
"""Chapters of ICD-10 (C: malignant, D00-D09: in situ, D10-D36: benign) and the behaviour
digit of ICD-O."""


def affirmed(name: str) -> frozenset[str]:
    """Return the normalised words of a name that no "non" or "pre" stands before.

    >>> sorted(affirmed("Non-malignant tumours"))
    ['non', 'tumor']
    """
    tokens = words(name)
    return frozenset(
        token
        for place, token in enumerate(tokens)
        if place == 0 or tokens[place - 1] not in _NEGATION
    )


@lru_cache(maxsize=1 << 14)
def kinds_of_group(name: str) -> Kinds:
    """Return the kinds that a group of this name puts its members into.

    >>> sorted(kinds_of_group("bacterial and viral infections"))
    ['bacterial', 'viral']
    """
    said = affirmed(name)
    return frozenset(kind for kind, marks in GROUP_WORDS.items() if said & marks)


def kinds_by_words(name: str) -> Kinds:
    """Return ``{"benign"}`` or ``{"malignant"}`` where the name itself says so, else nothing.

    The last noun decides, unless an adjective states the behaviour.

    >>> [sorted(kinds_by_words(n)) for n in ("nevoid melanoma", "blue naevus", "psoriasis")]
    [['malignant'], ['benign'], []]
    >>> sorted(kinds_by_words("malignant blue nevus"))
    ['malignant']
    """
    tokens = words(name)
    stop = next((n for n, token in enumerate(tokens) if token in _CUT and n), len(tokens))
    tokens = tokens[:stop]
    if not tokens or tokens[-1] in _NO_EVIDENCE:
        return frozenset()
    said = affirmed(" ".join(tokens))
    stated = {kind for kind, marks in _STATED.items() if said & marks}
    if stated and any(_is_growth(token) for token in tokens):
        return frozenset(stated) if len(stated) == 1 else frozenset()
    if any(known in " ".join(tokens) for known in _MALIGNANT_NAMES):
        return frozenset({MALIGNANT})
    for token in reversed(tokens):
        if _MALIGNANT_WORD.fullmatch(token):
            return frozenset({MALIGNANT})
        if _BENIGN_WORD.fullmatch(token):
            return frozenset({BENIGN})
    return frozenset()


def _is_growth(token: str) -> bool:
    return token in _GROWTH or bool(
        _MALIGNANT_WORD.fullmatch(token) or _BENIGN_WORD.fullmatch(token)
    )


def kinds_by_codes(xrefs: Iterable[str]) -> Kinds:
    """Return the kinds that the codes of a term state.

    >>> sorted(kinds_by_codes(["ICD10CM:C43.9", "DOID:1909"]))
    ['malignant']
    """
    xrefs = tuple(xrefs)
    return frozenset(kind for mark, kind in _CODES if any(mark.match(xref) for xref in xrefs))


def own_kinds(term: Term) -> Kinds:
    """Return what the term itself says, by name, exact synonyms and codes; one kind or none.

    >>> sorted(own_kinds(Term("X:1", "Kaposi sarcoma", "condition", xrefs=("ICD10CM:C46.0",))))
    ['malignant']
    """
    said = kinds_by_words(term.name)
    if not said:
        texts = [synonym.text for synonym in term.synonyms if synonym.scope == "EXACT"]
        said = frozenset[str]().union(*(kinds_by_words(text) for text in texts))
    said |= kinds_by_codes(term.xrefs)
    return said if len(said) == 1 else frozenset()


@lru_cache(maxsize=1)
def _reference() -> tuple[Ontology, Linker]:
    from ontology_graph.linker import Linker
    from ontology_graph.loaders import load_default

    ontology = load_default()
    return ontology, Linker(ontology)


def known_node(name: str) -> str | None:
    """Return the condition of this package's ontology that has the name, by no guess."""
    link = _reference()[1].link(name, "condition")
    # A link without "the left" or by a part of the phrase is a broader term, not this one.
    same = link.match in ("exact", "normalised") and " without " not in link.reason
    return link.node if same and link.score > _SURE else None


_SURE: Final = 0.9


def known_kinds(name: str) -> Kinds:
    """Return the kinds of the groups above the same name in this package's ontology."""
    node = known_node(name)
    if node is None:
        return frozenset()
    ontology, _ = _reference()
    return kinds_above(ontology, node)


def kinds_above(onto: Ontology, node: str) -> Kinds:
    """Return the kinds of the groups above a term."""
    above = (onto.term(i).name for i in onto.ancestors(node) if i in onto)
    return frozenset[str]().union(*(kinds_of_group(name) for name in above))


def evidence(term: Term) -> Kinds:
    """Return what is known of a term's kind: its own words and codes, else the ontology here."""
    return own_kinds(term) or known_kinds(term.name)


def contrary(ones: Kinds, others: Kinds) -> bool:
    """Return whether the kinds exclude each other: none in common, and some pair contrary.

    >>> contrary(frozenset({"malignant"}), frozenset({"bacterial"}))
    True
    >>> contrary(frozenset({"malignant"}), frozenset({"viral"}))
    False
    """
    if ones & others:
        return False
    return any(frozenset((one, other)) in CONTRARY for one in ones for other in others)
