"""Words and phrases to one normal form: case, diacritics, spelling, number, punctuation.

The normal form is a key for look-up, not a text for readers: both sides of a comparison go
through it, so it only has to be the same for what is the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CACHE: Final = 1 << 17


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table written as plain text.

    >>> sorted(word_set("left right"))
    ['left', 'right']
    """
    return frozenset(text.split())


SPELLING_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Digraphs of British medical spelling, by stem: a general ae -> e would hit "aerobic".
        (r"haem", "hem"),
        (r"aem(?=i)", "em"),
        (r"oede", "ede"),
        (r"naev", "nev"),
        (r"(?<![a-z])paed|(?<=ortho)paed", "ped"),
        (r"faec", "fec"),
        (r"caec", "cec"),
        (r"gynaec", "gynec"),
        (r"aesth", "esth"),
        (r"aetio", "etio"),
        (r"oesoph", "esoph"),
        (r"oestr", "estr"),
        (r"foet", "fet"),
        (r"coeli", "celi"),
        (r"rrhoe", "rrhe"),
        (r"pnoea", "pnea"),
        (r"leuco", "leuko"),
        (r"sulph", "sulf"),
        (r"(?<![a-z])grey", "gray"),
        (r"mould", "mold"),
        (r"ageing", "aging"),
        (r"aluminium", "aluminum"),
        (
            r"(col|tum|od|hum|vap|fav|harb|flav|lab|behavi|neighb|arm|rum|sav|rig|vig|glam|hon)our",
            r"\1or",
        ),
        (r"(cent|fib|lit|tit|calib)re(?=$|d$|s$)", r"\1er"),
        # -ise verbs: only after stems that take -ize, so "raised", "exercise", "bruise" stay.
        (
            r"(?<=[a-z]{2})(al|an|ar|at|bor|en|er|id|il|in|it|iv|ol|on|ot)"
            r"is(?=e$|ed$|es$|ing$|ation$|ations$|er$)",
            r"\1iz",
        ),
        (r"(anal|paral)ys(?=ed?$|ing$)", r"\1yz"),
    )
)
"""British spelling -> American, applied in order inside a word."""

_BRITISH: Final = re.compile("|".join(f"(?:{rule.pattern})" for rule, _ in SPELLING_RULES))

IRREGULAR: Final[dict[str, str]] = {
    # English
    "feet": "foot", "teeth": "tooth", "calves": "calf", "halves": "half", "lice": "louse",
    "mice": "mouse", "men": "man", "women": "woman", "children": "child",
    "mosquitoes": "mosquito", "noses": "nose", "doses": "dose", "poses": "pose",
    "loses": "lose", "closes": "close", "purposes": "purpose", "exposes": "expose",
    "supposes": "suppose", "discloses": "disclose", "encloses": "enclose",
    # Latin and Greek plurals that no ending rule catches
    "nevi": "nevus", "fungi": "fungus", "calli": "callus", "clavi": "clavus", "noduli": "nodule",
    "nodulus": "nodule", "tori": "torus", "sulci": "sulcus", "humeri": "humerus",
    "comedones": "comedo", "comedone": "comedo", "comedos": "comedo", "lentigines": "lentigo",
    "lentiginis": "lentigo", "impetigines": "impetigo", "vibices": "vibex",
    "cicatrices": "cicatrix", "apices": "apex", "vertices": "vertex", "helices": "helix",
    "varices": "varix", "cortices": "cortex", "indices": "index", "phalanges": "phalanx",
    "larynges": "larynx", "meninges": "meninx", "nares": "naris", "testes": "testis",
    "milia": "milium", "labia": "labium", "septa": "septum", "bacteria": "bacterium",
    "mollusca": "molluscum", "condylomata": "condyloma", "acuminata": "acuminatum",
    "crura": "crus", "viscera": "viscus", "ganglia": "ganglion", "capilli": "capillus",
    # Latin nouns whose English form has another ending
    "papulae": "papule", "papula": "papule", "maculae": "macule", "macula": "macule",
    "pustulae": "pustule", "pustula": "pustule", "vesiculae": "vesicle", "vesicula": "vesicle",
    "squamae": "scale", "squama": "scale", "crustae": "crust", "crusta": "crust",
    "rhagades": "rhagade", "telangiectases": "telangiectasia",
    "telangiectasis": "telangiectasia", "ephelides": "ephelis",
}  # fmt: skip
"""Plural or variant -> singular, before any rule."""

INVARIABLE: Final[frozenset[str]] = word_set(
    """
    always perhaps herpes scabies rabies caries series species facies feces pubes diabetes
    ascites lues tabes pes pancreas biceps triceps forceps glans lens mons pons nigricans
    albicans perstans migrans figurans penetrans canis mumps measles texas christmas gas has was
    this his its us as is thus plus across less yes does goes os mucous callous aids towards
    afterwards besides sometimes whereas intertriginis
    """
)
"""Words that end in s and are no plural."""

