"""Cleaning: what goes, what stays, and offsets that map back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from structurer.cleaning import clean

CASES = [
    ("Fig. 3A-C: Scaly plaque (arrow).", "Scaly plaque."),
    ("Figure 2. (H&E, x100) Acanthosis [12, 14-16]", "(H&E, x100) Acanthosis"),
    ("Fig 1 \u2013 Nodule on nose", "Nodule on nose"),
    ("<p>Red <b>scaly</b> patch</p><br/>itchy", "Red scaly patch itchy"),
    ("PASI 14.<sup>12</sup> at 10<sup>9</sup>/L", "PASI 14. 12 at 109/L"),
    ("<i>S</i>carring alopecia", "Scarring alopecia"),
    ("papules &lt;3&nbsp;mm &amp;amp; itch", "papules <3 mm & itch"),
    ("diameter <2 cm and x<y", "diameter <2 cm and x<y"),
    ("see https://a.example/b?c=1, or www.x.org now", "see or now"),
    ("write to dr.a@b.example please @skin_doc", "write to please"),
    ("#psoriasis on #elbows", "psoriasis on elbows"),
    ("#SkinCancer #skin_check", "Skin Cancer skin check"),
    ("case #4 of five", "case #4 of five"),
    ("so itchy \U0001f62d\U0001f62d help", "so itchy help"),
    ("ery-\nthematous plaque", "erythematous plaque"),
    ("well-\ndefined plaque", "well-defined plaque"),
    ("cafe\u0301-au-lait \ufb01ssure", "caf\u00e9-au-lait fissure"),
    ("one\r\ntwo\tthree\u00a0four\x00five", "one two three four five"),
    ("patient\u2019s 3\u20135 papules", "patient's 3-5 papules"),
    ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
    ("\u2640 34 y \U0001f62d itch", "\u2640 34 y itch"),
    ("", ""),
    ("   ", ""),
]


@pytest.mark.parametrize(("caption", "expected"), CASES)
def test_clean_text(caption: str, expected: str) -> None:
    assert clean(caption).text == expected


PANELS = [
    ("(A) Plaque. (B) Its dermoscopy.", ["Plaque.", "Its dermoscopy."]),
    ("Fig. 2. (a, b) Erythema; (c) scale", ["Erythema", "scale"]),
    ("A: before; B: after", ["before", "after"]),
    ("Plaques on the elbow (A) and the knee (B).", ["Plaques on the elbow", "and the knee"]),
    ("vitamin (A) cream", []),
    ("group B: eczema", []),
]


@pytest.mark.parametrize(("caption", "expected"), PANELS)
def test_panels(caption: str, expected: list[str]) -> None:
    cleaned = clean(caption)
    assert [cleaned.text[p.start : p.end] for p in cleaned.panels] == expected


def test_span_inside_markup_maps_to_the_original() -> None:
    caption = "Fig. 1: <b>Scaly</b> &amp; red plaques\U0001f642 on the el-\nbow"
    cleaned = clean(caption)
    start = cleaned.text.index("elbow")
    low, high = cleaned.to_original(start, start + 5)
    assert caption[low:high] == "el-\nbow"
    start = cleaned.text.index("plaques")
    low, high = cleaned.to_original(start, start + 7)
    assert caption[low:high] == "plaques"
    assert cleaned.from_original(low, high) == (start, start + 7)


NOISE = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["<b>", "</b>", "<br>", "&amp;", "&lt;", "&#x41;", "#TagOne", "@who", "(A)", "(B)",
             "Fig. 2:", "[3]", "(arrow)", "-\n", "e\u0301", "\ufb01", "\U0001f600", "\u00ad",
             "https://x.y/z", "\n", "plaque", "A:", "B:"]
        ),
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(NOISE)
@example("(A)(B)")
@example("\u0301")
@example("&NotEqualTilde;")
def test_offsets_hold_for_any_input(caption: str) -> None:
    cleaned = clean(caption)
    text = cleaned.text
    assert len(text) == len(cleaned.starts) == len(cleaned.ends)
    assert "  " not in text
    assert text == text.strip()
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text)
    previous = 0
    for i in range(len(text)):
        low, high = cleaned.to_original(i, i + 1)
        assert previous <= low <= high <= len(caption)
        previous = low
    for panel in cleaned.panels:
        assert 0 <= panel.start < panel.end <= len(text)


@given(st.text(alphabet="abcdefg hijk lmnop.", min_size=1))
def test_plain_words_are_never_changed(caption: str) -> None:
    assert clean(caption).text == " ".join(caption.split())


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 99)])
def test_span_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not inside"):
        clean("plaque").to_original(start, end)
