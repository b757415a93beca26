"""Broader readings of a phrase: the terms that a part of it stands for.

A phrase such as "cafe-au-lait skin spots on the back and lower abdomen" is cut into
segments at prepositions, conjunctions and punctuation; a part is a run of words, or the
words of a known form with at most :data:`MAX_GAP` others between them. What is negated
("without scale") gives no part. Each candidate says which share of the phrase's weight it
covers, whether it holds the head noun and how far back it stands; the linker weighs that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ontology_graph import candidates as ways
from ontology_graph.candidates import Candidate, Phrase
from ontology_graph.index import STOP_WORDS, Index
from ontology_graph.lexicon import word_set, words

BOUNDARIES: Final[frozenset[str]] = word_set(
    """
    on in at to with for from over after before during by near around under above below behind
    involving affecting associated due since and or but along across through between within
    following secondary including
    """
)
"""Normalised words that end a segment; "of" does not: "ulcer of the leg" is one thing."""

NEGATIONS: Final[frozenset[str]] = word_set(
    "no not without absence absent lack lacking negative never denies denied normal free"
)
"""Normalised words after which, in their segment, nothing is stated."""

INNER_ORGANS: Final[frozenset[str]] = word_set(
    """
    pulmonary lung hepatic liver renal kidney cardiac heart coronary myocardial aortic mitral
    gastric stomach duodenal intestinal bowel colonic colon esophageal peptic pancreatic splenic
    adrenal pituitary cerebral brain intracranial subarachnoid subdural cerebellar retinal optic
    ovarian uterine endometrial prostatic prostate bladder ureteral tonsillar tonsil tracheal
    bronchial pleural peritoneal mediastinal trigeminal sciatic lumbar vertebral spinal femoral
    cochlear biliary gallbladder meningeal valvular ventricular atrial portal disc tendon
    ligament meniscal
    """
)
"""Normalised words that place a finding inside the body: it is none of the skin then."""

MAX_GAP: Final = 2
"""Words that may stand between the words of one form."""

_PUNCTUATION: Final = re.compile(r"[,;:.()\[\]]+")


def segments(text: str) -> list[list[str]]:
    """Return the normalised words of a phrase, cut where one thing ends and the next begins.

    >>> segments("Scaly plaques of the scalp, with itch on both elbows")
    [['scaly', 'plaque', 'of', 'the', 'scalp'], ['itch'], ['both', 'elbow']]
    >>> segments("papule without scale")
    [['papule']]
    """
    found: list[list[str]] = []
    for piece in _PUNCTUATION.split(text):
        current: list[str] = []
        negated = False
        for token in words(piece):
            if token in BOUNDARIES:
                found.append(current)
                current, negated = [], False
            elif token in NEGATIONS:
                negated = True
            elif not negated:
                current.append(token)
        found.append(current)
    return [tokens for tokens in found if tokens]


def broader(phrase: Phrase, index: Index) -> Iterator[Candidate]:
    """Yield the forms that a part of the phrase stands for, each with what it covers."""
    cut = segments(phrase.text)
    total = sum(index.weight(token) for tokens in cut for token in _content(tokens))
    if not total or sum(map(len, cut)) > 4 * ways.MAX_WORDS:
        return
    for place, tokens in enumerate(cut):
        head = _head(tokens)
        is_sign = not ways.FINDINGS.isdisjoint(tokens)
        for hit, part in _parts(phrase, tokens[: ways.MAX_WORDS], index):
            if is_sign and hit.form.branch == "body_site":
                continue
            if not INNER_ORGANS.isdisjoint(set(tokens).difference(part)):
                continue
            covered = sum(index.weight(token) for token in _content(part))
            yield Candidate(
                hit.form,
                "broader",
                hit.distance,
                note=" ".join(part),
                coverage=min(1.0, covered / total),
                head=head in part,
                place=place,
            )


def _content(tokens: Sequence[str]) -> list[str]:
    return [
        token
        for token in tokens
        if token not in STOP_WORDS and (token not in ways.QUALIFIERS or token in ways.FINDINGS)
    ]


def _head(tokens: Sequence[str]) -> str:
    """Return the last word before "of": English puts the thing itself there."""
    end = next((i for i, t in enumerate(tokens) if t == "of" and i), len(tokens))
    return tokens[end - 1]


def _parts(
    phrase: Phrase, tokens: Sequence[str], index: Index
) -> Iterator[tuple[Candidate, Sequence[str]]]:
    for size in range(len(tokens), 0, -1):
        for start in range(len(tokens) - size + 1):
            run = tokens[start : start + size]
            if run[0] in STOP_WORDS or run[-1] in STOP_WORDS:
                continue
            for hit in _stands_for(phrase, run, index):
                yield hit, run
    for form, part in index.within(tokens, MAX_GAP):
        yield Candidate(form, "order"), part


def _stands_for(phrase: Phrase, run: Sequence[str], index: Index) -> Iterator[Candidate]:
    """Yield what a run means; an abbreviation only where the phrase has it in its own case."""
    for hit in ways.safely(Phrase.of(run), index):
        if hit.form.kind != "abbreviation" or hit.form.text in phrase.text:
            yield hit