_SINGULAR_RULES: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = tuple(
    (ending, re.compile(pattern), replacement)
    for ending, pattern, replacement in (
        ("s", r"(ss|us|is|ous)$", r"\1"),  # no plural: stop here
        ("mata", r"(?<=[a-z]{3})mata$", "ma"),  # erythemata
        ("itides", r"(?<=[a-z]{2})itides$", "itis"),
        ("oses", r"(?<=[a-z]{2})oses$", "osis"),  # keratoses; nouns in -ose stand in IRREGULAR
        # metastases, psoriases; not diseases
        ("ases", r"(?<=[a-z]{2})(t|i|cl|ct)ases$", r"\1asis"),
        ("eses", r"(?<=[a-z]{2})eses$", "esis"),
        ("yses", r"(?<=[a-z])yses$", "ysis"),
        ("ae", r"(?<=[a-z]{2})ae$", "a"),  # bullae, striae
        ("es", r"(ss|x|sh|zz)es$", r"\1"),  # abscesses, rashes
        ("ches", r"(?<!a)ches$", "ch"),  # patches; aches keep their e
        ("uses", r"(?<=[a-z]{2}[^a])uses$", "us"),  # viruses; not causes
        ("ies", r"(?<=[a-z]{3})ies$", "y"),
        ("s", r"(?<=[a-z]{2})s$", ""),
    )
)
"""(ending, pattern, singular); the first that matches decides.

The bare ending is what every match of the pattern ends in: it is cheap to look at first.
"""

_SINGULAR_ENDINGS: Final = tuple({ending for ending, _, _ in _SINGULAR_RULES})

_POSSESSIVE: Final = re.compile(
    r"(?<=\w)['\u2019\u2018\u00b4`\u02bc]\s?s(?![^\W_])|(?<=s)['\u2019](?!\w)"
)
_APOSTROPHE: Final = re.compile(r"(?<=\w)['\u2019\u2018\u00b4`\u02bc](?=\w)")
_ANY_APOSTROPHE: Final = re.compile(r"['\u2019\u2018\u00b4`\u02bc]")
_WORD: Final = re.compile(r"[^\W_]+")
_LIGATURES: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"}
)


def fold(text: str) -> str:
    """Return the text in lower case without diacritics; everything else stays.

    >>> fold("Behçet")
    'behcet'
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", decomposed)
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch))


def _without_apostrophes(text: str) -> str:
    if _ANY_APOSTROPHE.search(text) is None:
        return text
    return _APOSTROPHE.sub("", _POSSESSIVE.sub("", text))


def american(word: str) -> str:
    """Return a lower-case word in American spelling.

    >>> american("oedematous"), american("haemangioma"), american("generalised")
    ('edematous', 'hemangioma', 'generalized')
    >>> american("raised"), american("exercise")
    ('raised', 'exercise')
    """
    if not _BRITISH.search(word):  # most words: one search instead of all
        return word
    for pattern, replacement in SPELLING_RULES:
        word = pattern.sub(replacement, word)
    return word


def singular(word: str) -> str:
    """Return the singular of a lower-case English, Latin or Greek noun.

    >>> [singular(w) for w in ("papulae", "bullae", "keratoses", "patches", "erythemata")]
    ['papule', 'bulla', 'keratosis', 'patch', 'erythema']
    >>> [singular(w) for w in ("lupus", "scabies", "psoriasis", "noses", "diseases")]
    ['lupus', 'scabies', 'psoriasis', 'nose', 'disease']
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or not word.endswith(_SINGULAR_ENDINGS) or word in INVARIABLE:
        return word
    for ending, pattern, replacement in _SINGULAR_RULES:
        if word.endswith(ending):
            changed, hits = pattern.subn(replacement, word, count=1)
            if hits:
                return changed
    return word


@lru_cache(maxsize=_CACHE)
def normalise_word(word: str) -> str:
    """Return the normal form of one word: lower case, singular, American, no diacritics.

    Idempotent. A word that holds no letter or digit gives an empty string; apostrophes and
    a possessive ``s`` are dropped, other punctuation inside is removed.

    >>> normalise_word("Naevi"), normalise_word("oedema"), normalise_word("athlete's")
    ('nevus', 'edema', 'athlete')
    """
    folded = _without_apostrophes(fold(word))
    return _settle("".join(_WORD.findall(folded)))


@lru_cache(maxsize=_CACHE)
def _settle(word: str) -> str:
    """Apply the word rules until nothing changes: one rule may open the way for another."""
    for _ in range(len(word) + 2):
        changed = singular(american(fold(word)))
        if changed == word:
            break
        word = changed
    return word


def words(text: str) -> list[str]:
    """Return the normalised words of a text, in order.

    >>> words("Blue-white veil / Clark's naevi")
    ['blue', 'white', 'veil', 'clark', 'nevus']
    """
    folded = _without_apostrophes(fold(text).replace("&", " and "))
    return list(map(_settle, _WORD.findall(folded)))


def normalise(text: str) -> str:
    """Return the normalised words of a text joined by one space.

    Idempotent and blind to case, diacritics, hyphens, slashes and other punctuation.

    >>> normalise("Café-au-lait  macules"), normalise("Sjögren's syndrome")
    ('cafe au lait macule', 'sjogren syndrome')
    """
    return " ".join(words(text))
