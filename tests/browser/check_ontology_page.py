"""Drive the ontology's page in a real browser: ``python tests/browser/check_ontology_page.py``.

With ``--picture FILE`` it also writes the picture of the documentation. Where no Chromium is
found it says so and ends with 0, so that it can stand in a list of checks.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from chromium import BrowserError, Page, find_chromium

from ontology_graph import Ontology, load_default, load_ontology
from ontology_graph.page import render_page

CHOSEN = "document.querySelector('#card h2').textContent"
OPEN = "!document.getElementById('found').hidden"
TITLE = "Dermatology ontology"
HOSTILE = '<img src=x onerror="window.hurt=1">'
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39, "/": 191}


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.press(key, KEYS[key])


def arrived(page: Page, name: str) -> None:
    """Wait until the card shows a term and the wheel stands still."""
    page.until(f"{CHOSEN} === {name!r}")
    time.sleep(0.9)


def expect(page: Page, expression: str, wanted: object) -> None:
    found = page.look(expression)
    if found != wanted:
        raise BrowserError(f"{expression} gave {found!r}, not {wanted!r}")


def click_wheel(page: Page, turn: float, far: float) -> None:
    """Click the wheel at an angle (turns from the top) and a share of its radius."""
    box = page.look(
        "(() => {const b = document.getElementById('wheel').getBoundingClientRect();"
        "return [b.left + b.width / 2, b.top + b.height / 2, b.width / 2]})()"
    )
    angle = 2 * math.pi * turn
    page.click(box[0] + far * box[2] * math.sin(angle), box[1] - far * box[2] * math.cos(angle))


def zooms_in_and_out(page: Page, onto: Ontology) -> None:
    click_wheel(page, 0.25, 0.25)
    arrived(page, "condition")
    expect(page, "location.hash", f"#{onto.by_name('condition').id}")
    click_wheel(page, 0.02, 0.25)
    arrived(page, "inflammatory disease")
    click_wheel(page, 0, 0)
    arrived(page, "condition")
    click_wheel(page, 0, 0)
    arrived(page, TITLE)
    page.look("history.back()")
    arrived(page, "condition")


def searches_by_key(page: Page, onto: Ontology) -> None:
    press(page, "/")
    expect(page, "document.activeElement.id", "query")
    page.type("rodent ulc")
    page.until(OPEN)
    expect(page, "document.querySelector('#hits .name').textContent", "basal cell carcinoma")
    press(page, "Enter")
    arrived(page, "basal cell carcinoma")
    expect(page, OPEN, False)
    expect(page, "document.title", f"basal cell carcinoma \u00b7 {TITLE}")


def searches_codes_and_moves(page: Page, onto: Ontology) -> None:
    code = next(x for x in onto.by_name("psoriasis").xrefs if x.startswith("DOID:"))
    page.look("query.value = ''; query.focus()")
    page.type(code)
    page.until(OPEN)
    expect(page, "document.querySelector('#hits .name').textContent", "psoriasis")
    page.look("query.value = ''")
    page.type("nail")
    page.until("document.querySelectorAll('#hits li').length === 12")
    press(page, "ArrowDown", "ArrowDown", "ArrowUp")
    expect(page, "query.getAttribute('aria-activedescendant')", "hit1")
    expect(page, "document.querySelector('#hits [aria-selected=true]').id", "hit1")
    press(page, "Escape")
    expect(page, OPEN, False)
    page.look("query.value = ''; query.focus()")
    page.type("zzzz")
    page.until("document.getElementById('more').textContent === 'Nothing found'")
    press(page, "Escape")


def moves_by_key(page: Page, onto: Ontology) -> None:
    page.look("location.hash = ''")
    arrived(page, TITLE)
    page.look("document.getElementById('wheel').focus()")
    press(page, "ArrowDown", "ArrowRight")
    expect(page, "document.getElementById('tip').hidden", False)
    press(page, "Enter")
    arrived(page, "concept")
    press(page, "Escape")
    arrived(page, TITLE)


def follows_links(page: Page, onto: Ontology) -> None:
    page.look("[...document.querySelectorAll('#branches a')].at(-1).click()")
    arrived(page, "skin tone")
    expect(page, "document.querySelector('#branches [aria-current]').textContent", "skin tone")
    page.look("document.querySelector('#card .links a').click()")
    page.until("document.querySelectorAll('#crumbs li').length === 3")
    page.look("document.querySelector('#crumbs a').click()")
    arrived(page, TITLE)


def every_term_has_a_card(page: Page, onto: Ontology) -> None:
    for term in list(onto.terms())[::97]:
        page.look(f"location.hash = {('#' + term.id)!r}")
        page.until(f"document.querySelector('#card code')?.textContent === {term.id!r}")
        expect(page, CHOSEN, term.name)


def fits_a_phone(page: Page, onto: Ontology) -> None:
    page.size(360, 740, scale=2, phone=True)
    page.look(f"location.hash = '#{onto.by_name('psoriasis').id}'")
    arrived(page, "psoriasis")
    expect(page, "document.documentElement.scrollWidth <= 360", True)
    expect(page, "document.getElementById('wheel').getBoundingClientRect().width > 300", True)
    page.size(1360, 860)


def every_branch_can_be_reached(page: Page, onto: Ontology) -> None:
    # What lies before the start of a row that scrolls cannot be scrolled to.
    left = "document.querySelector('#branches a').getBoundingClientRect().left"
    for width in (360, 700, 950, 1060, 1310):
        page.size(width, 760)
        expect(page, f"{left} >= branches.getBoundingClientRect().left", True)
        expect(page, "branches.scrollLeft === 0 && branches.clientWidth > 200", True)
        expect(page, f"document.documentElement.scrollWidth <= {width}", True)
    page.size(1360, 860)


def is_quick(page: Page, onto: Ontology) -> None:
    page.look("location.hash = ''")
    arrived(page, TITLE)
    page.until("performance.timing.loadEventEnd > 0")
    took = page.look("performance.timing.loadEventEnd - performance.timing.navigationStart")
    if took > 5000:
        raise BrowserError(f"loading took {took} ms")


CHECKS: tuple[Callable[[Page, Ontology], None], ...] = (
    zooms_in_and_out,
    searches_by_key,
    searches_codes_and_moves,
    moves_by_key,
    follows_links,
    every_term_has_a_card,
    fits_a_phone,
    every_branch_can_be_reached,
    is_quick,
)


def check_hostile(page: Page, folder: Path) -> None:
    """See that names are text, whatever they hold, and that a cycle does no harm."""
    source = folder / "hostile.json"
    name = HOSTILE.replace('"', '\\"')
    source.write_text(f'{{"a": ["{name}", "</script>"], "b": ["c"], "c": ["b"]}}', encoding="utf-8")
    path = folder / "hostile.html"
    path.write_text(render_page(load_ontology(source), title=HOSTILE), encoding="utf-8")
    page.open(path)
    expect(page, "document.querySelector('h1').textContent", HOSTILE)
    page.look("location.hash = document.querySelector('#card .links a').hash")
    arrived(page, "a")
    expect(page, "document.querySelectorAll('img').length", 0)
    expect(page, "window.hurt === undefined", True)
    expect(page, "document.querySelectorAll('#card .links li').length", 2)
    page.look("document.getElementById('query').focus()")
    page.type("img")
    page.until(OPEN)
    expect(page, "document.querySelector('#hits .name').textContent", HOSTILE)


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--picture", type=Path, help="write the documentation's picture here")
    wanted = parser.parse_args()
    binary = find_chromium()
    if binary is None:
        print("skipped: no Chromium found; install one or set CHROMIUM=/path/to/it")
        return 0
    onto = load_default()
    with tempfile.TemporaryDirectory() as folder, Page(binary) as page:
        path = Path(folder) / "ontology.html"
        path.write_text(render_page(onto, title=TITLE), encoding="utf-8")
        page.size(1360, 860)
        page.media(prefers_color_scheme="light")
        page.open(path)
        try:
            if wanted.picture:
                page.size(1320, 800)
                page.look(f"location.hash = '#{onto.by_name('condition').id}'")
                arrived(page, "condition")
                page.picture(wanted.picture)
                page.size(1360, 860)
                page.look("location.hash = ''")
            arrived(page, TITLE)
            for check in CHECKS:
                check(page, onto)
                print(f"ok: {check.__name__.replace('_', ' ')}")
            check_hostile(page, Path(folder))
            print("ok: hostile names are text")
        except BrowserError as error:
            print(f"failed: {error}", file=sys.stderr)
            return 1
        loaded = [url for url in page.requests if not url.startswith(("file:", "about:"))]
        for problem in (*page.faults, *(f"requested {url}" for url in loaded)):
            print(f"failed: {problem}", file=sys.stderr)
        return 1 if page.faults or loaded else 0


if __name__ == "__main__":
    sys.exit(main())
