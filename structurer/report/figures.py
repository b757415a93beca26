"""Counts as pictures: bars in parts of a whole, columns, and a tree of diagnoses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from structurer.report.survey import Survey
from structurer.schema import AGE_GROUPS, ASSERTIONS, FIELD_NAMES

_TOP: Final = 15
_TOP_CHILDREN: Final = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: where it starts and how wide it is, in percent of the picture."""

    kind: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled bar; ``note`` stands at its end."""

    label: str
    parts: tuple[Part, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under a title. ``kinds`` is the key to their parts, empty if there is one kind."""

    title: str
    hint: str
    bars: tuple[Bar, ...]
    kinds: tuple[str, ...] = ()


@dataclass(slots=True)
class Branch:
    """A group of diagnoses with the captions below it, and its share of all."""

    name: str
    count: int = 0
    share: float = 0.0
    children: list[Branch] = field(default_factory=list)
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All pictures of a report, empty ones left out."""

    found: tuple[Chart, ...]
    patients: tuple[Chart, ...]
    diagnoses: tuple[Branch, ...]
    top: tuple[Chart, ...]


def figures_of(found: Survey) -> Figures:
    """Return the pictures of a survey."""
    return Figures(
        found=_shown(
            [
                _stacked(
                    "Facts by field",
                    "mentions, by what the caption asserts of them",
                    found.assertions,
                    ASSERTIONS,
                ),
                _agreement(found),
                _link_rate(found),
                _plain(
                    "Choices of nodes",
                    "mentions that the linker left open, by what the model made of them",
                    found.choices.most_common(),
                ),
                _plain(
                    "Refined texts",
                    "captions the model was to rewrite; composed: and why not the model's",
                    found.refined.most_common(),
                ),
                _plain("Relevance", "captions", found.relevant.most_common()),
                _plain("Modality", "captions", found.modality.most_common()),
            ]
        ),
        patients=_shown(
            [
                _plain("Age", "captions that state years", _decades(found.decades)),
                _plain(
                    "Age group",
                    "captions that state a group only",
                    [(g, found.age_groups[g]) for g in AGE_GROUPS if found.age_groups[g]],
                ),
                _plain("Sex", "captions that state it", found.sexes.most_common()),
                _plain(
                    "Skin tone",
                    "captions that state it; a range counts for each of its steps",
                    sorted(found.tones.items(), key=_tone_order),
                ),
            ]
        ),
        diagnoses=tuple(tree_of(found.diagnoses)),
        top=_shown(
            [
                _plain("Signs", "present mentions", found.concepts.most_common(_TOP)),
                _plain("Body sites", "present mentions", found.sites.most_common(_TOP)),
            ]
        ),
    )


def tree_of(paths: Counter[tuple[str, ...]]) -> list[Branch]:
    """Return diagnosis paths as a tree, most frequent first.

    >>> tree = tree_of(Counter({("tumor", "nevus"): 3, ("tumor",): 1}))
    >>> tree[0].name, tree[0].count, tree[0].children[0].count
    ('tumor', 4, 3)
    """
    root = Branch("")
    for path, count in sorted(paths.items()):
        node = root
        for name in path:
            child = next((c for c in node.children if c.name == name), None)
            if child is None:
                child = Branch(name)
                node.children.append(child)
            child.count += count
            node = child
    _settle(root, max((child.count for child in root.children), default=1))
    return root.children


def _settle(branch: Branch, most: int) -> None:
    branch.children.sort(key=lambda child: (-child.count, child.name))
    branch.hidden = len(branch.children) - _TOP_CHILDREN if branch.name else 0
    if branch.hidden > 0:
        del branch.children[_TOP_CHILDREN:]
    for child in branch.children:
        child.share = round(100 * child.count / most, 2)
        _settle(child, most)


def _stacked(
    title: str, hint: str, counts: Counter[tuple[str, str]], kinds: Sequence[str]
) -> Chart:
    totals = {name: sum(counts[name, kind] for kind in kinds) for name in FIELD_NAMES}
    most = max(totals.values(), default=0) or 1
    bars = [
        _bar(name, [(kind, counts[name, kind]) for kind in kinds], most, f"{totals[name]:,}")
        for name in FIELD_NAMES
        if totals[name]
    ]
    return Chart(title, hint, tuple(bars), tuple(kinds))


def _agreement(found: Survey) -> Chart:
    kinds = ("lexicon+llm", "lexicon", "llm")
    if len({lanes for _, lanes in found.agreement}) < 2:
        return Chart("", "", ())
    bars = []
    for name in FIELD_NAMES:
        counts = [(kind, found.agreement[name, kind]) for kind in kinds]
        total = sum(count for _, count in counts)
        if total:
            bars.append(_bar(name, counts, total, f"{100 * counts[0][1] / total:.0f}% agreed"))
    hint = "share of mentions that both lanes gave, or one alone"
    return Chart("Agreement of the lanes", hint, tuple(bars), kinds)


def _link_rate(found: Survey) -> Chart:
    bars = []
    for name in FIELD_NAMES:
        total, linked = found.linkable[name], found.linked[name]
        if total:
            counts = [("linked", linked), ("not linked", total - linked)]
            bars.append(_bar(name, counts, total, f"{100 * linked / total:.0f}%"))
    hint = "share of mentions that have a node of the ontology"
    return Chart("Linked to the ontology", hint, tuple(bars), ("linked", "not linked"))


def _plain(title: str, hint: str, counts: Iterable[tuple[str, int]]) -> Chart:
    pairs = list(counts)
    most = max((count for _, count in pairs), default=0) or 1
    bars = [_bar(label, [("plain", count)], most, f"{count:,}") for label, count in pairs]
    return Chart(title, hint, tuple(bars))


def _bar(label: str, counts: Iterable[tuple[str, int]], most: int, note: str) -> Bar:
    parts, start = [], 0.0
    for kind, count in counts:
        if count:
            width = 100 * count / most
            parts.append(Part(kind, count, round(start, 2), round(width, 2)))
            start += width
    return Bar(label, tuple(parts), note)


def _shown(charts: Iterable[Chart]) -> tuple[Chart, ...]:
    return tuple(chart for chart in charts if chart.bars)


def _decades(decades: Counter[int]) -> list[tuple[str, int]]:
    if not decades:
        return []
    last = max(decades)
    labels = [f"{10 * d} to {10 * d + 9}" for d in range(9)] + ["90 and over"]
    return [(labels[decade], decades[decade]) for decade in range(last + 1)]


def _tone_order(item: tuple[str, int]) -> tuple[str, int, str]:
    scale, _, level = item[0].rpartition(" ")
    return (scale, int(level), "") if level.isdigit() else ("~", 0, item[0])
