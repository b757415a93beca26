"""Counts over output rows: additive, so that a run's summary is the sum of its parts'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

GROUPS: Final[tuple[str, ...]] = (
    "status",
    "failure",
    "relevant",
    "modality",
    "field",
    "assertion",
    "lane",
    "match",
    "captions_with",
    "choice",
    "refined_by",
    "refined_refusal",
)
"""What is counted: rows by status, failure reason, relevance and modality; mentions by field,
assertion, lanes and match; captions that have at least one mention of a field; what came of
choices of nodes; and, where the model was to write it, by whom the refined text is and why not
by the model."""

Tally = dict[str, dict[str, int]]


def tally(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Return the counts of ``rows`` (as :meth:`StructuredCaption.to_dict` gives them).

    Every group of :data:`GROUPS` is there, keys sorted.
    """
    counts: dict[str, Counter[str]] = {group: Counter() for group in GROUPS}
    for row in rows:
        counts["status"][row["status"]] += 1
        if row["failure"] is not None:
            counts["failure"][row["failure"]["reason"]] += 1
        counts["relevant"][_word(row["relevant"])] += 1
        counts["modality"][_word(row["modality"])] += 1
        for mention in row["mentions"]:
            counts["field"][mention["field"]] += 1
            counts["assertion"][mention["assertion"]] += 1
            counts["lane"]["+".join(sorted(mention["lanes"]))] += 1
            counts["match"][mention["match"]] += 1
        counts["captions_with"].update({mention["field"] for mention in row["mentions"]})
        counts["choice"].update(row.get("choices") or ())
        for group in ("refined_by", "refined_refusal"):
            if row.get(group):
                counts[group][row[group]] += 1
    return {group: dict(sorted(counter.items())) for group, counter in counts.items()}


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of ``tallies``.

    >>> total([{"status": {"ok": 1}}, {"status": {"ok": 2, "failed": 1}}])["status"]
    {'failed': 1, 'ok': 3}
    """
    counts: dict[str, Counter[str]] = {group: Counter() for group in GROUPS}
    for one in tallies:
        for group, values in one.items():
            counts[group].update(values)
    return {group: dict(sorted(counter.items())) for group, counter in counts.items()}


def _word(value: bool | str | None) -> str:
    if value is None:
        return "not stated"
    return value if isinstance(value, str) else str(value).lower()
