"""Caption cleaning with offsets that map back to the original.

A :class:`CleanText` is one line of plain text, without markup, links, handles, emoji,
figure labels and panel marks; every character of it knows the slice of the original
caption it came from. Cleaning never decides what a caption says: words are kept in order
and as they were written, so a span of the clean text is a span of the original.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from structurer.characters import (
    CLUSTER,
    CLUSTER_ASCII,
    EMOJI,
    MISREAD,
    SOFT,
    TRANSLATE,
    composed,
    in_latin,
    reread,
)
from structurer.panels import Panel, find_panels

_LINE = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A cleaned caption and its alignment with the original.

    ``starts[i]`` and ``ends[i]`` bound the original slice behind ``text[i]``; both are
    non-decreasing. ``panels`` are spans of ``text``.
    """

    original: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    panels: tuple[Panel, ...] = ()

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Map a non-empty span of the clean text to the span of the original behind it.

        Raises:
            ValueError: if the span is empty or outside the clean text.

        >>> clean("<b>Scaly</b>  plaques").to_original(0, 5)
        (3, 8)
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"span {start}:{end} is not inside a text of {len(self.text)}")
        return self.starts[start], self.ends[end - 1]

    def line_breaks(self) -> list[int]:
        """Offsets of the spaces of the clean text that stand for a line break."""
        if "\n" not in self.original and "\r" not in self.original:
            return []
        found: list[int] = []
        for match in _LINE.finditer(self.original):
            # The characters whose slice holds a part of the break; slices are in order.
            first = bisect_right(self.ends, match.start())
            last = bisect_left(self.starts, match.end())
            found += [i for i in range(first, last) if self.text[i] == " "]
        return list(dict.fromkeys(found))

    def from_original(self, start: int, end: int) -> tuple[int, int] | None:
        """Map a span of the original to the clean text; ``None`` if nothing of it is left."""
        inside = [
            i
            for i, (low, high) in enumerate(zip(self.starts, self.ends, strict=True))
            if low >= start and high <= end
        ]
        return (inside[0], inside[-1] + 1) if inside else None


