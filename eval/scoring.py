"""Predictions against gold, by lane and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ontology_graph import Ontology
from structurer.errors import UserError
from structurer.records import Mention, StructuredCaption
from structurer.schema import FIELD_NAMES

from .concepts import ConceptKeys
from .gold import GoldCaption, load_gold
from .matching import Fact, gold_facts, match_exact, match_relaxed, predicted_facts
from .metrics import NO_COUNTS, NOT_JUDGED, Accuracy, Counts, Interval, f1_interval

Predictions = Mapping[str, StructuredCaption]
TOTAL: Final = "total"


@dataclass(frozen=True, slots=True)
class FieldScore:
    """What is counted for one field, or for all together.

    ``facts`` are normalised facts per caption (field, concept, assertion); ``exact`` and
    ``relaxed`` are spans; ``assertion`` is judged on the spans that match relaxed.
    """

    facts: Counts = NO_COUNTS
    exact: Counts = NO_COUNTS
    relaxed: Counts = NO_COUNTS
    assertion: Accuracy = NOT_JUDGED

    def __add__(self, other: FieldScore) -> FieldScore:
        return FieldScore(
            self.facts + other.facts,
            self.exact + other.exact,
            self.relaxed + other.relaxed,
            self.assertion + other.assertion,
        )


@dataclass(frozen=True, slots=True)
class FactError:
    """One fact that differs. ``kind`` is missed, spurious, or assertion (``expected`` set)."""

    id: str
    kind: str
    field: str
    text: str
    concept: str
    assertion: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class LaneReport:
    """The scores of one lane. ``total`` sums the fields (micro average).

    ``failed`` rows and ``missing`` rows (no prediction of that id) count as empty
    predictions; ``relevant`` counts rows whose relevance was told right.
    """

    name: str
    fields: dict[str, FieldScore]
    total: FieldScore
    interval: Interval | None
    relevant: Accuracy
    captions: int
    failed: int
    missing: int
    errors: tuple[FactError, ...]


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """One gold file scored for each lane, in the order asked for."""

    gold: str
    captions: int
    mentions: int
    lanes: tuple[LaneReport, ...]

    def lane(self, name: str) -> LaneReport:
        """Return the report of a lane.

        Raises:
            KeyError: if it was not scored; the message lists those that were.
        """
        for report in self.lanes:
            if report.name == name:
                return report
        raise KeyError(f"lane {name!r} was not scored: {[r.name for r in self.lanes]}")


def evaluate(
    gold: Path | Sequence[GoldCaption],
    lanes: Mapping[str, Predictions | Iterable[StructuredCaption]],
    *,
    ontology: Ontology | None = None,
) -> EvaluationReport:
    """Return the scores of each lane's predictions against ``gold``.

    ``lanes`` maps a lane's name to its rows, by id or in any order. Rows that the gold does
    not know are left out.

    Raises:
        GoldError: the gold file cannot be used.
        UserError: no prediction has an id of the gold, or one is of another caption.
    """
    captions = load_gold(gold) if isinstance(gold, Path) else tuple(gold)
    keys = ConceptKeys(ontology)
    reports = [
        _score_lane(name, captions, _by_id(rows, captions, name), keys)
        for name, rows in lanes.items()
    ]
    return EvaluationReport(
        gold=gold.name if isinstance(gold, Path) else "",
        captions=len(captions),
        mentions=sum(len(caption.mentions) for caption in captions),
        lanes=tuple(reports),
    )


def _by_id(
    rows: Predictions | Iterable[StructuredCaption], gold: Sequence[GoldCaption], lane: str
) -> dict[str, StructuredCaption]:
    wanted = {caption.id: caption.caption for caption in gold}
    found: dict[str, StructuredCaption] = {}
    # A repeated id is a failed row of its own; the first row of an id is the real one.
    for row in rows.values() if isinstance(rows, Mapping) else rows:
        if row.id in wanted:
            found.setdefault(row.id, row)
    if wanted and not found:
        raise UserError(
            f"{lane}: no prediction has an id of the gold file (its first is"
            f" {next(iter(wanted))!r}); predict on the same captions, with --id-column naming"
            " their ids"
        )
    for key, row in found.items():
        if row.caption != wanted[key] and row.status == "ok":
            raise UserError(
                f"{lane}: the caption of prediction {key!r} is not the gold file's, so offsets"
                " cannot be compared; predict on the gold captions as they are"
            )
    return found


def _score_lane(
    name: str,
    captions: Sequence[GoldCaption],
    predictions: Mapping[str, StructuredCaption],
    keys: ConceptKeys,
) -> LaneReport:
    fields = dict.fromkeys(FIELD_NAMES, FieldScore())
    per_caption: list[Counts] = []
    errors: list[FactError] = []
    failed = missing = 0
    told = []
    for caption in captions:
        row = predictions.get(caption.id)
        usable = row is not None and row.status == "ok"
        missing += row is None
        failed += row is not None and not usable
        mentions = row.mentions if row is not None and usable else ()
        facts = _score_facts(caption, mentions, keys, errors)
        spans = _score_spans(caption, mentions)
        for field in FIELD_NAMES:
            fields[field] += FieldScore(facts[field], *spans[field])
        per_caption.append(sum(facts.values(), NO_COUNTS))
        if caption.relevant is not None:
            told.append((caption.relevant, row.relevant if row is not None and usable else None))
    return LaneReport(
        name=name,
        fields=fields,
        total=sum(fields.values(), FieldScore()),
        interval=f1_interval(per_caption),
        relevant=_relevance(told),
        captions=len(captions),
        failed=failed,
        missing=missing,
        errors=tuple(errors),
    )


def _score_facts(
    caption: GoldCaption,
    mentions: Sequence[Mention],
    keys: ConceptKeys,
    errors: list[FactError],
) -> dict[str, Counts]:
    gold = gold_facts(caption.mentions, keys)
    predicted = predicted_facts(mentions, keys)
    errors.extend(
        replace(error, concept=keys.label(error.concept))
        for error in _errors(caption.id, gold, predicted)
    )
    return {
        field: Counts(
            tp=sum(f.field == field for f in predicted if f in gold),
            fp=sum(f.field == field for f in predicted if f not in gold),
            fn=sum(f.field == field for f in gold if f not in predicted),
        )
        for field in FIELD_NAMES
    }


def _errors(
    identity: str, gold: Mapping[Fact, str], predicted: Mapping[Fact, str]
) -> Iterable[FactError]:
    missed = [fact for fact in gold if fact not in predicted]
    spurious = [fact for fact in predicted if fact not in gold]
    for fact in list(spurious):
        twin = next((m for m in missed if (m.field, m.concept) == (fact.field, fact.concept)), None)
        if twin is not None:
            missed.remove(twin)
            spurious.remove(fact)
            yield _error(identity, "assertion", fact, predicted[fact], twin.assertion)
    for fact in missed:
        yield _error(identity, "missed", fact, gold[fact])
    for fact in spurious:
        yield _error(identity, "spurious", fact, predicted[fact])


def _error(
    identity: str, kind: str, fact: Fact, text: str, expected: str | None = None
) -> FactError:
    return FactError(identity, kind, fact.field, text, fact.concept, fact.assertion, expected)


def _score_spans(
    caption: GoldCaption, mentions: Sequence[Mention]
) -> dict[str, tuple[Counts, Counts, Accuracy]]:
    scores = {}
    for field in FIELD_NAMES:
        gold = [m for m in caption.mentions if m.field == field]
        predicted = [m for m in mentions if m.field == field]
        exact, relaxed = match_exact(gold, predicted), match_relaxed(gold, predicted)
        agreeing = sum(gold[i].assertion == predicted[j].assertion for i, j in relaxed)
        scores[field] = (
            _counts(len(exact), gold, predicted),
            _counts(len(relaxed), gold, predicted),
            Accuracy(agreeing, len(relaxed)),
        )
    return scores


def _counts(matched: int, gold: Sequence[object], predicted: Sequence[object]) -> Counts:
    return Counts(matched, len(predicted) - matched, len(gold) - matched)


def _relevance(told: Sequence[tuple[bool, bool | None]]) -> Accuracy:
    # A lane that never tells relevance is not judged; one that does must tell it every time.
    if all(answer is None for _, answer in told):
        return NOT_JUDGED
    return Accuracy(sum(answer is wanted for wanted, answer in told), len(told))
