"""Lets the lexicon lane read captions of one's own, to train a small model on what it found.

    python training/label.py OUT.jsonl CAPTIONS... [--without GOLD.jsonl ...] [--pieces 2]

The facts are the rules' and so are their errors: a model that learns them is a second reader of
the same school, not a judge of it. Captions that share a run of eight words with a gold caption are
left out. Rows are whole captions, up to what a model is shown at a time, and pieces of one to
three sentences, so that it also sees how a fact reads without what stands around it. The same
captions and seed give the same rows.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from eval.gold import load_gold
from structurer import Structurer
from structurer.cleaning import clean
from structurer.prompting import Example, ExampleFact
from structurer.readers import read_records
from structurer.records import StructuredCaption
from structurer.windows import WINDOW_WORDS, windows

_RUN: Final = 8
"""Words in a row that two captions may not share."""
_WORD: Final = re.compile(r"\w+")
_SENTENCE: Final = re.compile(r"[^.!?;]+(?:[.!?;]+|$)\s*")
_LEAST_WORDS: Final = 4
_BATCH: Final = 512


def runs(text: str) -> set[tuple[str, ...]]:
    """Return every run of eight words; of a shorter text, the text."""
    words = _WORD.findall(text.casefold())
    return {tuple(words[i : i + _RUN]) for i in range(max(1, len(words) - _RUN + 1))}


def texts(captions: Iterable[str], pieces: int, seed: int) -> Iterator[str]:
    """Yield the windows of each caption and so many pieces of each, none twice."""
    draw, seen = random.Random(seed), set[str]()
    for caption in captions:
        shown, _ = windows(0, clean(caption).text, 4 * WINDOW_WORDS)
        for window in shown:
            sentences = _SENTENCE.findall(window.text)
            found = [window.text.strip()]
            for _ in range(min(pieces, len(sentences) - 1)):
                first = draw.randrange(len(sentences))
                found.append("".join(sentences[first : first + draw.randint(1, 3)]).strip())
            for text in found:
                if len(text.split()) >= _LEAST_WORDS and text not in seen:
                    seen.add(text)
                    yield text


def example(text: str, row: StructuredCaption) -> Example:
    """Return what the lexicon lane found in ``text`` as a worked example, no fact twice."""
    facts = dict.fromkeys(
        ExampleFact(
            field=found.field,
            text=found.text,
            assertion=found.assertion,
            kind=found.name if found.field == "history" else None,
        )
        for found in row.mentions
    )
    return Example(caption=text, relevant=bool(row.relevant), facts=tuple(facts))


def labelled(captions: Sequence[str]) -> Iterator[Example]:
    """Yield each caption with its facts; what could not be read is left out."""
    lane = Structurer(lane="lexicon")
    for first in range(0, len(captions), _BATCH):
        batch = captions[first : first + _BATCH]
        for text, row in zip(batch, lane.structure(list(batch)), strict=True):
            if row.status == "ok":
                yield example(text, row)


def main() -> None:
    """Write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("captions", nargs="+")
    parser.add_argument("--without", action="append", default=[], metavar="GOLD")
    parser.add_argument("--pieces", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    kept_apart = [gold.caption for path in args.without for gold in load_gold(Path(path))]
    forbidden = set[tuple[str, ...]]().union(*map(runs, kept_apart))
    captions = [
        record.caption
        for record in read_records(args.captions)
        if record.problem is None and not runs(record.caption) & forbidden
    ]
    count = 0
    with args.out.open("w", encoding="utf-8") as file:
        for row in labelled(list(texts(captions, args.pieces, args.seed))):
            file.write(row.model_dump_json(exclude_defaults=True) + "\n")
            count += 1
    print(f"{count:,} rows of {len(captions):,} captions")


if __name__ == "__main__":
    main()
