"""What keeps a fuzzy match from turning one well-formed word into another.

A typo gives a word that is none; "stomatocytosis" is no misspelt "stomatopyrosis" and
"phonophobia" no misspelt "photophobia".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import OSA

from ontology_graph.lexicon import word_set

EDIT_BOUNDS: Final[tuple[tuple[int, int], ...]] = ((20, 3), (12, 2), (5, 1))
"""(shortest length, edits allowed): a short word has too many neighbours for a typo.

Holds for the phrase, and for the one word of a phrase that has no other.
"""

WORD_BOUNDS: Final[tuple[tuple[int, int], ...]] = ((7, 2), (3, 1))
"""(shortest length, edits allowed) of a word whose phrase has at least :data:`LONG` letters.

The other words of such a phrase say what is meant.
"""

LONG: Final = 10

SENSE_PREFIXES: Final[tuple[str, ...]] = tuple(
    sorted(
        word_set(
            """
            a an non un in hyper hypo macro micro pre post endo exo ecto intra inter supra infra
            sub epi peri para iso aniso mono poly pauci oligo
            """
        )
    )
)
"""Prefixes that change what a word means: a swap of these is no typo."""

COMBINING_FORMS: Final[frozenset[str]] = word_set(
    """
    acr aden adren aer amyl andr angi ankyl aort append appendic arter arteri arthr ather audi
    auricul bacter balan bili blephar brachi bronch bronchi bucc burs carcin card cardi cephal
    cerebr cervic cheil chol cholangi cholecyst chondr chori chrom col colp conjunctiv corne cost
    crani cry cyan cyst cyt dacry dacryoaden dactyl dent derm dermat dipl diverticul duoden echo
    electr encephal endocrin endometr enter eosin epididym erythr esophag fasci ferr fibr fung
    galact gangli gastr gingiv glomerul gloss gluc glyc gnath gonad granul gynec hem hemat hemi
    hepat hidr hist homo hydr hymen hypn hyster iatr ile immun ischi jejun kal kerat kyph
    labyrinth lact lapar laryng leiomy lepr leuk lip lith lord lymph lymphaden mamm mast mastoid
    megal megakary melan men mening metr mon morph muc my myc myel myring myx nas natr necr nephr
    neur neutr noct norm nyct ocul odont olig onych oophor ophthalm orch orchid osm oste ot ovari
    pachy palat pan pancreat parathyroid path ped pelv pericard perine periton phac phag phalang
    pharyng phleb phon phot phren phyt pil plasm pleur pneum pneumon pod poikil poli polio polyp
    proct prostat psych pulmon py pyel rachi radi radicul ren reticul retin rhabd rhabdomy rhin
    sacr salping sarc schiz scler scoli sial sigmoid sinus somat sperm spermat sphen spin splen
    spondyl staphyl steat stern stomat strept synov tachy tars tel ten tendin teno test thalass
    thel therm thorac thromb thym thyr thyroid tonsill tox trache trich typhl uln ur ureter
    urethr uter uve vagin valvul varic vas vascul ventricul vesic vestibul vulv xanth xen xer zo
    """
)
"""Greek and Latin stems of medical words."""

ENDINGS: Final[frozenset[str]] = word_set(
    """
    acusis algesia algia asthenia atresia blast blastoma carcinoma cardia cele centesis cephaly
    chezia clasia coccus crine cyte cythemia cytoma cytopenia cytosis dactyly desis dipsia dynia
    ectasia ectasis ectomy ectopia edema emesis emia esthesia genesis geusia globulinuria gram
    graphy iasis itis kinesia kinesis lepsy lithiasis logy lysis malacia mania megaly melia meter
    metry necrosis odynia oma opia opsia osis osmia oxia paresis pathy penia pepsia pexy phagia
    phasia philia phobia phonia phoria plasia plasm plasty plegia pnea poiesis prandial praxia
    ptosis ptysis rrhagia rrhaphy rrhea rrhexis rubinemia sarcoma sclerosis scope scopy somnia
    spasm stasis stenosis stomy taxia tension therapy thermia thorax thymia tocia tomy tripsy
    trophy tropia uresis uria volemia
    """
)
"""Endings that make a medical noun of the stems before them."""

_COMPOUND: Final = re.compile(
    rf"(?:(?:{'|'.join(sorted(COMBINING_FORMS, key=len, reverse=True))})(?:([aiou])(?!\1))?)+"
    rf"(?:{'|'.join(sorted(ENDINGS, key=len, reverse=True))})"
)


def edit_bound(length: int, bounds: tuple[tuple[int, int], ...] = EDIT_BOUNDS) -> int:
    """Return how many edits a text of this length may have by a table of bounds.

    >>> [edit_bound(n) for n in (4, 5, 12, 30)]
    [0, 1, 2, 3]
    """
    return next((edits for shortest, edits in bounds if length >= shortest), 0)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return English words: a phrase of these alone is no typo of a term.

    The frequency dictionary that symspellpy carries (82,765 words: Google n-grams met with
    SCOWL; MIT).
    """
    source = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = source.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.partition(" ")[0] for line in lines)


@lru_cache(maxsize=1 << 14)
def is_word(token: str) -> bool:
    """Return whether a normalised word is spelt as a word is, known to the ontology or not.

    An English word, a number, or a medical compound of known stems and a known ending.

    >>> is_word("plague"), is_word("stomatocytosis"), is_word("phonophobia")
    (True, True, True)
    >>> is_word("psorasis"), is_word("dermatits"), is_word("carcinma")
    (False, False, False)
    """
    return token in common_words() or token.isdigit() or _COMPOUND.fullmatch(token) is not None


def word_by_word(typed: Sequence[str], meant: Sequence[str]) -> bool:
    """Return whether every word alone is near enough, its sense-giving prefix unchanged.

    >>> word_by_word(["bassal", "cell"], ["basal", "cell"])
    True
    >>> word_by_word(["hyperpigmentation"], ["hypopigmentation"])
    False
    """
    if len(typed) != len(meant):
        return True  # a space too many or too few: the bound on the phrase is all there is
    among_others = len(typed) > 1 and sum(map(len, typed)) >= LONG
    bounds = WORD_BOUNDS if among_others else EDIT_BOUNDS
    return all(
        one == two
        or (OSA.distance(one, two) <= edit_bound(len(one), bounds) and not opposed(one, two))
        for one, two in zip(typed, meant, strict=True)
    )


def opposed(one: str, two: str) -> bool:
    """Return whether two words differ by a prefix alone.

    >>> opposed("hyperkeratotic", "hypokeratotic"), opposed("eczema", "exzema")
    (True, False)
    """
    if one[-3:] != two[-3:]:
        return False
    rests = [
        {
            word.removeprefix(prefix): prefix
            for prefix in ("", *SENSE_PREFIXES)
            if word.startswith(prefix)
        }
        for word in (one, two)
    ]
    return any(rests[0][rest] != rests[1][rest] for rest in rests[0].keys() & rests[1].keys())
