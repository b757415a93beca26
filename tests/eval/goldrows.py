"""Gold rows for the tests of the evaluation."""

from __future__ import annotations

from typing import Any

CAPTION = "A 54-year-old woman with hives; no scaly plaques on the left shin for 3 weeks."


def span(text: str, field: str, concept: str, assertion: str = "present") -> dict[str, Any]:
    """A gold mention of the shared caption; its offsets are looked up."""
    start = CAPTION.index(text)
    return {
        "field": field,
        "text": text,
        "start": start,
        "end": start + len(text),
        "assertion": assertion,
        "concept": concept,
    }


def gold_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "a",
        "source": "test",
        "caption": CAPTION,
        "relevant": True,
        "mentions": [
            span("54-year-old", "age", "54"),
            span("woman", "sex", "female"),
            span("hives", "diagnosis", "urticaria"),
            span("scaly", "concept", "scale", "absent"),
            span("plaques", "concept", "plaque", "absent"),
            span("left shin", "body_site", "shin"),
            span("3 weeks", "history", "duration"),
        ],
    }
    return {**row, **changes}
