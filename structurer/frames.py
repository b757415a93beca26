"""History that the frame of a sentence tells, whatever the words in the frame are.

What was "treated with", "prescribed" or "injected" is a treatment though no list holds its
name, and what came "after ingestion of" is an exposure. Some phrases deny by themselves: a
medical history that "was unremarkable" is a past illness denied. ``data/frames.tsv`` holds the
frames; what fills one is at most four words and ends where a past illness would.
"""

from __future__ import annotations

import re
from typing import Final

from structurer.historyspans import HistorySpan, Readers
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


def _denied(match: re.Match[str], _scan: Scan) -> HistorySpan:
    phrase = match.group()
    kind = "family" if _KIN.search(phrase) else "past_medical"
    kind = "treatment" if _CURE.search(phrase) else kind
    return HistorySpan(*match.span(), kind, "absent")


def _framed(match: re.Match[str], scan: Scan) -> HistorySpan | None:
    if match["did"]:
        start, end = match.start("deed"), match.end("np")
        eased = _RELIEF.search(scan.text, max(0, start - 60), end + 60)
        return HistorySpan(start, end, "treatment" if eased else "exposure")
    if match["undergone"] and _EXAMINED.search(match["np"]):
        return None
    return HistorySpan(*match.span("np"), "exposure" if match["met"] else "treatment")


FRAMES: Final = Readers((_DENIED, _denied), (_FRAME, _framed))
