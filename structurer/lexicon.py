"""The lexicon lane: ontology names, patterns and cues; no model.

Order: tokens -> names -> the rules that drop a name which means something else here ->
demographics and history -> assertion -> mentions with offsets into the original caption.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from ontology_graph import Linker, Ontology
from ontology_graph.building import uncollected
from structurer.abbreviations import meant
from structurer.assertion import CaptionAssertions
from structurer.cleaning import CleanText
from structurer.context import Reading, contextual
from structurer.demographics import find_age, find_sex
from structurer.gates import Gate
from structurer.history import find_history
from structurer.historyspans import HistorySpan
from structurer.instructions import instruction_spans
from structurer.matcher import KnownWord, OntologyMatcher
from structurer.nodes import NODES, swollen_nodes
from structurer.patterns import word_list
from structurer.readings import Readings, burn_is_felt, off_the_scalp
from structurer.records import Mention
from structurer.relevance import microscopy_spans
from structurer.runons import RunOns
from structurer.scan import Scan, Vocabulary
from structurer.sites import place_of
from structurer.skintone import find_skin_tone
from structurer.tokens import Span, Tokens, tokenize
from structurer.valueclass import valueclass

# A word for the want of a symptom marks the symptom, negated.
_INVERSE: Final = {
    "afebrile": "fever",
    "painless": "pain",
    "non-tender": "tenderness",
    "non-pruritic": "pruritus",
}
# Diagnoses that a pathologist also sees as a detail: "keratin cysts in the dermis".
_SMALL_LESIONS: Final = frozenset({"cyst", "abscess", "granuloma", "lymphocytic infiltrate"})
_DANDRUFF: Final = Gate("dandruff".__eq__)
_PLACE: Final = attrgetter("start", "end", "field")
_SCORES: Final = {"exact": 1.0, "normalised": 0.98, "fuzzy": 0.85}


# A scanner reads letters as digits: "papu1es", "les1on".
_MISREAD: Final = Gate(frozenset("015").__contains__)
_MISREAD_WORD: Final = re.compile(r"\b[A-Za-z][a-z]+[015][a-z]{2,}\b")
_LETTERS: Final = str.maketrans("015", "ols")


_BESIDE_NAMES: Final = frozenset({"past_medical", "family", "exposure", "course"})


@valueclass
class _Raw:
    """A found span of tokens before assertion: what it is and how it was met."""

    field: str
    first: int
    last: int
    node: str
    name: str
    path: tuple[str, ...]
    match: str
    absent: bool = False


def read(clean: CleanText, vocabulary: Vocabulary | None = None) -> Scan:
    """Return a cleaned caption as tokens, with what each may be to rules and cues.

    With the vocabulary of a lane also what each may be in names.
    """
    cuts = [panel.start for panel in clean.panels] if clean.panels else ()
    breaks = clean.line_breaks()
    scan = Scan(tokenize(clean.text, breaks, cuts), vocabulary)
    if _MISREAD.is_open(scan):
        text = _MISREAD_WORD.sub(_as_letters, clean.text)
        if text != clean.text:
            return Scan(tokenize(text, breaks, cuts), vocabulary)
    return scan


def _as_letters(match: re.Match[str]) -> str:
    return match.group().translate(_LETTERS)


class LexiconLane:
    """Finds mentions by name, pattern and cue. Build once; ``extract`` is a pure function."""

    @uncollected()
    def __init__(self, ontology: Ontology, linker: Linker | None = None) -> None:
        self._ontology = ontology
        self._linker = linker or Linker(ontology)
        self._matcher = OntologyMatcher(ontology, word_list("decoys"))
        self._run_ons = RunOns(self._matcher.single_words)
        self._vocabulary = Vocabulary(self._known)
        self._readings = Readings(ontology, self._linker)
        self._paths = {term.id: ontology.path(term.id) for term in ontology.terms()}
        self._names = {term.id: term.name for term in ontology.terms()}
        self._sites = {term.name: term.id for term in ontology.terms("body_site")}
        self._symptoms = {term.name: term.id for term in ontology.terms("symptom")}

    def read(self, clean: CleanText) -> Scan:
        """Return a cleaned caption as tokens, with what each may be to rules, cues and names."""
        scan = read(clean, self._vocabulary)
        tokens = self._run_ons.cut(scan.tokens)
        return scan if tokens is scan.tokens else Scan(tokens, self._vocabulary)

    def _known(self, word: str) -> KnownWord | None:
        known = self._matcher.known(word)
        if known is None or known.typo:
            self._run_ons.note(word)
        return known

    def extract(self, clean: CleanText, scan: Scan | None = None) -> list[Mention]:
        """Return the mentions of one caption in text order, offsets into the original.

        ``scan`` is :meth:`read` of the caption, where the caller has it already; one made
        without this lane's names is made again.
        """
        if scan is None or scan.vocabulary is not self._vocabulary:
            scan = self.read(clean)
        tokens = scan.tokens
        if not tokens.words:
            return []
        assertions = CaptionAssertions(tokens, scan.cues())
        history = find_history(scan)
        history = [
            h
            for h in history
            if h.kind != "exposure" or not _is_offered_bite(h, tokens, assertions)
        ]
        # "oral steroids" holds no site, and "lupus nephritis" no skin disease.
        given = [(h.start, h.end) for h in history if h.kind == "treatment"]
        # Nor is the ten of "TEN DAYS" an abbreviation.
        illnesses = [(h.start, h.end) for h in history if h.named or h.kind == "duration"]
        told = instruction_spans(scan)
        person = _person(scan, told)
        # "behind her ear" keeps its her.
        personal = [span for field, span in person if field != "sex"]
        raws: list[_Raw] = []
        for raw in self._with_nodes(scan, self._names_in(scan)):
            if raw.field == "body_site" and raws and _inside_site(raw, raws[-1]):
                if raw.last <= raws[-1].last or raw.first > raws[-1].first:
                    continue
                raws.pop()  # "the back of her ear" is no back
            span = tokens.span(raw.first, raw.last)
            if given and raw.field in ("body_site", "concept") and _within(span, given):
                continue  # "incision and drainage" is no wound
            if illnesses and _within(span, illnesses):
                continue
            if personal and _touches(span, personal):
                continue
            raws.append(raw)
        mentions = [self._mention(clean, tokens, assertions, raw) for raw in raws]
        mentions += [_typed(clean, field, span) for field, span in person]
        taken = [tokens.span(raw.first, raw.last) for raw in raws if raw.field != "body_site"]
        stated = [item for item in history if not _touches((item.start, item.end), personal)]
        mentions += self._history(clean, tokens, assertions, stated, taken)
        if told:
            told = [clean.to_original(*span) for span in told]
            mentions = [m for m in mentions if not _within((m.start, m.end), told)]
        mentions.sort(key=_PLACE)
        return mentions

    def _names_in(self, scan: Scan) -> Iterator[_Raw]:
        tokens = scan.tokens
        matches = [m for m in self._matcher.within(scan.runs) if m.surface is not None]
        found = [r for match in matches if (r := self._readings.of(match, scan))]
        readings = meant(found, scan)
        micro = microscopy_spans(scan)
        readings = contextual(readings, scan)
        flakes = _DANDRUFF.is_open(scan) and off_the_scalp(readings)
        for reading in readings:
            start, _ = tokens.span(reading.first, reading.last)
            seen = reading.field != "diagnosis" or reading.name in _SMALL_LESIONS
            if micro and seen and any(a <= start < b for a, b in micro):
                continue
            if flakes and tokens.lowered[reading.first] == "dandruff":
                reading = self._readings.instead(reading, "scale")
            elif reading.name == "burn" and burn_is_felt(reading, tokens.lowered):
                reading = self._readings.instead(reading, "burning")
            yield self._settled(reading, tokens)

    def _with_nodes(self, scan: Scan, raws: Iterable[_Raw]) -> Iterable[_Raw]:
        """Put swollen lymph nodes in the place of the words that tell of them."""
        told = list(swollen_nodes(scan.tokens.lowered)) if NODES.is_open(scan) else ()
        name = "lymphadenopathy"
        if not told or name not in self._symptoms:
            return raws
        node = self._symptoms[name]
        kept = [
            raw for raw in raws if not any(one.first <= raw.first < one.last for one in told)
        ] + [
            _Raw("symptom", *one[:2], node, name, self._paths[node], "normalised", one.absent)
            for one in told
        ]
        return sorted(kept, key=lambda raw: raw.first)

    def _settled(self, reading: Reading, tokens: Tokens) -> _Raw:
        """Give a reading its final span and node, and an inverse term its finding."""
        first, last, node, name = reading.first, reading.last, reading.node, reading.name
        absent = False
        if reading.field == "body_site":
            place = place_of(tokens, first, last, name)
            first, last = place.first, place.last
            node = self._sites.get(place.name or "", node)
        elif name in _INVERSE and _INVERSE[name] in self._symptoms:
            node, absent = self._symptoms[_INVERSE[name]], True
        return _Raw(
            reading.field, first, last, node, self._names[node], self._paths[node], reading.match,
            absent,
        )  # fmt: skip

    def _mention(
        self, clean: CleanText, tokens: Tokens, assertions: CaptionAssertions, raw: _Raw
    ) -> Mention:
        start, end = clean.to_original(*tokens.span(raw.first, raw.last))
        assertion = assertions.of(raw.field, raw.first, raw.last)
        if raw.absent and assertion == "present":
            assertion = "absent"
        return Mention(  # by place: twice as fast as by name
            raw.field, clean.original[start:end], start, end, assertion,
            raw.node, raw.name, raw.path, _SCORES[raw.match], raw.match,
        )  # fmt: skip

    def _history(
        self,
        clean: CleanText,
        tokens: Tokens,
        assertions: CaptionAssertions,
        history: Iterable[HistorySpan],
        taken: Sequence[Span],
    ) -> Iterator[Mention]:
        for item in history:
            if item.kind in _BESIDE_NAMES and _touches((item.start, item.end), taken):
                continue  # a named skin disease or sign is that, not a history phrase
            first, last = _token_range(tokens, item.start, item.end)
            assertion = item.assertion
            if assertion is None:
                assertion = assertions.of("history", first, last, item.kind)
            if item.kind == "family" and assertion == "present":
                assertion = "family"
            kind = "family" if assertion == "family" else item.kind
            start, end = clean.to_original(item.start, item.end)
            yield Mention("history", clean.original[start:end], start, end, assertion, name=kind)


def _person(text: Scan, untold: Sequence[Span] = ()) -> list[tuple[str, Span]]:
    """Return the field and span of what is said about the person."""
    sex = find_sex(text, untold)
    spans = [("age", span) for span in find_age(text)]
    spans += [("sex", sex)] if sex else []
    return spans + [("skin_tone", span) for span in find_skin_tone(text)]


def _typed(clean: CleanText, field: str, span: Span) -> Mention:
    start, end = clean.to_original(*span)
    kin = field == "skin_tone" and _OF_PARENT.match(clean.text, span[1])
    assertion = "family" if kin else "present"
    return Mention(field, clean.original[start:end], start, end, assertion)


def _touches(span: Span, others: Sequence[Span]) -> bool:
    for low, high in others:  # noqa: SIM110 - `any` takes three times as long, and this is often
        if span[0] < high and low < span[1]:
            return True
    return False


# "olive-skinned mother".
_OF_PARENT: Final = re.compile(
    r" (?:mother|father|parents?|grandmother|grandfather|brother|sister|siblings?|husband|wife)\b",
    re.I,
)
_BITE: Final = re.compile(r"(?:[\w-]+ )?(?:bites?|stings?)", re.I)


def _is_offered_bite(item: HistorySpan, tokens: Tokens, assertions: CaptionAssertions) -> bool:
    """Tell if bites are one of the diagnoses that are weighed: "DDx: insect bites, scabies"."""
    if not _BITE.fullmatch(tokens.text[item.start : item.end]):
        return False
    first, last = _token_range(tokens, item.start, item.end)
    judged = assertions.of("diagnosis", first, last)
    return judged == "possible" or (judged == "absent" and tokens.lowered[first - 1] == "not")


def _inside_site(raw: _Raw, before: _Raw) -> bool:
    """Tell if the site before holds this one: "the nails of both toes" are the toenails."""
    return before.field == "body_site" and raw.first < before.last


def _within(span: Span, others: Sequence[Span]) -> bool:
    for low, high in others:  # noqa: SIM110 - as above
        if low <= span[0] and span[1] <= high:
            return True
    return False


def _token_range(tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    first, last = bisect_right(tokens.ends, start), bisect_left(tokens.starts, end)
    return (first, last) if first < last else (0, 1)
