"""The page: complete, self-contained, safe, and the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ontology_graph import Ontology, load_ontology
from ontology_graph.page import render_page
from structurer.cli import main

VOID = {"meta", "input", "link", "img", "br", "hr"}
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping"}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "a & b < c",
    "line\u2028separator",
)


class Reader(HTMLParser):
    """Reads a page: tags with attributes, texts of script and style, unclosed tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def inside(self, tag: str) -> list[str]:
        return [text for where, text in self.texts if where == tag and text.strip()]


def data_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Reader(page).inside("script")[0])
    return found


@pytest.fixture(scope="module")
def page(derm: Ontology) -> str:
    return render_page(derm, title="Skin")


@pytest.fixture
def hostile(tmp_path: Path) -> Ontology:
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps({"root": list(HOSTILE)}), encoding="utf-8")
    return load_ontology(path)


def test_every_term_is_there_once(page: str, derm: Ontology) -> None:
    rows = data_of(page)["terms"]
    assert Counter(row[0] for row in rows) == Counter(
        term.id for term in derm.terms() if not term.obsolete
    )
    for at, row in enumerate(rows):
        term = derm.term(row[0])
        parents = {rows[p][0] for p in (row[2], *row[3]) if p >= 0}
        assert row[1] == term.name
        assert row[2] < at
        assert parents == set(term.parents)
        assert row[4] == term.definition
        assert {(g[0], g[1], text) for g in row[5] for text in g[2:]} == {
            (s.scope, s.kind, s.text) for s in term.synonyms
        }
        assert row[6] == list(term.xrefs)


def test_html_is_well_formed_and_ids_are_unique(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {"aria-controls", "aria-describedby", "aria-labelledby"}
    for _, attributes in reader.tags:
        assert {attributes[key] for key in named & attributes.keys()} <= set(ids)


def test_page_loads_nothing(page: str) -> None:
    reader = Reader(page)
    assert not [
        tag for tag, _ in reader.tags if tag in {"link", "iframe", "object", "embed", "base"}
    ]
    assert not [(tag, a) for tag, a in reader.tags if LOADING & a.keys()]
    code = "\n".join((*reader.inside("style"), *reader.inside("script")[1:]))
    assert not re.search(r"https?:|//\w+\.|@import|url\(|fetch\(|XMLHttpRequest|import\(", code)


def test_policy_allows_this_script_and_style_only(page: str) -> None:
    reader = Reader(page)
    policy = next(a["content"] for _, a in reader.tags if a.get("http-equiv")) or ""
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for text in (*reader.inside("style"), reader.inside("script")[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [
        a for _, a in reader.tags if any(key.startswith("on") or key == "style" for key in a)
    ]


def test_page_is_small(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_same_ontology_same_bytes(page: str, derm: Ontology) -> None:
    assert render_page(derm, title="Skin") == page


def test_hostile_names_stay_text(hostile: Ontology) -> None:
    for title in HOSTILE:
        page = render_page(hostile, title=title)
        reader = Reader(page)
        assert [tag for tag, _ in reader.tags].count("script") == 2
        assert "img" not in {tag for tag, _ in reader.tags}
        assert "".join(reader.inside("h1")) == title
        assert {row[1] for row in data_of(page)["terms"]} == {term.name for term in hostile.terms()}


def test_names_never_enter_as_markup(page: str) -> None:
    script = Reader(page).inside("script")[1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_faulty_file_gives_a_whole_page(tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    path.write_text('{"a": ["b"], "b": ["c"], "c": ["b", "c"], "d": []}', encoding="utf-8")
    rows = data_of(render_page(load_ontology(path)))["terms"]
    assert sorted(row[1] for row in rows) == ["a", "b", "c", "d"]


def test_counts_are_in_the_page(mini: Ontology) -> None:
    data = data_of(render_page(mini, counts={"DERM:0010003": 7, "GONE:1": 2}))
    assert data["counted"] is True
    assert {row[0]: row[7] for row in data["terms"] if row[7]} == {"DERM:0010003": 7}


def test_command_writes_the_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "onto.html"
    assert main(["ontology", "show", "psoriasis", "--html", str(path)]) == 0
    address = capsys.readouterr().out.strip()
    node = address.partition("#")[2]
    assert address == f"{path.as_posix()}#{node}"
    assert [row[1] for row in data_of(path.read_text("utf-8"))["terms"] if row[0] == node] == [
        "psoriasis"
    ]
    missing = tmp_path / "no" / "onto.html"
    assert main(["ontology", "show", "--html", str(missing)]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_command_shades_by_a_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    captions = tmp_path / "captions.csv"
    captions.write_text(
        "id,caption\n1,Psoriasis of the elbow.\n2,Guttate psoriasis; no eczema.\n3,Psoriasis.\n",
        encoding="utf-8",
    )
    run = tmp_path / "run"
    assert main(["run", str(captions), "-o", str(run), "--lane", "lexicon"]) == 0
    path = tmp_path / "onto.html"
    assert main(["ontology", "show", "--html", str(path), "--run", str(run)]) == 0
    named = {row[1]: row[7] for row in data_of(path.read_text("utf-8"))["terms"] if row[7]}
    assert named["psoriasis"] == 2
    assert named["guttate psoriasis"] == 1
    assert "dermatitis" not in named
    capsys.readouterr()
    assert main(["ontology", "show", "--run", str(run)]) == 2
    assert "--html" in capsys.readouterr().err
