"""Worked examples of a prompt in the form that a model is to answer in."""

from __future__ import annotations

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
    ordered = sorted(changed.values(), key=lambda fact: example.caption.find(fact.text))
    return form.encode(ordered, example.relevant)


def known_facts(example: Example, form: Form) -> str:
    """Return the facts that a reviewer is shown with a worked example, right and wrong ones."""
    return form.encode(_in_order(example, example.known)) if example.known else ""


def _in_order(example: Example, facts: Sequence[ExampleFact]) -> list[Fact]:
    stated = sorted(facts, key=lambda fact: example.caption.find(fact.text))
    return [Fact(f.field, f.text, f.assertion, f.kind) for f in stated]