class _Buffer:
    """Text under edit, with the original slice behind each character."""

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: Sequence[int] = range(len(text))
        self.ends: Sequence[int] = range(1, len(text) + 1)

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> None:
        """Replace every match; what replaces a match stands for the whole of it."""
        edits = []
        for match in pattern.finditer(self.text):
            new = replace(match)
            if new != match.group():
                edits.append((match.start(), match.end(), new))
        if edits:
            self.apply(edits)

    def apply(self, edits: Sequence[tuple[int, int, str]]) -> None:
        """Apply sorted, disjoint ``(start, end, replacement)`` edits."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in edits:
            pieces.append(self.text[done:start])
            starts.extend(self.starts[done:start])
            ends.extend(self.ends[done:start])
            if new:
                pieces.append(new)
                if start < end:
                    low, high = self.starts[start], self.ends[end - 1]
                else:  # an insertion stands for the empty slice before `start`
                    low = high = self.starts[start] if start < len(self.text) else self.ends[-1]
                starts.extend([low] * len(new))
                ends.extend([high] * len(new))
            done = end
        pieces.append(self.text[done:])
        starts.extend(self.starts[done:])
        ends.extend(self.ends[done:])
        self.text, self.starts, self.ends = "".join(pieces), starts, ends


# Inline tags vanish, so "<i>S</i>carring" stays one word; all others leave a space.
_INLINE = {"a", "b", "i", "em", "strong", "sub", "sup", "span", "u", "font", "small", "mark"}
_TAGS = (
    "a|abbr|article|b|big|blockquote|body|br|caption|center|cite|code|dd|div|dl|dt|em|fig|"
    "figcaption|figure|font|h[1-6]|head|hr|html|i|img|italic|bold|label|li|mark|ol|p|pre|q|s|"
    "section|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|title|tr|u|ul|xref"
)
_TAG = re.compile(rf"<!--.*?-->|</?({_TAGS})(?:\s[^<>]{{0,300}})?/?>", re.I | re.S)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+|\b[\w.+-]+@[\w-]+\.[\w.]{2,}|\bdoi:\s?10\.\S+", re.I
)
_HASHTAG = re.compile(r"(?<![\w&])#(?=[^\W\d_])(\w+)")
_HANDLE = re.compile(r"(?<![\w.])@\w{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")

# "#eczemawarrior", "#acnejourney": what the tag is about, and a word that people put behind it.
_TAG_TAIL = re.compile(
    r"(?<=[a-z]{4})(?:warriors?|awareness(?:month|week|day)?|journey|community|problems?|struggles?"
    r"|sucks|support(?:group)?|diary|diaries|positivity|flare(?:up)?s?|updates?|sufferers?"
    r"|fighters?|survivors?|life|free)$"
)
# Two or more tags behind a text that no stop ends: what the text denies ends there.
_TAGS_BEHIND = re.compile(r"(?<=\w)(?:\s+#\w+){2,}\s*$")
_TAG_DENIES = re.compile(r"not?(?=[a-z_]{4})")
# A word broken at a line end. These first parts make a compound: their hyphen stays.
_COMPOUND_HEADS = {"well", "ill", "non", "self", "half", "blue", "sun", "skin", "post", "pre"}
_BROKEN = re.compile(r"([^\W\d_]{2,})-[ \t]*(?:\r\n?|\n)[ \t]*(?=[^\W\d_]{2,})")
_LINE_END_HYPHEN = re.compile(r"-[ \t]*[\r\n]")
# What a transcript writes where a speaker hesitates.
_HESITATION = re.compile(r"(?<![\w'-])(?:u+m+|u+h+|uhm|e+rm+|hmm+)(?![\w'-]),?(?:\s+|$)", re.I)

_LETTER = r"[A-Za-z](?![A-Za-z])"
_LABEL_NO = rf"(?:S?\d{{1,3}}|[IVX]{{1,5}})\s?(?:{_LETTER}(?:\s?[-\u2013,&]\s?{_LETTER})*)?"
_FIG = (
    rf"(?:Supp(?:l(?:ementary)?)?\.?\s+)?(?:Fig(?:ure|s|\.)?s?\.?|Photo(?:graph)?|Image|Plate|Case)"
    rf"\s*{_LABEL_NO}(?:\s?(?:[-\u2013,&]|and)\s?{_LABEL_NO})*"
)
_FIGURE_LABEL = re.compile(
    rf"^\s*{_FIG}\s*[.:)\-\u2013\u2014|]*\s+|\(\s*(?:see\s+)?{_FIG}\s*\)", re.I
)
_POINTER = re.compile(
    r"\s?[(\[]\s*(?:(?:black|white|red|yellow|blue|green|solid|dashed|open|thick|thin|long|short|large"
    r"|small|see|indicated by|as shown by)\s+)*(?:arrow(?:s|ed|heads?)?|asterisks?|stars?|circles?"
    r"|box|\*+|\u2192|\u2794)\s*[)\]]",
    re.I,
)
_CITATION = re.compile(r"\s?\[\s*\d{1,3}(?:\s*[-\u2013,;]\s*\d{1,3})*\s*\]")
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w) (?=[.,;](?:\s|$))")
_SPACES = re.compile(r"\s{2,}|^\s+|\s+$")

_STOPPED = frozenset(".,;:)")


def _tag(match: re.Match[str]) -> str:
    name = (match.group(1) or "").lower()
    if name == "sup" and match.string[match.start() - 1 : match.start()] in _STOPPED:
        return " "  # a reference mark after a full stop is no decimal: "PASI 14.<sup>12</sup>"
    return "" if name in _INLINE else " "


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _nothing(match: re.Match[str]) -> str:
    return ""


def _space(match: re.Match[str]) -> str:
    return " "


def _hashtag_edits(text: str) -> list[tuple[int, int, str]]:
    """Drop the '#', and open "#SkinCancer" and "#skin_cancer" into words."""
    edits: list[tuple[int, int, str]] = []
    behind = _TAGS_BEHIND.search(text)
    if behind:
        edits.append((behind.start(), behind.start(), "."))
    for match in _HASHTAG.finditer(text):
        edits.append((match.start(), match.start() + 1, ""))
        first = match.start(1)
        edits.extend((first + m.start(), first + m.end(), " ") for m in _CAMEL.finditer(match[1]))
        tail = _TAG_TAIL.search(match[1])
        if tail:
            edits.append((first + tail.start(), first + tail.start(), " "))
        if _TAG_DENIES.match(match[1]) and text[match.end() : match.end() + 1] == " ":
            edits.append((match.end(), match.end(), ";"))  # "#notacne" denies no more than itself
    return edits


def _unbreak(buffer: _Buffer) -> None:
    """Join words broken at a line end, character by character, so offsets stay fine."""
    edits = []
    for match in _BROKEN.finditer(buffer.text):
        head_end = match.end(1)
        keep = 1 if match.group(1).lower() in _COMPOUND_HEADS else 0
        edits.append((head_end + keep, match.end(), ""))
    if edits:
        buffer.apply(edits)


def clean(caption: str) -> CleanText:
    """Clean one caption. Never raises; the empty string is the clean form of pure noise.

    >>> clean("Fig. 3A-C: Erythematous &lt;3 cm plaques (arrow) [12]").text
    'Erythematous <3 cm plaques'
    >>> clean("#SkinCancer @dermdoc see https://example.org now").text
    'Skin Cancer see now'
    """
    buffer = _Buffer(caption)
    text = caption
    if _LINE_END_HYPHEN.search(text):
        _unbreak(buffer)
    if "<" in text:
        buffer.sub(_TAG, _tag)
    if "&" in text:
        buffer.sub(_ENTITY, _entity)
        buffer.sub(_ENTITY, _entity)  # "&amp;lt;": escaped twice by a scraper
        buffer.sub(_TAG, _tag)
    if "/" in text or "@" in text or "www." in text or "doi" in text:
        buffer.sub(_URL, _space)
    if "@" in text:
        buffer.sub(_HANDLE, _space)
    if not buffer.text.isascii():
        buffer.sub(MISREAD, reread)
        buffer.sub(EMOJI, _space)
        buffer.sub(SOFT, _nothing)
        buffer.text = in_latin(buffer.text.translate(TRANSLATE))
        buffer.sub(CLUSTER_ASCII, composed)
        buffer.sub(CLUSTER, composed)
    buffer.text = buffer.text.translate(TRANSLATE)
    if _HESITATION.search(buffer.text):
        buffer.sub(_HESITATION, _nothing)
    if "#" in text:
        edits = _hashtag_edits(buffer.text)
        if edits:
            buffer.apply(edits)
    if "(" in buffer.text or _FIGURE_LABEL.match(buffer.text):
        buffer.sub(_FIGURE_LABEL, _space)
    if "(" in text or "[" in text:
        buffer.sub(_POINTER, _nothing)
        buffer.sub(_CITATION, _nothing)
    _collapse_spaces(buffer)
    marks = find_panels(buffer.text)
    panels: tuple[Panel, ...] = ()
    if marks:
        panels = _drop_marks(buffer, marks)
    return CleanText(caption, buffer.text, buffer.starts, buffer.ends, panels)


def _collapse_spaces(buffer: _Buffer) -> None:
    text = buffer.text  # every kind of space is a plain one by now
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        buffer.sub(_SPACES, _collapse)


def _collapse(match: re.Match[str]) -> str:
    at_border = match.start() == 0 or match.end() == len(match.string)
    return "" if at_border else " "


def _drop_marks(buffer: _Buffer, found: Sequence[tuple[int, int, Panel]]) -> tuple[Panel, ...]:
    """Cut panel marks out of the text and move the panels' spans accordingly."""
    starts_before = buffer.starts
    buffer.apply([(start, end, " ") for start, end, _ in found])
    _collapse_spaces(buffer)
    buffer.sub(_SPACE_BEFORE_STOP, _nothing)
    # Original positions identify characters on both sides of the edit.
    panels = []
    for _, _, panel in found:
        kept = [
            i
            for i, origin in enumerate(buffer.starts)
            if starts_before[panel.start] <= origin < _origin_end(starts_before, panel.end)
        ]
        while kept and buffer.text[kept[0]] in " .,;:":
            kept.pop(0)
        while kept and buffer.text[kept[-1]] in " ,;:":
            kept.pop()
        if kept:
            panels.append(Panel(panel.label, kept[0], kept[-1] + 1))
    return tuple(panels)


def _origin_end(starts: Sequence[int], end: int) -> int:
    return starts[end] if end < len(starts) else starts[-1] + 1
