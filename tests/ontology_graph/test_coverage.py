"""Label lists of the field: known without a guess, to the node that is clinically the label."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ontology_graph import Link, Linker, Ontology

EXACT_ENOUGH = ("exact", "normalised")

PARTITIONS = {
    "benign proliferation": "benign",
    "vascular anomaly": "benign",
    "malignant proliferation": "malignant",
    "premalignant or indeterminate proliferation": "malignant",
}
"""First level of our path -> side of Fitzpatrick17k; any other first level is non-neoplastic."""

PARTITION_EXCEPTIONS = {
    "milia": "a sign in our concept branch, as the annotation guidelines want it",
    "telangiectases": "a sign in our concept branch: a widened vessel is no growth",
    "prurigo nodularis": "an inflammatory itch disease, not an epidermal growth",
}
"""Labels whose side differs on purpose -> why."""

NODES = {
    "fitzpatrick17k": {
        "acquired autoimmune bullous diseaseherpes gestationis": "pemphigoid gestationis",
        "basal cell carcinoma morpheiform": "morpheaform basal cell carcinoma",
        "behcets disease": "behcet disease",
        "disseminated actinic porokeratosis": "disseminated superficial actinic porokeratosis",
        "drug induced pigmentary changes": "drug-induced pigmentation",
        "granuloma pyogenic": "pyogenic granuloma",
        "hidradenitis": "hidradenitis suppurativa",
        "lupus subacute": "subacute cutaneous lupus erythematosus",
        "mucous cyst": "digital myxoid cyst",
        "neurodermatitis": "lichen simplex chronicus",
        "neurotic excoriations": "excoriation disorder",
        "papilomatosis confluentes and reticulate": "confluent and reticulated papillomatosis",
        "pediculosis lids": "pediculosis palpebrarum",
        "solid cystic basal cell carcinoma": "nodular basal cell carcinoma",
        "sun damaged skin": "chronic photodamage",
        "superficial spreading melanoma ssm": "superficial spreading melanoma",
    },
    "sd198": {
        "Actinic_solar_Damage(Solar_Purpura)": "senile purpura",
        "Beau's_Lines": "beau line",
        "Bowen's_Disease": "squamous cell carcinoma in situ",
        "Cutanea_Larva_Migrans": "cutaneous larva migrans",
        "Dry_Skin_Eczema": "asteatotic eczema",
        "Epithelioma_Adenoides_Cysticum": "trichoepithelioma",
        "Fibroma_Molle": "skin tag",
        "Histiocytosis_X": "langerhans cell histiocytosis",
        "Kyrle's_Disease": "acquired perforating dermatosis",
        "Mucha_Habermann_Disease": "pityriasis lichenoides et varioliformis acuta",
        "Tinea_Faciale": "tinea faciei",
    },
    "ddi": {
        "acral-melanotic-macule": "lentigo simplex",
        "condyloma-accuminatum": "genital wart",
        "epidermal-cyst": "epidermoid cyst",
        "graft-vs-host-disease": "graft-versus-host disease",
        "lichenoid-keratosis": "lichen planus-like keratosis",
        "melanoma-acral-lentiginous": "acral lentiginous melanoma",
        "pigmented-spindle-cell-nevus-of-reed": "reed nevus",
        "seborrheic-keratosis-irritated": "irritated seborrheic keratosis",
    },
    "isic 2019": {
        "AK": "actinic keratosis",
        "AKIEC": "actinic keratosis",
        "BCC": "basal cell carcinoma",
        "BKL": "benign keratosis",
        "DF": "dermatofibroma",
        "MEL": "melanoma",
        "NV": "melanocytic nevus",
        "SCC": "squamous cell carcinoma",
        "VASC": "benign vascular proliferation",
        "nv": "melanocytic nevus",
    },
    "pad-ufes-20": {
        "ACK": "actinic keratosis",
        "NEV": "melanocytic nevus",
        "SEK": "seborrheic keratosis",
    },
    "scin": {
        "Acute dermatitis, NOS": "dermatitis",
        "CD - Contact dermatitis": "contact dermatitis",
        "Kaposi's sarcoma of skin": "kaposi sarcoma",
        "Pigmented purpuric eruption": "pigmented purpuric dermatosis",
        "Grover's disease": "transient acantholytic dermatosis",
    },
    "dermnet": {
        "Discoid eczema": "nummular eczema",
        "Haemangioma": "hemangioma",
        "Naevus of Ota": "nevus of ota",
        "Pompholyx": "dyshidrotic eczema",
        "Psoriasis, unspecified": "psoriasis",
        "Tinea Ringworm Candidiasis and other Fungal Infections": "fungal infection",
        "Venous eczema": "stasis dermatitis",
    },
    "tones": {
        "FST IV": "fitzpatrick 4",
        "MST 5": "monk 5",
        "Monk Skin Tone 10": "monk 10",
    },
}
"""Label list -> label as it is written there -> name of the node that it means."""

AMBIGUOUS = [
    ("SK", "stuck-on waxy seborrheic plaque on the back", "seborrheic keratosis"),
    ("SK", "solar keratosis, rough scale on sun-exposed scalp", "actinic keratosis"),
    ("AK", "rough scaly lesion on sun damaged scalp", "actinic keratosis"),
    ("AD", "itchy flexural eczema in an atopic child", "atopic dermatitis"),
    ("AD", "wrinkles and actinic damage of photoaged skin", "chronic photodamage"),
    ("PG", "ulcer with undermined border, bowel disease, pyoderma", "pyoderma gangrenosum"),
    ("PG", "friable red vascular papule, lobular capillary hemangioma", "pyogenic granuloma"),
    ("PG", "pregnant woman with periumbilical blisters, gestational", "pemphigoid gestationis"),
    ("GA", "annular dermal papules on the hand", "granuloma annulare"),
    ("HS", "axillary abscesses and sinus tracts, acne inversa", "hidradenitis suppurativa"),
    ("HS", "grouped vesicles of the lip, herpes virus", "herpes simplex"),
    ("HS", "raised scar within the wound margin", "hypertrophic scar"),
    ("LP", "violaceous flat-topped papules of the wrist", "lichen planus"),
    ("LP", "hoarseness, lipoid deposits, Urbach-Wiethe", "lipoid proteinosis"),
    ("SCC", "ulcerated keratotic nodule, carcinoma", "squamous cell carcinoma"),
    ("DLE", "scarring discoid plaques with follicular plugging", "discoid lupus erythematosus"),
    ("DLE", "systemic disseminated lupus with nephritis", "systemic lupus erythematosus"),
    ("MF", "patch stage lymphoma", "mycosis fungoides"),
    ("PV", "flaccid blisters and oral erosions, pemphigus", "pemphigus vulgaris"),
    ("PV", "scaly patches on the trunk, Malassezia yeast", "tinea versicolor"),
    ("PV", "silvery scale on plaques of the elbows, psoriasis", "plaque psoriasis"),
    ("PR", "herald patch with collarette", "pityriasis rosea"),
    ("AN", "velvety hyperpigmentation of the neck", "acanthosis nigricans"),
    ("AN", "irregular mole, dysplastic nevus", "dysplastic nevus"),
    ("BP", "tense blisters in an elderly man, subepidermal", "bullous pemphigoid"),
]
"""Abbreviation, its surroundings, the condition meant."""


def lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def known(links: list[Link]) -> float:
    assert links
    return sum(link.match in EXACT_ENOUGH for link in links) / len(links)


@pytest.mark.parametrize(
    ("file", "branch", "least"),
    [
        ("fitzpatrick17k_labels.txt", None, 1.0),
        ("ham10000_labels.txt", None, 1.0),
        ("pad_ufes20_labels.txt", "condition", 1.0),
        ("daffodil_labels.txt", None, 1.0),
        ("sd128_labels.txt", None, 0.98),
        ("skincon_concepts.txt", None, 1.0),
        ("derm7pt_concepts.txt", "concept", 1.0),
        ("isic_body_sites.txt", "body_site", 1.0),
        ("isic_diagnoses.txt", None, 0.9),
    ],
)
def test_label_lists_are_known(
    linker: Linker, shared: Path, file: str, branch: str | None, least: float
) -> None:
    labels = [label.rpartition(":")[2] for label in lines(shared / "data" / "vocab" / file)]
    assert known(linker.link_all(labels, branch)) >= least


def test_unnumbered_skin_terms_of_the_disease_ontology(linker: Linker, shared: Path) -> None:
    path = shared / "data" / "ontologies" / "disease_ontology_skin.tsv"
    with path.open(encoding="utf-8") as file:
        labels = [row["label"] for row in csv.DictReader(file, delimiter="\t")]
    unnumbered = [label for label in labels if not re.search(r"\b\d+[A-Z]?$|\btype \w+$", label)]
    assert len(unnumbered) > 400
    assert known(linker.link_all(unnumbered, "condition")) >= 0.85


def test_benign_malignant_or_neither_as_in_fitzpatrick17k(linker: Linker, shared: Path) -> None:
    path = shared / "data" / "vocab" / "fitzpatrick17k_partitions.tsv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    differing = {
        row["label"]
        for row in rows
        for link in (linker.link(row["label"]),)
        if PARTITIONS.get(link.path[0], "non-neoplastic") != row["three_partition"]
    }
    assert differing == PARTITION_EXCEPTIONS.keys()
    assert 1 - len(differing) / len(rows) >= 0.97


def test_no_label_lies_on_the_other_side(ontology: Ontology, linker: Linker, shared: Path) -> None:
    """Malignant is never benign and never the other way round, by any parent."""
    path = shared / "data" / "vocab" / "fitzpatrick17k_partitions.tsv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        node = linker.link(row["label"]).node
        assert node is not None, row["label"]
        above = {ontology.term(i).name for i in ontology.ancestors(node)}
        ours = next(
            (side for side in ("benign", "malignant") if f"{side} proliferation" in above),
            "non-neoplastic",
        )
        assert {ours, row["three_partition"]} != {"benign", "malignant"}, row["label"]


@pytest.mark.parametrize(
    ("label", "name"),
    [pair for table in NODES.values() for pair in table.items()],
    ids=[f"{source}: {label}" for source, table in NODES.items() for label in table],
)
def test_a_label_means_its_node(linker: Linker, label: str, name: str) -> None:
    link = linker.link(label)
    assert (link.name, link.match in EXACT_ENOUGH) == (name, True)


@pytest.mark.parametrize(("short", "context", "name"), AMBIGUOUS)
def test_surroundings_decide_an_abbreviation(
    linker: Linker, short: str, context: str, name: str
) -> None:
    assert linker.link(short, "condition", context=context).name == name


def test_shared_abbreviations_have_a_reading_on_every_side(ontology: Ontology) -> None:
    owners: dict[str, set[str]] = {}
    for form in ontology.surface_forms():
        if form.kind == "abbreviation" and form.branch == "condition" and form.scope == "EXACT":
            owners.setdefault(form.text, set()).add(form.node)
    shared_ones = {text: nodes for text, nodes in owners.items() if len(nodes) > 1}
    assert {"PG", "PV", "HS"} <= shared_ones.keys()
    for text, nodes in shared_ones.items():
        for node in nodes:
            assert text in {surface for surface, _ in ontology.term(node).readings}, text
