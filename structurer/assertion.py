"""Assertion of a mention by cue and scope, after NegEx and ConText.

Chapman et al. 2001 (doi:10.1006/jbin.2001.1029) and Harkema et al. 2009
(doi:10.1016/j.jbi.2009.05.002) give the method: a trigger word, the side it works on, how
far it reaches, and the words that end its reach. The cues are rows of ``data/cues.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Final

from structurer.tokens import Tokens, tokenize

_FINDING: Final = ("diagnosis", "concept", "symptom", "body_site", "history")
_PRIORITY: Final = ("absent", "family", "possible", "historical")
"""Which cue wins where several reach a mention: "no family history of" is a negation, and a
relative's suspected disease is still the relative's."""

_CATEGORIES: Final = frozenset((*_PRIORITY, "stop", "skip"))
_DIRECTIONS: Final = frozenset(("pre", "post", "both"))


@dataclass(frozen=True, slots=True)
class CueRule:
    """One row of the cue lexicon."""

    words: tuple[str, ...]
    category: str
    direction: str
    scope: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue where it stands: token range ``[first, last)``."""

    first: int
    last: int
    rule: CueRule


def _cue_word(word: str) -> str:
    """Fold contractions: "didn't", "can't" and "cannot" negate as "not" does."""
    lowered = word.lower()
    return "not" if lowered.endswith("n't") or lowered == "cannot" else lowered


def parse_cues(lines: Iterable[str]) -> tuple[CueRule, ...]:
    """Read cue rows (tab-separated: trigger, category, direction, scope, fields).

    Raises:
        ValueError: for a malformed row, naming its line.
    """
    rules = []
    for number, line in enumerate(lines, start=1):
        row = line.rstrip("\n")
        if not row or row.startswith(("#", "trigger\t")):
            continue
        parts = row.split("\t")
        if len(parts) != 5:
            raise ValueError(f"cue line {number}: {len(parts)} columns, expected 5: {row!r}")
        trigger, category, direction, scope, fields = parts
        if category not in _CATEGORIES or direction not in _DIRECTIONS:
            raise ValueError(f"cue line {number}: unknown category or direction: {row!r}")
        every = _PRIORITY if category == "stop" else _FINDING
        names = frozenset(every if fields == "finding" else fields.split(","))
        for words in product(*(part.split("|") for part in trigger.split())):
            folded = tuple(_cue_word(word) for word in tokenize(" ".join(words)).words)
            rules.append(CueRule(folded, category, direction, int(scope), names))
    return tuple(rules)


