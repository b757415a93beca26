"""Is a caption about human skin, and how was its picture made?"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology_graph import load_default
from structurer.cleaning import clean
from structurer.lexicon import LexiconLane
from structurer.relevance import judge_modality, judge_relevance, microscopy_spans


@cache
def lane() -> LexiconLane:
    return LexiconLane(load_default())


def relevant(caption: str) -> bool:
    text = clean(caption)
    verdict = judge_relevance(text.text, lane().extract(text))
    assert verdict.reason
    return verdict.relevant


RELEVANT = [
    "What is this, everyone? It started after the garden. Very itchy!",
    "Erythematous scaly plaques on the elbows.",
    "Basal cell carcinoma of the nose.",
    "A 34-year-old man with itchy papules on the trunk.",
    "My cat scratched me and now there is a red papule on my hand.",
    "A farmer with cutaneous anthrax after contact with infected cattle.",
    "A boy bitten by a dog with an infected wound on the calf.",
    "Dermoscopy shows a blue-white veil.",
    "Skin biopsy showing subepidermal blister in bullous pemphigoid (H&E, x100).",
    "Oral mucosa with white lacy striae.",
    "Dystrophic nails in a patient with psoriasis.",
    "Patient is 34 years old, female. It has been there for 20 years, on the back.",
    "Male, 32 years old. Got the disease for 4 days.",
    "Diffuse hair loss of the scalp.",
    "Verrucous nodule upon the canine and the hard palate.",
    "Swollen gums with ulcers.",
    "Preoperative photograph of the melanoma on the forearm skin before excision.",
    "Clinical photograph showing skin rash on the back after chemotherapy.",
    "A tattoo granuloma on the arm.",
]

IRRELEVANT = [
    "Alopecia in the ear of a mouse after irradiation.",
    "A cow infected with mange, showing pustules on the neck.",
    "Skin lesions in a horse.",
    "Leaf blight with brown spots.",
    "CT scan of the abdomen showing a mass in the liver.",
    "MRI of the brain with a hyperintense nodule.",
    "Chest radiograph showing bilateral pulmonary nodules.",
    "Colonoscopy revealed ulcers in the sigmoid colon.",
    "Kaplan-Meier curve of overall survival.",
    "Schematic diagram of the sensor placed on the skin.",
    "Flowchart of the study.",
    "Western blot of keratinocyte lysates.",
    "Insertion of a trocar through a 25-mm skin incision.",
    "Anastomosis of the sigmoid colon.",
    "Distance between the inguinal skin crease and the umbilicus.",
    "Wing skin panel with rivets.",
    "The questionnaire was sent to all hospitals.",
    "Scanning electron micrograph of nanoparticles.",
    "",
    "Figure 2.",
]


@pytest.mark.parametrize("caption", RELEVANT)
def test_relevant(caption: str) -> None:
    assert relevant(caption)


@pytest.mark.parametrize("caption", IRRELEVANT)
def test_irrelevant(caption: str) -> None:
    assert not relevant(caption)


MODALITIES = [
    ("Dermoscopy of the nodule", "dermoscopy"),
    ("Trichoscopic view of the scalp", "dermoscopy"),
    ("Dermatoscopic image of a nevus", "dermoscopy"),
    ("Histopathology shows acanthosis", "histology"),
    ("Hematoxylin and eosin, original magnification", "histology"),
    ("Acanthosis (H&E)", "histology"),
    ("Spongiosis, x400", "histology"),
    ("Spongiosis, \u00d7 200", "histology"),
    ("Direct immunofluorescence with linear IgG", "histology"),
    ("CT of the chest", "other"),
    ("Ultrasound image of the thyroid", "other"),
    ("Clinical photograph of plaques", "clinical"),
    ("Physical examination revealed papules", "clinical"),
    ("Itchy rash for two weeks", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "modality"), MODALITIES)
def test_modality(text: str, modality: str | None) -> None:
    assert judge_modality(text) == modality


def test_microscopy_runs_to_the_end_of_its_sentence() -> None:
    text = "Red plaque. Histology showed vesicles and crust. Scale on the knee."
    assert [text[a:b] for a, b in microscopy_spans(text)] == ["showed vesicles and crust"]


@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    verdict = judge_relevance(text, [])
    assert verdict.reason
    assert judge_modality(text) in {None, "clinical", "dermoscopy", "histology", "other"}
    for start, end in microscopy_spans(text):
        assert 0 <= start < end <= len(text)
