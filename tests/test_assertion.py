"""Assertion of a marked phrase: negation, doubt, past, family, and where their reach ends.

A row is ``expected | field | caption``; ``[[...]]`` marks the phrase. Clinical English in
the categories of NegEx and ConText; expected values follow the annotation guidelines.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.assertion import CaptionAssertions
from structurer.cues import CueLexicon, default_cues, parse_cues
from structurer.tokens import tokenize

ROWS = """
# plain statements
present | concept | Multiple [[papules]] on the trunk.
present | diagnosis | Biopsy-proven [[basal cell carcinoma]] of the nose.
present | diagnosis | Findings consistent with [[lichen planus]].
present | diagnosis | She was diagnosed with [[psoriasis]].
present | diagnosis | The features of [[dermatomyositis]] were seen.
present | symptom | The rash is very [[itchy]].
present | body_site | Scaly plaques over the [[left elbow]].
present | diagnosis | A typical case of [[tinea corporis]].
present | diagnosis | Known case of [[psoriasis]] with a new flare.
present | diagnosis | The diagnosis of [[pemphigus vulgaris]] was confirmed.

# negation before the phrase
absent | concept | There was no [[ulceration]].
absent | symptom | It is not [[itchy]].
absent | symptom | Without [[pain]].
absent | symptom | The patient denies [[itching]].
absent | symptom | She denied any [[fever]].
absent | concept | No evidence of [[scarring]].
absent | diagnosis | No sign of [[melanoma]].
absent | concept | No signs of [[infection]] in the wound.
absent | diagnosis | There is no history of [[psoriasis]].
absent | diagnosis | No family history of [[melanoma]].
absent | concept | The nodule lacks [[ulceration]].
absent | concept | Absence of [[scale]] was striking.
absent | concept | Absence of any [[scale]] was striking.
absent | symptom | Neither [[painful]] nor itchy.
absent | symptom | Neither painful nor [[itchy]].
absent | concept | The mucosa was free of [[erosions]].
absent | concept | Lesional skin free from [[crust]].
absent | diagnosis | Scrapings were negative for [[scabies]].
absent | symptom | He never had [[fever]].
absent | concept | No associated [[alopecia]].
absent | symptom | She doesn't have any [[itch]].
absent | symptom | It doesn't [[hurt]].
absent | symptom | It didn't [[itch]] at all.
absent | symptom | There isn't any [[pain]].
absent | symptom | No complaints of [[pain]].
absent | concept | No visible [[scarring]].
absent | concept | Without any [[oozing]] or crust.
absent | diagnosis | This is not [[psoriasis]].
absent | diagnosis | It wasn't [[scabies]] after all.
absent | concept | The lesion had no [[pigment network]].
absent | concept | Lack of [[hair]] follicles.
absent | concept | Plaques lacking [[scale]].
absent | diagnosis | Tested negative for [[syphilis]].
absent | symptom | pt. denies [[pruritus]]
absent | concept | No palpable [[lymphadenopathy]].
absent | concept | No obvious [[scale]] on top.
absent | symptom | No more [[itching]] since then.

# lists under one negation
absent | symptom | no itch, [[pain]] or bleeding
absent | symptom | no itch, pain or [[bleeding]]
absent | symptom | Denies fever, chills, weight loss, or [[joint pain]].
absent | concept | Without scale, crust, erosion or [[ulceration]].
absent | symptom | Not itchy or [[painful]].
absent | symptom | There was no pruritus, no pain, and no [[tenderness]].
absent | symptom | No fever and no [[arthralgia]].
absent | symptom | No itching/[[pain]].
absent | body_site | No lesions on the [[palms]] or soles.
absent | body_site | No lesions on the palms or [[soles]].
absent | body_site | There was no involvement of the [[oral mucosa]].
absent | body_site | No lesions were found on the trunk, [[scalp]], or nails.
absent | body_site | Sparing the [[face]].
absent | body_site | Widespread papules sparing the [[nasolabial folds]].
absent | body_site | A generalized rash with the exception of [[palms]] and soles.
absent | body_site | A generalized rash with the exception of palms and [[soles]].
absent | body_site | All limbs are involved except for the [[feet]].

