"""One pass over the rows of a run: counts for the pictures, and rows to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from structurer.errors import UserError
from structurer.writers import read_rows

Row = Mapping[str, Any]
Levels = tuple[str, ...]

EXAMPLES: Final = 24
FAILURES: Final = 50


@dataclass(slots=True)
class Survey:
    """Counts over all rows; its size does not grow with the run.

    ``agreement`` counts mentions by (field, lanes), ``linked`` and ``linkable`` by field,
    ``diagnoses`` captions by ontology path of a present diagnosis.
    """

    rows: int = 0
    failed: int = 0
    relevant: Counter[str] = field(default_factory=Counter)
    modality: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    assertions: Counter[tuple[str, str]] = field(default_factory=Counter)
    agreement: Counter[tuple[str, str]] = field(default_factory=Counter)
    linkable: Counter[str] = field(default_factory=Counter)
    linked: Counter[str] = field(default_factory=Counter)
    diagnoses: Counter[Levels] = field(default_factory=Counter)
    concepts: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    decades: Counter[int] = field(default_factory=Counter)
    age_groups: Counter[str] = field(default_factory=Counter)
    sexes: Counter[str] = field(default_factory=Counter)
    tones: Counter[str] = field(default_factory=Counter)
    choices: Counter[str] = field(default_factory=Counter)
    refined: Counter[str] = field(default_factory=Counter)
    unaligned: int = 0
    failures: list[Row] = field(default_factory=list)
    _telling: list[tuple[int, Row]] = field(default_factory=list)
    _others: list[tuple[int, Row]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        if row["status"] != "ok":
            self.failed += 1
            self.reasons[row["failure"]["reason"]] += 1
            if len(self.failures) < FAILURES:
                self.failures.append(row)
        self.relevant[_told(row["relevant"])] += 1
        self.modality[row["modality"] or "not stated"] += 1
        self.unaligned += len(row["unaligned"])
        self.choices.update(row.get("choices") or ())
        if row.get("refined_by"):
            refused = row.get("refined_refusal")
            self.refined[f"composed: {refused}" if refused else row["refined_by"]] += 1
        self._count_patient(row)
        self._count_mentions(row)
        self._consider(row)

    def _count_patient(self, row: Row) -> None:
        if row["age_years"] is not None:
            self.decades[min(int(row["age_years"]) // 10, 9)] += 1
        elif row["age_group"]:
            self.age_groups[row["age_group"]] += 1
        if row["sex"]:
            self.sexes[row["sex"]] += 1
        tone = row["skin_tone"]
        if tone is not None and tone["low"] is not None:
            for level in range(tone["low"], tone["high"] + 1):
                self.tones[f"{tone['scale']} {level}"] += 1
        elif tone is not None:
            self.tones[tone["text"]] += 1

    def _count_mentions(self, row: Row) -> None:
        present: set[Levels] = set()
        for mention in row["mentions"]:
            name = mention["field"]
            self.assertions[name, mention["assertion"]] += 1
            self.agreement[name, "+".join(sorted(mention["lanes"]))] += 1
            if name in _LINKED_FIELDS:
                self.linkable[name] += 1
                self.linked[name] += mention["node"] is not None
            if mention["assertion"] == "present" and mention["node"] is not None:
                if name == "diagnosis":
                    present.add(tuple(mention["path"]))
                elif name in ("concept", "body_site"):
                    counter = self.concepts if name == "concept" else self.sites
                    counter[mention["name"]] += 1
        self.diagnoses.update(present)

    def _consider(self, row: Row) -> None:
        """Keep a row that shows something new, and the first rows to fill up with."""
        if row["status"] != "ok":
            return
        shows = {(m["field"], m["assertion"]) for m in row["mentions"]}
        shows |= {("lanes", "+".join(sorted(m["lanes"]))) for m in row["mentions"]}
        shows.add(("relevant", _told(row["relevant"])))
        if shows - self._seen and len(self._telling) < EXAMPLES:
            self._seen |= shows
            self._telling.append((self.rows, row))
        elif row["mentions"] and len(self._others) < EXAMPLES:
            self._others.append((self.rows, row))

    def examples(self) -> list[Row]:
        """Return up to :data:`EXAMPLES` rows in input order, those that show more first choice."""
        chosen = [*self._telling, *self._others][:EXAMPLES]
        return [row for _, row in sorted(chosen, key=lambda numbered: numbered[0])]


_LINKED_FIELDS: Final = frozenset({"diagnosis", "concept", "symptom", "body_site", "skin_tone"})


def survey(run_dir: Path) -> Survey:
    """Return the survey of all rows of a run.

    Raises:
        UserError: a part cannot be read.
    """
    found = Survey()
    try:
        for row in read_rows(run_dir):
            found.add(row)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"cannot read the parts of {run_dir} ({type(error).__name__}: {error});"
            " run the same command again to repair the run"
        ) from None
    return found


def _told(value: bool | None) -> str:
    return {True: "relevant", False: "not relevant", None: "not stated"}[value]
