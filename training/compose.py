"""Composes captions whose facts are known, to train a small model on. No gold text is read.

    python training/compose.py OUT.jsonl [--rows 2000] [--seed 7]

A row is a worked example as prompts have them (:class:`structurer.prompting.Example`). Sentences
are in ``sentences.toml``; names of diseases, signs, symptoms and sites come from the ontology. The
same seed, sentences and ontology give the same rows.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ontology_graph import Ontology, load_default
from structurer.prompting import Example, ExampleFact

_SLOT: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SPACE: Final = re.compile(r"\s+")

# Slot -> branch of the ontology, and the families below it that fit the slot.
_BRANCHES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "disease": ("condition", ()),
    "symptom": ("symptom", ("skin sensation", "pain symptom", "constitutional symptom")),
    "site": ("body_site", ("head and neck", "upper limb", "lower limb", "trunk")),
    "lesion": ("concept", ("primary lesion",)),
    "secondary": ("concept", ("secondary change", "vascular sign")),
    "tint": ("concept", ("color",)),
    "texture": ("concept", ("texture",)),
    "shape": ("concept", ("shape", "size")),
    "arrangement": ("concept", ("arrangement", "distribution")),
    "border": ("concept", ("border",)),
    "nail": ("concept", ("nail sign",)),
    "dermoscopy": ("concept", ("dermoscopic structure",)),
}
_FIELDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "disease": ("diagnosis", None),
    "symptom": ("symptom", None),
    "site": ("body_site", None),
    "tone": ("skin_tone", None),
    "fitzpatrick": ("skin_tone", None),
    "nails": ("body_site", None),
    "age": ("age", None),
    "sex": ("sex", None),
    "child": ("sex", None),
    "duration": ("history", "duration"),
    "course": ("history", "course"),
    "past": ("history", "past_medical"),
    "treatment": ("history", "treatment"),
    "exposure": ("history", "exposure"),
}
_CONCEPT: Final = ("concept", None)
_LONGEST_NAME: Final = 4
_STYLES: Final = (("figure", 1, 3), ("case", 1, 4), ("post", 1, 4))
"""Kinds of text, with the least and the most sentences of a caption."""
_OFF_TOPIC_SHARE: Final = 0.12
_COMMON_SHARE: Final = 0.6
"""How often a slot that has common names gets one of them, and not any of the ontology."""
_LOWER_SHARE: Final = 0.2
_DIRECTION_SHARE: Final = 0.25
_DIRECTIONS: Final = ("left", "right", "both", "upper", "lower")


class Composer:
    """Draws captions. One random state: rows come in one order for a seed."""

    def __init__(self, ontology: Ontology, seed: int) -> None:
        self._random = random.Random(seed)
        text = (Path(__file__).resolve().parent / "sentences.toml").read_text(encoding="utf-8")
        data = tomllib.loads(text)
        self._sentences: Mapping[str, Sequence[str]] = data["sentences"]
        self._plain = frozenset(data["plain"])
        self._common: Mapping[str, Sequence[str]] = data["common"]
        self._fillers: dict[str, Sequence[str]] = {**data["facts"], **data["plain"]}
        for slot, (branch, families) in _BRANCHES.items():
            self._fillers[slot] = sorted(_names(ontology, branch, families))

    def rows(self, count: int) -> Iterator[Example]:
        """Yield so many captions, each with every one of its facts, in order."""
        while count:
            row = self._row()
            if row is not None:
                count -= 1
                yield row

    def _row(self) -> Example | None:
        draw = self._random
        if draw.random() < _OFF_TOPIC_SHARE:
            parts = list(self._filled(draw.choice(self._sentences["off_topic"])))
            return Example(caption="".join(text for text, _ in parts), relevant=False, facts=())
        kind, least, most = draw.choice(_STYLES)
        parts = []
        for sentence in draw.sample(self._sentences[kind], draw.randint(least, most)):
            parts += [*self._filled(sentence), (" ", None)]
        caption = "".join(text for text, _ in parts).strip()
        facts = [fact for _, fact in parts if fact is not None]
        if not facts:
            return None
        if draw.random() < _LOWER_SHARE:
            caption = caption.lower()
            facts = [fact.model_copy(update={"text": fact.text.lower()}) for fact in facts]
        return Example(caption=caption, relevant=True, facts=tuple(facts))

    def _filled(self, sentence: str) -> Iterator[tuple[str, ExampleFact | None]]:
        """Yield pieces of text, each with the fact that it is, if any."""
        at = 0
        for slot in _SLOT.finditer(sentence):
            yield sentence[at : slot.start()], None
            at = slot.end()
            name, assertion = slot[1], slot[2] or "present"
            text = self._random.choice(self._names_for(name))
            if name == "site" and self._random.random() < _DIRECTION_SHARE:
                text = f"{self._random.choice(_DIRECTIONS)} {text}"
            if slot.start() == 0 and text[0].islower():
                text = text[0].upper() + text[1:]
            if name in self._plain:
                yield text, None
                continue
            field, kind = _FIELDS.get(name, _CONCEPT)
            yield text, ExampleFact(field=field, text=text, assertion=assertion, kind=kind)
        yield sentence[at:], None

    def _names_for(self, slot: str) -> Sequence[str]:
        if slot in self._common and self._random.random() < _COMMON_SHARE:
            return self._common[slot]
        return self._fillers[slot]


def _names(ontology: Ontology, branch: str, families: Sequence[str]) -> Iterator[str]:
    """Yield names and exact synonyms as running text has them."""
    for form in ontology.surface_forms():
        path = ontology.path(form.node)
        if form.branch != branch or form.scope != "EXACT" or len(path) < 2:
            continue
        words = form.text.split()
        if (not families or path[0] in families) and len(words) <= _LONGEST_NAME:
            yield _SPACE.sub(" ", form.text)


def main() -> None:
    """Write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with args.out.open("w", encoding="utf-8") as file:
        for row in Composer(load_default(), args.seed).rows(args.rows):
            file.write(row.model_dump_json(exclude_defaults=True) + "\n")


if __name__ == "__main__":
    main()