# negation after the phrase
absent | diagnosis | [[Melanoma]] was excluded.
absent | diagnosis | [[Scabies]] was ruled out by microscopy.
absent | diagnosis | [[Syphilis]] and leprosy were excluded.
absent | diagnosis | Syphilis and [[leprosy]] were excluded.
absent | diagnosis | [[Tuberculosis cutis]] has been excluded.
absent | concept | [[Ulceration]] was absent.
absent | concept | [[Blisters]] were not seen.
absent | concept | [[Scaling]] is not present.
absent | symptom | [[Itching]] was not reported.
absent | concept | [[Nikolsky sign]] was negative.
absent | concept | The [[Auspitz sign]] is negative.
absent | body_site | The [[palms]] were spared.
absent | body_site | The [[face]] is spared.
absent | body_site | [[Mucous membranes]] were not involved.
absent | body_site | The [[scalp]] was not affected.
absent | body_site | [[Nails]] are unaffected.
absent | body_site | The [[oral mucosa]] was uninvolved.
absent | diagnosis | [[Melanoma]] is unlikely.
absent | symptom | [[Pain]]: none.
absent | symptom | [[Itch]] (-), scale (+)
absent | concept | [[Lymphadenopathy]] was not detected.
absent | diagnosis | [[Lyme disease]] could be excluded.

# what is chosen against
absent | diagnosis | Histology favoured eczema rather than [[psoriasis]].
absent | diagnosis | It proved to be lichen planus instead of [[psoriasis]].

# double negation, pseudo-negation, "not only"
present | concept | Not only [[papules]] but also nodules were seen.
present | concept | Not only papules but also [[nodules]] were seen.
present | symptom | The itch is not without [[pain]].
present | concept | No change in the [[plaque]].
present | concept | There was no improvement of the [[plaques]].
present | concept | No increase in [[redness]] since last week.
present | concept | The [[ulcer]] is not healing.
present | concept | Not healing [[ulcer]] on the shin.
present | concept | [[Papules]] did not respond to treatment.
present | concept | Steroids had no effect on the [[plaques]].
present | concept | With or without [[scale]].
present | concept | I do not know why this [[rash]] keeps coming.
present | concept | I don't know what this [[rash]] is.
present | concept | [[Blisters]] appeared without any obvious cause.
present | concept | For no apparent reason [[blisters]] appeared.
present | diagnosis | It is without doubt [[psoriasis]].
present | diagnosis | There is no doubt that this is [[psoriasis]].
present | diagnosis | The lesions are not limited to [[acne]].
possible | diagnosis | I am not sure if it is [[ringworm]].
possible | diagnosis | We could not rule out [[melanoma]].
possible | diagnosis | One cannot exclude [[lymphoma]].
possible | diagnosis | [[Lymphoma]] cannot be excluded.
possible | diagnosis | [[Melanoma]] could not be ruled out.
possible | diagnosis | [[Amelanotic melanoma]] was not excluded.
possible | diagnosis | can't exclude [[SCC]]

# suspicion
possible | diagnosis | Suspected [[melanoma]].
possible | diagnosis | [[Melanoma]] was suspected.
possible | diagnosis | Clinically suspicious for [[basal cell carcinoma]].
possible | diagnosis | High suspicion of [[leprosy]].
possible | diagnosis | Lesions suggestive of [[scabies]].
possible | diagnosis | Possible [[eczema]].
possible | diagnosis | Probable [[drug eruption]].
possible | diagnosis | Most likely [[contact dermatitis]].
possible | diagnosis | This is likely [[tinea]].
possible | diagnosis | It may be [[psoriasis]].
possible | diagnosis | It might be [[shingles]].
possible | diagnosis | Could be [[ringworm]].
possible | diagnosis | Presumed [[Kaposi sarcoma]].
possible | diagnosis | A provisional diagnosis of [[leprosy]] was made.
possible | diagnosis | Working diagnosis: [[sarcoidosis]].
possible | diagnosis | A papule resembling [[molluscum contagiosum]].
possible | diagnosis | [[Psoriasis]]-like plaques.
possible | diagnosis | Lesions mimicking [[lupus]].
possible | diagnosis | Looks like [[vitiligo]] to me.
possible | diagnosis | It seems to be [[acne]].
possible | diagnosis | I think it is [[eczema]].
possible | diagnosis | Maybe [[hives]].
possible | diagnosis | Findings concerning for [[melanoma]].
possible | diagnosis | Worrisome for [[SCC]].
possible | diagnosis | We considered [[Sweet syndrome]].
possible | diagnosis | [[Erythema nodosum]] was considered.
possible | diagnosis | The possibility of [[leprosy]] was raised.
possible | diagnosis | I guess this is [[impetigo]].
possible | diagnosis | Impression: probable [[rosacea]] of the cheeks.
possible | diagnosis | Findings raise concern for [[angiosarcoma]].

