"""Worked examples of a prompt in the form that a model is to answer in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from structurer.answers import WRONG, Fact
from structurer.forms import Form
from structurer.prompting import Example, ExampleFact


def worked(example: Example, form: Form) -> str:
    """Return the reply to a worked example, its facts in the order of the caption."""
    if not form.reviews:
        return form.encode(_in_order(example, example.facts), example.relevant)
    known = {fact.text: fact for fact in _in_order(example, example.known)}
    facts = {fact.text: fact for fact in _in_order(example, example.facts)}
    changed = {text: fact for text, fact in facts.items() if known.get(text) != fact}
    changed.update({text: Fact(WRONG, text) for text in known if text not in facts})
    return form.encode(_sorted(example.caption, list(changed.values())), example.relevant)


def known_facts(example: Example, form: Form) -> str:
    """Return the facts that a reviewer is shown with a worked example, right and wrong ones."""
    return form.encode(_in_order(example, example.known)) if example.known else ""


def _in_order(example: Example, facts: Sequence[ExampleFact]) -> list[Fact]:
    stated = [Fact(f.field, f.text, f.assertion, f.kind) for f in facts]
    return _sorted(example.caption, stated)


def _sorted(caption: str, facts: Sequence[Fact]) -> list[Fact]:
    places = _places(caption, facts)
    return [facts[i] for i in sorted(range(len(facts)), key=places.__getitem__)]


def _places(caption: str, facts: Sequence[Fact]) -> list[int]:
    """Return where each fact starts: whole words, long facts first, each at a place of its own.

    "ear" is not the end of "year", and "plaque" not that of a "scaly plaque" that is a fact too.
    """
    places = [len(caption)] * len(facts)
    taken: list[tuple[int, int]] = []
    for i in sorted(range(len(facts)), key=lambda i: (-len(facts[i].text), i)):
        for found in re.finditer(rf"(?<!\w){re.escape(facts[i].text)}(?!\w)", caption):
            if all(found.end() <= start or end <= found.start() for start, end in taken):
                places[i] = found.start()
                taken.append(found.span())
                break
    return places
