"""History that the frame of a sentence tells, whatever the words in the frame are.

What was "treated with", "prescribed" or "injected" is a treatment though no list holds its
name, and what came "after ingestion of" is an exposure. Some phrases deny by themselves: a
medical history that "was unremarkable" is a past illness denied. ``data/frames.tsv`` holds the
frames; what fills one is at most four words and ends where a past illness would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from structurer.patterns import patterns
from structurer.rules import rule
from structurer.scan import Scan

_TABLE: Final = patterns("frames")
_END: Final = rf"(?:{patterns('history')['phrase_end']}|{_TABLE['end']})\b"
_WORD: Final = rf"(?!{_END})[\w'/-]+"
_FILLER: Final = rf"(?P<np>(?!(?:{_TABLE['nothing']})\b){_WORD}(?: {_WORD}){{0,3}})"
_DETERMINERS: Final = r"(?:(?:an?|the|some|his|her|my|their|several|various|other):? )?"
_FRAME: Final = rule(
    rf"\b(?:{_TABLE['treatment']}|(?P<undergone>{_TABLE['undergone']})|(?P<met>{_TABLE['exposure']})"
    rf"|(?P<did>{_TABLE['did']})) {_DETERMINERS}{_FILLER}"
)
_DENIED: Final = rule(
    rf"\b(?:(?:{_TABLE['denier']})(?: (?:{_TABLE['between']}))*? (?:{_TABLE['denied']})"
    rf"|{_TABLE['told_denied']})\b"
)
_EXAMINED: Final = re.compile(rf"\b(?:{_TABLE['examined']})", re.I)
_RELIEF: Final = re.compile(rf"\b(?:{patterns('history')['relief']})", re.I)
_KIN: Final = re.compile(r"famil|heredit|genetic|relatives|siblings", re.I)
_CURE: Final = re.compile(r"(?:treat\w+|medications?|medicines?|therap(?:y|ies)|drugs)$", re.I)


def framed(scan: Scan) -> Iterator[tuple[int, int, str, str | None]]:
    """Yield span, kind and assertion (if the frame tells it) of what frames tell.

    Names that the lists hold say more: the caller lets them win where both stand.
    """
    for match in _DENIED.finditer(scan):
        phrase = match.group()
        kind = "family" if _KIN.search(phrase) else "past_medical"
        yield *match.span(), "treatment" if _CURE.search(phrase) else kind, "absent"
    for match in _FRAME.finditer(scan):
        if match["did"]:
            start, end = match.start("deed"), match.end("np")
            eased = _RELIEF.search(scan.text, max(0, start - 60), end + 60)
            yield start, end, "treatment" if eased else "exposure", None
        elif not match["undergone"] or not _EXAMINED.search(match["np"]):
            yield *match.span("np"), "exposure" if match["met"] else "treatment", None