# differential diagnosis
possible | diagnosis | The differential includes [[eczema]] and psoriasis.
possible | diagnosis | The differential includes eczema and [[psoriasis]].
possible | diagnosis | Differential diagnosis: lichen planus, [[lupus]], tinea.
possible | diagnosis | DDx: [[BCC]], SCC, melanoma
possible | diagnosis | DDx: BCC, SCC, [[melanoma]]
possible | diagnosis | D/D: [[pityriasis rosea]], syphilis
possible | diagnosis | dd [[granuloma annulare]]
possible | diagnosis | [[Eczema]] vs psoriasis
possible | diagnosis | Eczema vs [[psoriasis]]
possible | diagnosis | Eczema vs. [[psoriasis]]
possible | diagnosis | [[Keloid]] versus dermatofibroma.
possible | diagnosis | Keloid versus [[dermatofibroma]].
possible | diagnosis | r/o [[melanoma]]
possible | diagnosis | Biopsy to rule out [[lymphoma]].
possible | diagnosis | Rule out [[SCC]].
possible | diagnosis | ?[[BCC]]
possible | diagnosis | Pearly nodule, ?[[BCC]]
possible | diagnosis | (?[[lichen planus]])
possible | diagnosis | Query [[melanoma]]
possible | diagnosis | [[Psoriasis]] is in the differential.
possible | diagnosis | It should be differentiated from [[syphilis]].
possible | diagnosis | It must be distinguished from [[melanoma]].
possible | diagnosis | Differentials are [[cellulitis]] and stasis dermatitis.

# questions
possible | diagnosis | Is this [[eczema]]?
possible | diagnosis | Could this be [[ringworm]]?
possible | diagnosis | [[Psoriasis]]?
possible | diagnosis | Does she have [[scabies]]?
possible | diagnosis | Itchy for two days. Is it [[hives]]?
possible | diagnosis | Hello doctor, can this be [[vitiligo]]?
present | diagnosis | How do I treat my [[eczema]]?
present | diagnosis | What is the best cream for [[psoriasis]]?
present | concept | What are these [[bumps]]?
present | diagnosis | I have [[psoriasis]]. Is it contagious?

# past
present | diagnosis | He had a history of [[psoriasis]] for ten years.
present | body_site | Medical history: a man has had spots on the [[back]] for years.
historical | diagnosis | She has a history of [[atopic dermatitis]].
historical | diagnosis | Past medical history of [[psoriasis]].
historical | diagnosis | h/o [[melanoma]]
historical | diagnosis | PMH: [[eczema]]
historical | diagnosis | Previous [[melanoma]] of the back.
historical | diagnosis | He had [[chickenpox]] as a child.
historical | diagnosis | She had had [[impetigo]].
historical | diagnosis | I used to have [[acne]].
historical | diagnosis | Childhood [[eczema]].
historical | diagnosis | Initially diagnosed as [[cellulitis]].
historical | diagnosis | It had been misdiagnosed as [[eczema]].
historical | diagnosis | It was mistaken for [[ringworm]].
historical | diagnosis | Personal history of [[basal cell carcinoma]].
historical | diagnosis | She had [[shingles]] in the past.
historical | diagnosis | Previously treated for [[scabies]].
historical | concept | The [[blisters]] have resolved.
historical | concept | The [[rash]] had resolved by then.
historical | symptom | The [[itching]] has disappeared.
historical | symptom | [[Fever]] resolved within two days.
historical | symptom | Resolution of the [[pain]].
historical | diagnosis | A month ago she had [[herpes zoster]], now healed.

# "history of" as a duration
present | diagnosis | A two-week history of [[urticaria]].
present | concept | A 3-month history of [[plaques]] on the scalp.
present | symptom | Five years' history of [[itching]].
present | diagnosis | A 10-year history of [[psoriasis]].
present | diagnosis | A long history of [[eczema]].
present | body_site | A three day history of rash on the [[thigh]].
present | concept | History of present illness: [[papules]] on the arm.
present | diagnosis | Several months history of [[alopecia areata]].

