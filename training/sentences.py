"""Sentences that training captions are composed of, by kind of text.

``{slot}`` is filled from the ontology or from the lists below and becomes a fact;
``{slot:assertion}`` a fact under that assertion. What stands outside a slot is no fact. All written for this purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FIGURE: Final = (
    "Figure {no}: {lesion} on the {site} of a {age} {sex}.",
    "Fig. {no}. {tint} {lesion} over the {site}, consistent with {disease:possible}.",
    "{disease}. {texture} {lesion} and {lesion} on the {site} (arrow).",
    "({panel}) {shape} {lesion} with {secondary} on the {site}. ({panel2}) Close view: {border} {lesion}.",
    "Clinical photograph shows {tint} {lesion} involving the {site}; {disease} was confirmed by biopsy.",
    "Dermoscopy of {disease} reveals {dermoscopy} and {dermoscopy}.",
    "{disease} in a {age} {sex} with {tone} skin: {texture} {lesion} on the {site}.",
    "{arrangement} {lesion} on the {site}; differential diagnosis {disease:possible} vs {disease:possible}.",
    "{nail} of the {nails} in {disease}.",
    "Complete resolution of the {lesion:absent} after {treatment}.",
    "{tone} patient with {tint} {lesion} on the {site}.",
    "No {secondary:absent} or {lesion:absent} is seen. The {site:absent} is spared.",
)
CASE: Final = (
    "A {age} {sex} presented with a {duration} history of {symptom}, {texture} {lesion} on the {site}.",
    "A {age} {sex} with {past} was seen for {tint} {lesion} of the {site} for {duration}.",
    "He denied {symptom:absent}, {symptom:absent} and {symptom:absent}.",
    "She had no {symptom:absent} or {symptom:absent}, and {symptom:absent} was absent.",
    "Examination revealed {shape}, {texture} {lesion} with {secondary} on the {site} and {site}.",
    "The {site:absent} and {site:absent} were not involved.",
    "{disease:possible} was suspected, but {disease:absent} was excluded by culture.",
    "There was a family history of {disease:family}.",
    "His {relative} had {disease:family}.",
    "{pronoun} had been treated with {treatment} and {treatment} without improvement.",
    "The {lesion} appeared after {exposure} and were {course}.",
    "A history of {disease:historical} was noted.",
    "The differential diagnosis included {disease:possible}, {disease:possible} and {disease:possible}.",
    "A diagnosis of {disease} was made, and {treatment} was started.",
    "Past medical history was significant for {past} and {past}.",
    "Physical examination showed a {age} {sex}, {fitzpatrick}, with {lesion} on the {site}.",
    "The patient reported {symptom} and {symptom} that had been {course} for {duration}.",
    "Laboratory tests were within normal limits.",
    "The patient was lost to follow-up.",
)
POST: Final = (
    "hello doctor i have {lesion} on my {site} since {duration}",
    "{age} {sex}, {symptom} and {lesion} on {site}, is it {disease:possible}?",
    "my {child} has {tint} {lesion} on the {site}, no {symptom:absent}",
    "it is very {symptom}, i used {treatment} but it is {course}",
    "could this be {disease:possible} or {disease:possible}?",
    "I had {disease:historical} years ago but this looks different",
    "my {relative} has {disease:family} too",
    "it started after {exposure}",
    "please help me, thanks in advance",
    "the doctor said it is {disease} and gave me {treatment}",
    "not {symptom:absent} and not {symptom:absent}, just {texture} skin",
    "I think it's not {disease:absent}",
    "#{hashtag} {lesion} on {site} after {duration}",
    "so um today we look at a {age} {sex} who comes in with {symptom} and these {tint} {lesion} "
    "right here on the {site}",
    "how should it be treated?",
)
OFF_TOPIC: Final = (
    "Figure {no}. Axial CT of the abdomen shows a hypodense mass in the left lobe of the liver (arrow).",
    "Flow chart of the study: {no} patients were enrolled and randomised.",
    "Kaplan-Meier curve of overall survival in both arms.",
    "Echocardiogram of a {plainage} {plainsex} with mitral regurgitation.",
    "Endoscopy shows a polyp in the ascending colon.",
    "MRI of the brain, T2-weighted: lesion in the right thalamus.",
    "Western blot of the proteins after 24 hours; bars show the standard error.",
    "The patient was intubated for respiratory failure and transferred to intensive care.",
    "good morning, what is the best phone for taking pictures?",
    "Chest radiograph with bilateral pleural effusions in a {plainage} {plainsex}.",
    "Gross specimen of the resected kidney with a tumour of the upper pole.",
    "Map of the sampling sites along the river.",
)

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "age": (
        "34-year-old", "7-year-old", "62 year old", "19 y/o", "3-month-old", "45-year old",
        "81-year-old", "middle-aged", "elderly", "newborn", "27yo", "teenage", "55 years old",
        "eight-year-old", "two-week-old", "70-year-old", "23-year-old", "12 yr old",
    ),
    "sex": ("man", "woman", "male", "female", "girl", "boy", "lady", "gentleman"),
    "tone": (
        "Fitzpatrick type IV", "phototype II", "skin type VI", "dark", "fair", "brown", "light",
        "Fitzpatrick III",
    ),
    "fitzpatrick": (
        "Fitzpatrick skin type I", "Fitzpatrick skin type III", "Fitzpatrick phototype V",
        "FST IV", "skin phototype II", "Fitzpatrick skin type VI",
    ),
    "nails": ("fingernails", "toenails", "thumbnail", "nails", "great toenail"),
    "duration": (
        "two-week", "3-month", "10 days", "six months", "5 years", "a few weeks", "one week",
        "2 months", "several years", "three days", "20 years", "4-day",
    ),
    "course": (
        "getting worse", "spreading", "slowly progressive", "recurrent", "stable", "on and off",
        "rapidly growing", "intermittent", "chronic", "coming back every summer",
    ),
    "treatment": (
        "topical corticosteroids", "clobetasol ointment", "oral prednisone", "doxycycline",
        "methotrexate", "hydrocortisone cream", "ketoconazole shampoo", "isotretinoin", "acyclovir",
        "cetirizine", "adalimumab", "surgical excision", "cryotherapy", "permethrin", "terbinafine",
        "antibiotics", "tacrolimus ointment", "narrowband UVB", "moisturizer", "minoxidil",
    ),
    "exposure": (
        "a trip to Brazil", "gardening", "a tick bite", "sun exposure", "starting amoxicillin",
        "hair dye", "a new detergent", "swimming in a lake", "contact with cats", "shaving",
        "a COVID-19 vaccination", "taking ibuprofen", "hiking", "wearing a new watch",
    ),
    "past": (
        "type 2 diabetes", "hypertension", "asthma", "renal transplant", "HIV infection", "obesity",
        "Crohn's disease", "hypothyroidism", "breast cancer", "epilepsy", "chronic kidney disease",
        "anaemia", "hepatitis C", "atrial fibrillation",
    ),
}
"""Fillers that are facts and stand in no ontology branch."""

PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "no": ("1", "2", "3", "4A", "12"),
    "panel": ("A", "a", "1"),
    "panel2": ("B", "b", "2"),
    "relative": ("mother", "father", "sister", "brother", "uncle", "grandmother"),
    "pronoun": ("He", "She", "The patient"),
    "plainage": ("58-year-old", "6-year-old", "71-year-old"),
    "plainsex": ("man", "woman"),
    "hashtag": ("skincare", "dermatology", "help", "rash"),
}
"""Fillers that are no fact."""

CHILD: Final = ("son", "daughter", "boy", "baby girl")
"""The poster's child, who is the patient: states the sex."""