class CueLexicon:
    """Cues by first word, longest first."""

    def __init__(self, rules: Iterable[CueRule]) -> None:
        self._rules: dict[tuple[str, ...], list[CueRule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.words, []).append(rule)
        sizes: dict[str, set[int]] = {}
        for key in self._rules:
            sizes.setdefault(key[0], set()).add(len(key))
        self._sizes = {first: sorted(found, reverse=True) for first, found in sizes.items()}

    def rules(self) -> tuple[CueRule, ...]:
        """Return the rules, in no order that means anything."""
        return tuple(rule for found in self._rules.values() for rule in found)

    def find(self, words: Sequence[str]) -> list[Cue]:
        """Return the cues of a text, left to right; at each place the longest one only.

        Cues of different categories may share a trigger ("spared" works both ways).
        """
        folded = [_cue_word(word) for word in words]
        cues: list[Cue] = []
        i = 0
        while i < len(folded):
            length = 0
            for size in self._sizes.get(folded[i], ()):
                found = self._rules.get(tuple(folded[i : i + size]))
                if found is not None:
                    cues.extend(Cue(i, i + size, rule) for rule in found)
                    length = size
                    break
            ends_clause = length and cues[-1].rule.category == "stop"
            i += 1 if ends_clause else length or 1  # ", with the exception of" is two cues
        return cues


@lru_cache(maxsize=1)
def default_cues() -> CueLexicon:
    """Return the packaged cue lexicon."""
    text = (files("structurer") / "data" / "cues.tsv").read_text(encoding="utf-8")
    return CueLexicon(parse_cues(text.splitlines()))


_FIRST_PERSON: Final = re.compile(r"\bI(?:'ve| have| had| got| suffer)\b|\bI also\b", re.I)
# "a history of psoriasis for ten years" is a duration: what it names goes on.
_GOES_ON: Final = re.compile(
    r"[^.;,]{1,60}?\b(?:for (?:the (?:past|last) )?(?:[\w-]+ ){1,3}(?:day|week|month|year)s?"
    r"|since (?:childhood|adolescence|birth|infancy|puberty|the age|age|(?:19|20)\d\d))\b",
    re.I,
)
_DETERMINERS: Final = frozenset("the his her its their my our this that these those".split())
_VERBS: Final = frozenset(
    "is are was were has had have appear appears appeared developed became showed shows".split()
)
_CLAUSE_REACH: Final = 6
_LIST_REACH: Final = 6
_LONG_SCOPE: Final = 20
"""How many tokens a clause's subject, and a list's last item, may take."""

_OURS: Final = frozenset({"my", "our"})
_KIN_QUALIFIERS: Final = frozenset(
    "year years yr old month months mo week weeks little elder older younger eldest youngest dear "
    "own baby newborn teenage young elderly new born one two three four five six seven eight nine "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen y o yo 's".split()
)
_KIN_REACH: Final = 6
"""How many tokens may describe a relative: "my eighteen-month-old daughter"."""

# A question that asks for help states its diagnosis; one that asks "is this X?" does not.
_ASKING: Final = frozenset("is are could can does do may might or was has am would".split())
_ASKED_OF: Final = frozenset({"it", "this", "that", "these", "they", "those"})
_REQUEST: Final = frozenset(
    "how help please treat treated treatment treating cure cured medicine medication look "
    "suggest recommend advice advise why when where drug cream ointment prevent".split()
)


class CaptionAssertions:
    """The cues of one caption, ready to judge its mentions."""

    def __init__(self, tokens: Tokens, lexicon: CueLexicon | None = None) -> None:
        self._tokens = tokens
        self._cues = (lexicon or default_cues()).find(tokens.words)
        self._words = [word.lower() for word in tokens.words]
        if not _FIRST_PERSON.search(tokens.text):
            # A post about "my son" has the son as its patient.
            self._cues = [c for c in self._cues if not self._is_poster_kin(c)]
        self._stops = [cue for cue in self._cues if cue.rule.category == "stop"]
        self._clauses = self._clause_starts()

    def of(self, field: str, first: int, last: int, kind: str | None = None) -> str:
        """Return the assertion of the mention at tokens ``[first, last)``.

        ``kind`` is the kind of a history mention: durations and courses are what they
        are, and only exposures can be suspected.
        """
        low, high = self._tokens.sentence_of(first)
        found = {
            cue.rule.category
            for cue in self._cues
            if low <= cue.first < high
            and _may_change(cue.rule, field, kind)
            and self._reaches(cue, first, last)
        }
        for category in _PRIORITY:
            if category in found:
                return category
        if field == "diagnosis" and self._is_asked(low, high, last):
            return "possible"
        return "present"

    def _reaches(self, cue: Cue, first: int, last: int) -> bool:
        rule = cue.rule
        if rule.words == ("?",) and not self._glued(cue.first):
            return False
        if rule.category == "historical" and "history" in rule.words:
            tokens = self._tokens
            if cue.last < len(tokens.ends) and _GOES_ON.match(
                tokens.text, tokens.ends[cue.last - 1]
            ):
                return False
        if rule.direction in ("pre", "both") and cue.last <= first:
            near = first - cue.last < rule.scope
            return near and not self._stopped(cue, cue.last, first)
        if rule.direction in ("post", "both") and last <= cue.first:
            near = cue.first - last < rule.scope
            return near and not self._stopped(cue, last, cue.first)
        return False

    def _stopped(self, cue: Cue, low: int, high: int) -> bool:
        if any(low <= at < high for at in self._clauses):
            return True
        words = cue.rule.words
        # "not painful or itchy, skin-coloured": the list ends with its "or".
        if (
            words[0] in ("no", "not")
            and _listed_out(self._words[low:high])
            and not {"or", "nor"} & {*self._words[high : high + _LIST_REACH]}
        ):
            return True
        brief = words[0] == "not" and cue.rule.scope < _LONG_SCOPE
        if brief and cue.rule.category == "absent" and "," in self._words[low:high]:
            # "not itchy, red patches": only "not red, itchy or painful" goes on.
            rest = self._words[high : high + _LIST_REACH]
            if not {"or", "nor"} & {*self._words[low:high], *rest}:
                return True
        for stop in self._stops:
            if not (low <= stop.first < high and cue.rule.category in stop.rule.fields):
                continue
            if self._words[stop.first] == ":" and (
                stop.first == cue.last or stop.first == cue.first - 1
            ):
                continue  # "PMH: eczema", "pain: none"
            return True
        return False

    def _is_poster_kin(self, cue: Cue) -> bool:
        if cue.rule.category != "family":
            return False
        before = self._words[max(0, cue.first - _KIN_REACH) : cue.first]
        while before and (before[-1] in _KIN_QUALIFIERS or before[-1].isdigit()):
            before.pop()
        return bool(before) and before[-1] in _OURS

    def _clause_starts(self) -> list[int]:
        """Return where a clause with its own verb begins, which no cue before it reaches.

        "no itch and the plaque was red"; "Without itching, nodules appeared".
        """
        starts = []
        for low, high in self._tokens.sentences:
            words = self._words[low:high]
            for i, word in enumerate(words):
                after = words[i + 1 : i + 2]
                if word == "and" and after and after[0] in _DETERMINERS:
                    if _VERBS & set(words[i + 2 : i + 2 + _CLAUSE_REACH]):
                        starts.append(low + i)
                elif word == "," and words[0] == "without" and _VERBS & set(words[i + 2 :]):
                    starts.append(low + i)
                    break
        return starts

    def _glued(self, token: int) -> bool:
        after = token + 1
        tokens = self._tokens
        return after < len(tokens.words) and tokens.starts[after] == tokens.ends[token]

    def _is_asked(self, low: int, high: int, last: int) -> bool:
        words = self._tokens.words
        if words[high - 1] != "?":
            return False
        while high > last and words[high - 1] == "?":
            high -= 1
        before = self._words[low:last]
        if any(a in _ASKING and b in _ASKED_OF for a, b in pairwise(before)):
            return True  # a post that runs on into its question: "no use, is it acne??"
        sentence = self._words[low:high]
        if ":" in sentence:  # "please look at the picture: nummular eczema?"
            sentence = sentence[len(sentence) - sentence[::-1].index(":") :]
        if _REQUEST & set(sentence):
            return False
        return sentence[0] in _ASKING or len(sentence) < 6 or last == high


def _listed_out(between: Sequence[str]) -> bool:
    """Tell if an "or" and then a comma stand between a cue and a mention."""
    return "or" in between and "," in between[between.index("or") :]


def _may_change(rule: CueRule, field: str, kind: str | None) -> bool:
    if field == "history":
        if kind == "treatment" and rule.direction == "post" and rule.fields != {"history"}:
            return False  # "after steroids, fluid was not found"; but "... is not needed"
        if kind in ("duration",):
            return False
        return "history" in rule.fields or (kind or "") in rule.fields
    return field in rule.fields