# family
family | diagnosis | Family history of [[psoriasis]].
family | diagnosis | Family history: [[melanoma]].
family | diagnosis | His mother had [[psoriasis]].
family | diagnosis | Her father has [[vitiligo]].
family | diagnosis | A brother with [[ichthyosis]].
family | diagnosis | Her sister suffers from [[acne]].
family | diagnosis | [[Eczema]] in her father.
family | diagnosis | His mother and brother have [[neurofibromatosis]].
family | diagnosis | [[Psoriasis]] runs in the family.
family | diagnosis | Maternal grandmother with [[vitiligo]].
family | diagnosis | I have acne and my mother has [[rosacea]].
present | diagnosis | My mother has [[rosacea]].
family | diagnosis | The patient's father had [[melanoma]].
family | diagnosis | Two siblings have [[albinism]].
family | diagnosis | A first-degree relative with [[melanoma]].
family | diagnosis | Other family members have similar [[keratoderma]].
absent | diagnosis | No family history of [[psoriasis]] or atopy.
present | concept | My son has [[bumps]] on his arm.
present | diagnosis | My daughter has [[eczema]].
present | concept | The [[rash]] was noticed by her mother.
present | concept | Her mother noticed the [[rash]] at birth.
present | symptom | His parents reported [[itching]].
present | concept | My baby has a [[rash]] on the cheeks.
present | concept | My husband got these [[spots]] last week.
present | diagnosis | Her mother had vitiligo, but the girl has [[alopecia areata]].

