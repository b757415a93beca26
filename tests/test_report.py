from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runfolders import CAPTION, MENTIONS, ROWS, failed_row, ok_row, write_run

from eval import evaluate, save
from eval.gold import GoldCaption, GoldMention
from structurer.errors import UserError
from structurer.records import ExtractionFailure, Mention, Unaligned
from structurer.report import render_report, write_report
from structurer.report.highlight import example_of, marked
from structurer.report.survey import EXAMPLES, FAILURES
from structurer.schema import ASSERTIONS, FIELD_NAMES

VOID = {"meta", "rect", "link", "br", "img"}


class Page(HTMLParser):
    """Checks that tags are balanced; keeps tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def having(self, **wanted: str) -> Iterator[dict[str, str | None]]:
        for _, attributes in self.tags:
            if all(value in (attributes.get(key) or "").split() for key, value in wanted.items()):
                yield attributes


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render_report(write_run(tmp_path_factory.mktemp("report") / "my-run"))


def test_the_report_is_written_beside_the_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    path = write_report(run)
    assert path == run / "report.html"
    first = path.read_bytes()
    assert write_report(run).read_bytes() == first


def test_it_loads_nothing_and_runs_nothing(html: str) -> None:
    page = Page(html)
    assert {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object"} == set()
    links = [a.get("href") or a.get("src") for _, a in page.tags if "href" in a or "src" in a]
    assert all(link is not None and link.startswith("#") for link in links)
    assert not re.search(r"url\(|@import|https?://", html)
    targets = {a["id"] for _, a in page.tags if "id" in a}
    assert {str(link)[1:] for link in links} <= targets


def test_it_tells_what_the_run_was_and_what_it_found(html: str) -> None:
    words = Page(html).words()
    for said in (
        "my-run",
        "5 captions",
        "3 structured",
        "2 failed",
        "16 facts",
        "smollm2-135m",
        "captions.csv 1,234 bytes, abababababab",
        "papulosquamous disease 2",
        "50 to 59: 2",
        "fitzpatrick 4",
        "llm_length 2",
        "the answer was cut",
        "Agreement of the lanes",
    ):
        assert said in words, said
    assert "is not finished" not in words


def test_marks_show_field_assertion_and_node(html: str) -> None:
    page = Page(html)
    tips = [a["data-tip"] for a in page.having(**{"class": "diagnosis", "tabindex": "0"})]
    arrow = "\N{RIGHTWARDS ARROW}"
    assert tips[0] == (
        f"diagnosis, present; inflammatory disease {arrow} papulosquamous disease {arrow}"
        " psoriasis; DERM:7 (exact); llm"
    )
    absent = [a["data-tip"] for a in page.having(**{"class": "absent", "tabindex": "0"})]
    assert absent[0] is not None
    assert absent[0].startswith("concept, absent; pustule; DERM:5")


def test_everything_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert('x')</script>\"&"
    odd = Mention("diagnosis", evil, 0, len(evil), name=evil, path=(evil,), node=evil, value=evil)
    row = replace(
        ok_row(evil),
        caption=evil,
        mentions=(odd,),
        modality=evil,
        unaligned=(Unaligned("concept", evil, "present", evil),),
        texts=replace(ok_row().texts, clean=evil, subcaptions=(evil,)),
    )
    bad = replace(failed_row(evil), id=evil, failure=ExtractionFailure(evil, evil, evil))
    html = render_report(write_run(tmp_path / "run<b>", [row, bad]))
    assert "<script" not in html
    assert "<b>" not in html
    page = Page(html)
    assert evil in page.words()
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)


def test_the_evaluation_is_shown_if_it_was_saved(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    assert "Evaluation" not in Page(render_report(run)).words()
    mention = GoldMention("sex", "woman", 14, 19, "present", "female")
    gold = [
        GoldCaption("ok", CAPTION, True, (mention,)),
        GoldCaption("off", ROWS[2].caption, False, ()),
    ]
    save(evaluate(gold, {"both": ROWS}), run)
    words = Page(render_report(run)).words()
    assert "sex 1 1.000 1.000 1.000 1.000 1.000 1.000" in words
    assert "symptom 0 0.000 -" in words
    assert "relevance told right: 1.000" in words
    (run / "evaluation.json").write_text('{"lanes": []}')
    assert "Evaluation" not in Page(render_report(run)).words()


def test_what_the_model_chose_and_wrote_is_shown(tmp_path: Path) -> None:
    rows = [
        replace(ok_row("a"), refined_by="model", choices=("chosen", "none")),
        replace(ok_row("b"), refined_by="composed", refined_refusal="new_fact"),
        ok_row("c"),
    ]
    words = Page(render_report(write_run(tmp_path / "run", rows))).words()
    assert "Choices of nodes" in words
    assert "composed: new_fact" in words
    assert words.count("refined, by the model") == 1
    plain = Page(render_report(write_run(tmp_path / "plain"))).words()
    assert "Choices of nodes" not in plain
    assert "Refined texts" not in plain


def test_long_runs_show_some_examples_and_failures(tmp_path: Path) -> None:
    rows = [ok_row(f"good-{i:03d}") for i in range(EXAMPLES + 9)]
    rows += [replace(failed_row(), id=f"bad-{i:03d}") for i in range(FAILURES + 9)]
    page = Page(render_report(write_run(tmp_path / "run", rows)))
    assert sum(tag == "article" for tag, _ in page.tags) == EXAMPLES
    words = page.words()
    assert f"bad-{FAILURES - 1:03d}" in words
    assert f"bad-{FAILURES:03d}" not in words
    assert f"The first {FAILURES}; all of them are in failures.jsonl." in words


def test_examples_show_every_assertion_that_the_run_has(tmp_path: Path) -> None:
    plain = [ok_row(f"plain-{i}") for i in range(100)]
    special = replace(ok_row("special"), mentions=(replace(MENTIONS[4], assertion="family"),))
    page = Page(render_report(write_run(tmp_path / "run", [*plain, special])))
    assert list(page.having(**{"class": "family", "tabindex": "0"}))


def test_a_run_without_facts_and_an_unfinished_one_are_fine(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [replace(ok_row(), mentions=())], complete=False)
    assert "This run is not finished" in Page(render_report(run)).words()
    (run / "manifest.json").unlink()
    assert "1 captions" in Page(render_report(run)).words()


def test_a_folder_that_is_no_run_or_is_broken_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no parts"):
        write_report(tmp_path)
    run = write_run(tmp_path / "run")
    (run / "parts" / "part-00000.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(UserError, match="cannot read the parts of"):
        write_report(run)


@st.composite
def captions_with_spans(draw: st.DrawFn) -> tuple[str, tuple[Mention, ...]]:
    caption = draw(st.text(min_size=1, max_size=40))
    mentions = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(caption) - 1))
        end = draw(st.integers(start + 1, len(caption)))
        mentions.append(
            Mention(
                draw(st.sampled_from(FIELD_NAMES)),
                caption[start:end],
                start,
                end,
                draw(st.sampled_from(ASSERTIONS)),
            )
        )
    return caption, tuple(mentions)


def plain_text(html: str) -> str:
    """The text of a fragment, as the escaping wrote it."""
    return re.sub(r"<[^>]*>", "", html)


@given(captions_with_spans())
def test_marking_changes_no_character_and_loses_no_mention(
    case: tuple[str, tuple[Mention, ...]],
) -> None:
    caption, mentions = case
    row = replace(ok_row(), caption=caption, mentions=mentions).to_dict()
    example = example_of(row)
    assert plain_text(example.caption) == plain_text(marked(caption, []))
    assert example.caption.count("<mark") + len(example.inside) == len(mentions)
