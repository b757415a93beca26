"""Patterns for a stated skin tone in a clean caption.

It is taken from a statement about skin tone only, never from ethnicity, country or disease.
"""

from __future__ import annotations

from typing import Final

from structurer.rules import Group, rule
from structurer.scan import Scan, scanned
from structurer.tokens import Span

_LEVEL = (
    r"(?:VI|IV|V|I{1,3}|[1-6]|one(?! of\b)|two|three|four|five|six)\b"
    r"(?!\s*(?:mm|cm|%|days?|weeks?|months?|years?)\b)"
)
_LEVELS = rf"{_LEVEL}(?:\s*(?:-|/|to|or|,?\s*and|through|,)\s*(?:type\s+)?{_LEVEL})*"
_TONE_SCALE: Final = rule(
    rf"\b(?:Fitz(?:patrick(?:'s)?)?"
    rf"(?:\s+(?:skin|photo|phototype|phototypes|types?|phototyping|scale|skin-type))*"
    rf"|FST|skin\s+(?:photo)?types?|skin\s+phototypes?|photo-?\s?types?|phototype\s+skin)"
    rf"(?:\s+(?:of|skin|is|was|class))?[\s:(=-]*{_LEVELS}(?:\s+Fitzpatrick)?"
    rf"|(?<!virus )(?<!HPV )(?<!HSV )\btypes?\s+{_LEVELS}\s+(?:Fitzpatrick(?:\s+skin)?"
    r"|skin\b(?!\s+(?:cancer|lesion|reaction|wart|tag|graft|ulcer|infection|test|rash|disease)))"
    rf"|\btypes?\s+{_LEVELS}\s+(?:on|of|by) (?:the )?Fitzpatrick(?:'s)?(?: (?:skin )?scale)?"
    rf"|(?<=skin )\(types?\s+{_LEVELS}"
    rf"|\bMonk(?:\s+(?:skin|tone|scale))*[\s:(-]*(?:10|[1-9])(?:\s*(?:-|to|or|and)\s*(?:10|[1-9]))?\b"
    rf"|\bMST[\s:-]*(?:10|[1-9])(?:\s*(?:-|to)\s*(?:10|[1-9]))?\b",
    sparse=True,
)
_TONE = (
    r"(?:dark brown|light brown|deeply pigmented|darkly pigmented|lightly pigmented|dark|light|fair"
    r"|pale|olive|tan(?:ned)?|brown|black|white|medium)"
)
_DEGREE = r"(?:(?:very|moderately|relatively)\s+)?"
_TONE_WORD: Final = rule(
    rf"\b{_TONE}(?:er)?[- ](?:skinned|complexion(?:ed)?|complected)\b"
    rf"|\b{_TONE}(?:er)?[- ]skin (?:tone|type|colou?r|complexion)s?\b"
    r"|(?<=\bmy )(?:(?:dark|light) brown|brown|black|dark|fair|pale|olive) skin\b"
    r"(?! (?:patch|spot|mark|lesion))"
    r"|(?:^|(?<=[.!?\n] ))(?:Fair|Dark|Olive|Pale|Brown|Light) skin(?=[,.;])"
    r"|(?<=man, )(?:deeply|darkly|heavily|lightly) pigmented\b"
    r"(?! (?:lesion|patch|spot|macule|plaque|papule))"
    r"|\bbrown-black skin\b"
    r"|\bolive(?:[- ]toned)? skin\b|\bwheat(?:ish|[- ]colou?red) (?:skin|complexion)\b",
    sparse=True,
)
# Bare "dark skin" speaks of a person only in a person's phrase, and where no lesion noun,
# place or verb makes it the description of a finding.
_TONE_PERSON: Final = rule(
    rf"(?:\b(?:patients?|person|people|individuals?|man|woman|child|boy|girl|male|female|he|she|who|i|lady"
    rf"|adult|infant|baby|descent|ancestry|heritage|\d{{1,3}}\s?(?:yo\s?)?[mf])\b"
    rf"(?:\s+(?:has|had|have|with|of|is|was))+\s+|\b(?:on|in)\s+(?:a\s+)?"
    rf"|\b(?:i'm|i am) (?:[\w-]+ ){{1,3}}with\s+"
    rf"|\b[a-z]+(?:er|or|ist|ian|nt|se|man) with (?=(?:very )?{_TONE}(?:er)? skin(?: ?[(,.;]|$))"
    rf"|\b(?:(?:wo)?man|girl|boy|(?:fe)?male|lady|(?-i:[MF])|old|\d\d),\s+(?={_DEGREE}{_TONE}(?:er)?\s+skin(?:[,.;)]|$)))"
    rf"{_DEGREE}(?P<tone>{_TONE}(?:er)?\s+skin)\b"
    rf"(?!\s+(?:lesions?|patch\w*|spots?|marks?|changes?|plaques?|around|over|on|at|under|near|discol\w+|colou?red"
    rf"|areas?|cancers?|tags?|rash|becom\w+|where|that))",
    sparse=True,
)
_TONE_IS: Final = rule(
    rf"\b(?:(?:skin (?:tone|colou?r|complexion|type)|complexion)[\s:]+(?:is|was)?[\s:]*"
    rf"|(?:my|his|her|the patient's) skin is (?:\w+ )?(?=(?:fair|olive)\b(?! (?:to|oil)\b))"
    rf"|(?:his|her|the patient's) skin is"
    rf" (?=(?:very )?(?:(?:light|dark) brown|dark|light|brown)(?:[.;!)]|$))"
    rf"|(?<=[.,;] )skin[: ](?=(?:olive|fair|(?:dark|light) brown)(?:[.,;)]|$))"
    rf"|my skin is (?=(?:dark|light) brown\b)"
    rf"|my skin is (?:(?:naturally|quite|pretty|really|rather|so) )?"
    rf"(?=(?:very )?(?:dark|light|brown|black|medium)\b(?:[.,;!?)]|$| (?:so|but|and i|as i)\b)))"
    rf"{_DEGREE}(?P<tone>{_TONE})\b(?!\s+(?:patch|spot|lesion|plaque|macul|papul))",
    sparse=True,
)
_TONES: Final = Group(_TONE_SCALE, _TONE_WORD, _TONE_PERSON, _TONE_IS)


def find_skin_tone(text: str | Scan) -> list[Span]:
    """Return the spans that state the person's skin type or tone.

    >>> text = "White papules on dark-skinned woman, FST V; type IV hypersensitivity"
    >>> [text[a:b] for a, b in find_skin_tone(text)]
    ['dark-skinned', 'FST V']
    """
    scan = scanned(text)
    if not _TONES.may_match(scan):
        return []
    spans: list[Span] = [_closed(scan.text, m.span()) for m in _TONE_SCALE.finditer(scan)]
    spans += [m.span() for m in _TONE_WORD.finditer(scan)]
    spans += [m.span("tone") for m in _TONE_PERSON.finditer(scan)]
    spans += [m.span("tone") for m in _TONE_IS.finditer(scan)]
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _closed(text: str, span: Span) -> Span:
    """Take in the bracket that closes one opened inside the span: "phototype (III)"."""
    start, end = span
    opened = text.count("(", start, end) > text.count(")", start, end)
    return (start, end + 1) if opened and text[end : end + 1] == ")" else span
