"""What somebody met or used that may be to blame: contacts, triggers, journeys, bites."""

from __future__ import annotations

import re
from typing import Final

from structurer.historyspans import HistorySpan, Readers
from structurer.patterns import patterns
from structurer.rules import rule
from structurer.scan import Scan

_TABLE: Final = patterns("history")
# What is only likened to an exposure, and what is asked: "could it be flea bites?"
_SEEMS_BEFORE: Final = re.compile(
    rf"\b(?:(?:{_TABLE['likened_before']})(?: \w+)?|(?P<asked>{_TABLE['asked_before']})"
    r"(?: (?:an?|the|due to|from|caused by|related to|because of|some)){0,3}) $",
    re.I,
)
MEDICINE: Final = re.compile(
    r"drug|medic|cream|ointment|hormon|lotion|antibiotic|steroid|(?<!the )pill|tablet|antiseptic",
    re.I,
)
"""Words for what is taken or applied as a cure."""
_USED: Final = re.compile(r"(?i:use|application) of [A-Z]")  # a product by its name
_PHRASE_END = rf"(?=\s+(?:{_TABLE['exposure_end']})\b| [-\u2013\u2014] |[.,;:()?!]|$)"
_EXPOSURE: Final = rule(
    rf"\b(?:{_TABLE['contact']})(?: \w[\w'-]*){{1,5}}?{_PHRASE_END}"
    rf"|(?<!-)\b(?:{_TABLE['trigger']})\b"
)


def _exposure(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    phrase = match.group()
    start, end = match.span()
    seems = _SEEMS_BEFORE.search(scan.text, max(0, start - 36), start)
    if seems and not seems["asked"]:
        return None  # "bumps like mosquito bites"
    used = _USED.match(phrase)
    kind = "exposure"
    new = phrase[:4].lower() == "new "  # a new drug is to blame
    if used or (not new and MEDICINE.search(scan.text, start, end)):
        kind = "treatment"
    # A creature or disease inside "contact with anthrax-infected cattle" is part of it.
    return HistorySpan(start, end, kind, "possible" if seems else None, named=" " in phrase)


EXPOSURES: Final = Readers((_EXPOSURE, _exposure))
