"""One key for one concept, however it is written.

Gold files name concepts in words and the engine links mentions to nodes, so both go through
the same look-up: "hives" and "urticaria" are one fact, "eczema" and "chronic eczema" are not.
"""

from __future__ import annotations

from typing import Final

from ontology_graph import Linker, Ontology, load_default
from ontology_graph.lexicon import normalise
from structurer.records import Mention
from structurer.schema import FIELDS
from structurer.values import number_text, parse_age, parse_sex, parse_skin_tone

from .gold import GoldMention

SAME_THING: Final = frozenset({"exact", "case", "normalised", "joined", "order", "head"})
"""Ways of the linker that change only how a name is written. The others leave out a
qualifier, take a part, or guess at a typo: their answer may be another concept."""

_BRANCHES: Final = {spec.name: spec.branch for spec in FIELDS}


class ConceptKeys:
    """Maps gold concepts and predicted mentions to comparable keys."""

    def __init__(self, ontology: Ontology | None = None) -> None:
        self._ontology = ontology or load_default()
        self._linker = Linker(self._ontology)
        self._known: dict[tuple[str, str], str] = {}

    def of_gold(self, mention: GoldMention) -> str:
        """Return the key of an annotated mention: a node id, a typed value, or words."""
        return self._key(mention.field, mention.concept)

    def of_prediction(self, mention: Mention) -> str:
        """Return the key of a predicted mention.

        A node in the field's branch is its own key; otherwise the typed value, the name or
        the text decides, in this order.
        """
        # A range of tones has more than one node, so its value decides.
        if mention.node is not None and _BRANCHES.get(mention.field) not in (None, "skin_tone"):
            return mention.node
        if mention.field == "history":
            return normalise(mention.name or mention.text)
        stated = mention.name if mention.value is None else mention.value
        if isinstance(stated, (int, float)):
            stated = number_text(stated)
        return self._key(mention.field, stated or mention.text)

    def label(self, key: str) -> str:
        """Return a key in words: the name of a node, anything else as it is."""
        return self._ontology.term(key).name if key in self._ontology.graph else key

    def _key(self, field: str, text: str) -> str:
        known = self._known.get((field, text))
        if known is None:
            known = self._known[field, text] = self._find(field, text)
        return known

    def _find(self, field: str, text: str) -> str:
        if field == "age":
            years, group = parse_age(text)
            return number_text(years) if years is not None else group or normalise(text)
        if field == "sex":
            return parse_sex(text) or normalise(text)
        if field == "skin_tone":
            tone = parse_skin_tone(text)
            if tone is not None and tone.low is not None and tone.low != tone.high:
                return f"{tone.scale} {tone.low}-{tone.high}"
            if tone is not None and tone.low is not None:
                return f"{tone.scale} {tone.low}"
            return tone.text if tone is not None else normalise(text)
        branch = _BRANCHES.get(field)
        if branch is None:
            return normalise(text)
        for scored in self._linker.candidates(text, branch):
            form = scored.candidate.form
            if scored.candidate.way in SAME_THING and form.scope == "EXACT":
                return form.node
        return normalise(text)