# the end of the reach
present | symptom | No fever but [[itching]].
present | concept | No itching, however there is [[scale]].
present | symptom | It is not painful, but [[itchy]].
present | concept | No ulceration. [[Crust]] is seen.
present | concept | Not painful; [[scaly]] on top.
present | symptom | Painless although [[itchy]].
present | diagnosis | Denies fever; presents with [[urticaria]].
present | concept | No fever, and a [[rash]] on the chest.
present | concept | There was no itch and the [[plaque]] was red.
present | symptom | No scale and it is [[tender]].
present | concept | She has no fever and has a [[rash]].
present | concept | There was no pruritus; examination showed [[papules]].
present | diagnosis | Melanoma was excluded and [[Spitz nevus]] was diagnosed.
present | diagnosis | Syphilis was ruled out; [[pityriasis rosea]] remains.
present | diagnosis | He had eczema as a child. Now he has [[psoriasis]].
present | concept | History of eczema, now presenting with [[vesicles]].
present | diagnosis | Suspected psoriasis; biopsy proved [[lichen planus]].
present | diagnosis | It was initially diagnosed as eczema, but biopsy showed [[mycosis fungoides]].
present | concept | Without itching, [[nodules]] appeared on the leg.
present | symptom | No pain apart from [[itching]].
present | symptom | No symptoms except [[itching]].
present | symptom | No symptoms other than mild [[itch]].
present | concept | A history of diabetes presented with [[bullae]].
present | concept | Suspected [[ulcer]] of the leg.
present | concept | It is not itchy, [[red]] patches on the leg.
absent | symptom | It is not red, [[itchy]] or painful.
possible | diagnosis | Suspected diagnoses were: tuberculosis, [[lupus]].
possible | diagnosis | Please look at the picture: [[nummular eczema]]?
present | symptom | Not very [[itchy]].
historical | concept | The [[ulcer]] has healed.
present | concept | A woman whose father had psoriasis presented with [[plaques]].
"""

LINES = """
present | symptom | No fever\\n[[Itching]] at night
present | concept | Not itchy\\n[[Red]] patches on leg
absent | symptom | no fever or\\n[[chills]] this week
"""

HISTORY = """
absent | past_medical | No history of [[diabetes]].
absent | past_medical | Denies [[hypertension]] and asthma.
present | past_medical | A history of [[diabetes mellitus]].
present | duration | Not itchy, for [[two weeks]].
present | treatment | Treated with [[oral antibiotics]] without improvement.
absent | treatment | She has not used [[topical steroids]].
absent | treatment | No [[antibiotics]] were given.
absent | treatment | [[Antibiotics]] are not needed.
present | treatment | After [[steroids]], the blisters were not seen.
present | treatment | It was not responsive to [[prednisone]].
absent | exposure | No [[insect bites]].
absent | exposure | He denied [[contact with animals]].
possible | exposure | Possible [[exposure to nickel]].
family | past_medical | Her mother has [[diabetes]].
"""


def rows(table: str) -> list[tuple[str, str, str]]:
    kept = [line for line in table.splitlines() if line and not line.startswith("#")]
    split = [line.split(" | ", 2) for line in kept]
    return [(expected, field, caption) for expected, field, caption in split]


def judge(field: str, marked: str, kind: str | None = None) -> str:
    match = re.search(r"\[\[(.+?)\]\]", marked)
    assert match is not None
    text = (marked[: match.start()] + match[1] + marked[match.end() :]).replace("\\n", "\n")
    before = marked[: match.start()].replace("\\n", "\n")
    start, end = len(before), len(before) + len(match[1])
    tokens = tokenize(text, [i for i, char in enumerate(text) if char == "\n"])
    inside = [i for i, at in enumerate(tokens.starts) if start <= at < end]
    return CaptionAssertions(tokens).of(field, inside[0], inside[-1] + 1, kind)


@pytest.mark.parametrize(("expected", "field", "caption"), rows(ROWS + LINES))
def test_assertion(expected: str, field: str, caption: str) -> None:
    assert judge(field, caption) == expected


PUBLISHED = (Path(__file__).parent / "context_cases.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("expected", "field", "caption"), rows(PUBLISHED))
def test_triggers_that_negex_and_context_publish(expected: str, field: str, caption: str) -> None:
    assert judge(field, caption) == expected


@pytest.mark.parametrize(("expected", "kind", "caption"), rows(HISTORY))
def test_history_assertion(expected: str, kind: str, caption: str) -> None:
    assert judge("history", caption, kind) == expected


def test_table_is_large_enough() -> None:
    assert len(rows(ROWS)) >= 200
    assert len(set(rows(ROWS))) == len(rows(ROWS))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no\tabsent\tpre\t5", "line 1: 4 columns"),
        ("no\tnegated\tpre\t5\tfinding", "line 1: unknown category"),
        ("no\tabsent\tleft\t5\tfinding", "line 1: unknown category or direction"),
    ],
)
def test_bad_cue_rows_are_named(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_cues([line])


def test_longest_cue_wins_at_a_place() -> None:
    rules = parse_cues(["no\tabsent\tpre\t5\tfinding", "no change\tskip\tpre\t0\tfinding"])
    found = CueLexicon(rules).find("no change of no plaque".split())
    assert [(cue.first, cue.last, cue.rule.category) for cue in found] == [
        (0, 2, "skip"),
        (3, 4, "absent"),
    ]


def test_of_two_rules_that_differ_in_scope_the_wider_one_stays() -> None:
    rules = parse_cues(["no\tabsent\tpre\t5\tfinding", "no|without\tabsent\tpre\t9\tfinding"])
    (cue,) = CueLexicon(rules).find("no plaque".split())
    assert cue.rule.scope == 9


def test_packaged_cues_are_distinct() -> None:
    seen = [
        (cue.first, cue.rule.category, cue.rule.direction, cue.rule.fields)
        for cue in default_cues().find("no x not x without x suspected but".split())
    ]
    assert len(seen) == len(set(seen)) == 6  # "suspected" works on both sides


@given(st.text(max_size=80), st.sampled_from(["diagnosis", "concept", "body_site", "history"]))
def test_any_text_gets_a_known_assertion(text: str, field: str) -> None:
    tokens = tokenize(text)
    assertions = CaptionAssertions(tokens)
    for i in range(len(tokens.words)):
        assert assertions.of(field, i, i + 1) in {
            "present",
            "absent",
            "possible",
            "historical",
            "family",
        }


@given(st.sampled_from(["papules", "scale", "ulceration"]), st.sampled_from(["no", "without"]))
def test_negation_ends_with_its_sentence(sign: str, cue: str) -> None:
    assert judge("concept", f"{cue.capitalize()} fever. [[{sign}]] seen.") == "present"
    assert judge("concept", f"{cue.capitalize()} [[{sign}]]. Fever.") == "absent"
