"""Find names in texts with other libraries: run by an interpreter that has some of them.

Reads one JSON object from standard input: "names" (lower case) and "texts". Writes one JSON
object: of each library its version, what it does, captions a second of CPU time and how many
names it found, or why it was not measured. Nothing of this project is imported.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

Find = Callable[[str], int]
"""From a caption to the number of names found in it."""

ROUNDS = 5
FEW = 200
"""Captions given to those that take milliseconds for each."""


def whole_words(found: Any, text: str) -> int:
    """Count the spans that neither begin nor end inside a word."""
    count, size = 0, len(text)
    for start, end in found:
        if (start == 0 or not text[start - 1].isalnum()) and (
            end == size or not text[end].isalnum()
        ):
            count += 1
    return count


def daachorse(names: Sequence[str]) -> Find:
    from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

    automaton = CharwiseDoubleArrayAhoCorasick(list(names), MATCH_KIND_LEFTMOST_LONGEST)

    def find(text: str) -> int:
        text = text.lower()
        return whole_words(((s, e) for s, e, _ in automaton.find(text)), text)

    return find


def pyahocorasick(names: Sequence[str]) -> Find:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for name in names:
        automaton.add_word(name, len(name))
    automaton.make_automaton()

    def find(text: str) -> int:
        text = text.lower()
        found = ((end + 1 - size, end + 1) for end, size in automaton.iter_long(text))
        return whole_words(found, text)

    return find


def ahocorasick_rs(names: Sequence[str]) -> Find:
    from ahocorasick_rs import AhoCorasick, MatchKind

    automaton = AhoCorasick(list(names), matchkind=MatchKind.LeftmostLongest)

    def find(text: str) -> int:
        text = text.lower()
        found = automaton.find_matches_as_indexes(text)
        return whole_words(((s, e) for _, s, e in found), text)

    return find


def flashtext(names: Sequence[str]) -> Find:
    from flashtext import KeywordProcessor

    processor = KeywordProcessor()
    for name in names:
        processor.add_keyword(name)
    return lambda text: len(processor.extract_keywords(text, span_info=True))


def flashtext2(names: Sequence[str]) -> Find:
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    for name in names:
        processor.add_keyword(name)
    return lambda text: len(processor.extract_keywords_with_span(text))


def spacy(names: Sequence[str]) -> Find:
    import spacy
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("name", list(nlp.tokenizer.pipe(names)))
    return lambda text: len(matcher(nlp.tokenizer(text)))


def gilda(names: Sequence[str]) -> Find:
    from gilda import Term
    from gilda.grounder import Grounder
    from gilda.ner import annotate
    from gilda.process import normalize

    terms = [
        Term(normalize(name), name, "DERM", str(i), name, "name", "derm")
        for i, name in enumerate(names)
    ]
    grounder = Grounder(terms)
    grounder.gilda_disambiguators = {}  # else it downloads models for gene names
    return lambda text: len(annotate(text, grounder=grounder))


def medspacy(names: Sequence[str]) -> Find:
    import medspacy
    from medspacy.target_matcher import TargetRule

    nlp = medspacy.load(
        medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
    )
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(name, "DERM") for name in names])
    return lambda text: len(nlp(text).ents)


PEERS: dict[str, tuple[Callable[[Sequence[str]], Find], str, int]] = {
    "daachorse": (daachorse, "names, whole words", 0),
    "pyahocorasick": (pyahocorasick, "names, whole words", 0),
    "ahocorasick_rs": (ahocorasick_rs, "names, whole words", 0),
    "flashtext2": (flashtext2, "names, whole words", 0),
    "flashtext": (flashtext, "names, whole words", 0),
    "spacy": (spacy, "tokens, names (PhraseMatcher)", 0),
    "gilda": (gilda, "names with spelling variants", FEW),
    "medspacy": (medspacy, "tokens, sentences, names, assertion (ConText)", FEW),
}
"""What each does, and how many captions it is given (0: all)."""


def measured(make: Callable[[Sequence[str]], Find], names: list[str], texts: list[str]) -> Any:
    """Return captions a second and the number of names, the best of some rounds."""
    started = time.process_time()
    find = make(names)
    build = time.process_time() - started
    for text in texts[:20]:
        find(text)
    best, count = float("inf"), 0
    for _ in range(ROUNDS):
        started = time.process_time()
        count = sum(find(text) for text in texts)
        best = min(best, time.process_time() - started)
    return {
        "captions_per_second": round(len(texts) / best),
        "found_per_caption": round(count / len(texts), 2),
        "build_seconds": round(build, 2),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    asked: dict[str, Any] = json.load(sys.stdin)
    answer: dict[str, Any] = {}
    out = os.dup(1)
    os.dup2(2, 1)  # libraries print what they like
    for name in sys.argv[1:] or PEERS:
        make, what, most = PEERS[name]
        try:
            version = importlib.metadata.version(name)
            texts = asked["texts"][: most or None]
            answer[name] = {"version": version, "does": what}
            answer[name].update(measured(make, asked["names"], texts))
        except Exception as error:
            answer[name] = {"not_measured": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    os.write(out, json.dumps(answer).encode())


if __name__ == "__main__":
    main()
