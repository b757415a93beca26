"""A small ontology that several test modules read."""

MINI = """\
format-version: 1.4
ontology: mini
synonymtypedef: ABBREVIATION "abbreviation" EXACT
synonymtypedef: LAY "lay name"

[Term]
id: DERM:0000001
name: condition
def: "A disease of the skin." []

[Term]
id: DERM:0000002
name: body site
def: "A place on the body." []

[Term]
id: DERM:0010001
name: benign tumor
def: "A growth that does not spread." []
is_a: DERM:0000001

[Term]
id: DERM:0010002
name: malignant tumor
def: "A growth that spreads." []
is_a: DERM:0000001

[Term]
id: DERM:0010003
name: basal cell carcinoma
def: "A cancer of basal cells." []
synonym: "BCC" EXACT ABBREVIATION []
synonym: "rodent ulcer" EXACT LAY []
synonym: "basalioma" RELATED []
xref: DOID:2513
xref: ICD10CM:C44.91
is_a: DERM:0010002

[Term]
id: DERM:0010004
name: nodular basal cell carcinoma
def: "A basal cell carcinoma that forms a nodule." []
is_a: DERM:0010003

[Term]
id: DERM:0010005
name: dermatitis
def: "Inflammation of the skin with itch." []
synonym: "eczema" EXACT []
is_a: DERM:0000001

[Term]
id: DERM:0010006
name: atopic dermatitis
def: "Itchy eczema of the atopic." []
synonym: "AD" EXACT ABBREVIATION []
property_value: reading "AD = eczema asthma flexure" xsd:string
is_a: DERM:0010005

[Term]
id: DERM:0010007
name: actinic damage
def: "Harm done by sunlight." []
synonym: "AD" EXACT ABBREVIATION []
property_value: reading "AD = sun light exposed" xsd:string
is_a: DERM:0000001

[Term]
id: DERM:0010008
name: behcet disease
def: "Vasculitis with ulcers of mouth and genitals." []
is_a: DERM:0000001

[Term]
id: DERM:0010009
name: photosensitive eczema
def: "Eczema that light brings out." []
property_value: primary_parent DERM:0010007
is_a: DERM:0010005
is_a: DERM:0010007

[Term]
id: DERM:0040001
name: hand
def: "The part below the wrist." []
property_value: caution "hand" xsd:string
is_a: DERM:0000002

[Term]
id: DERM:0040002
name: finger
def: "A digit of the hand." []
relationship: part_of DERM:0040001

[Term]
id: DERM:0040003
name: toe
def: "A digit of the foot." []
is_a: DERM:0000002
is_obsolete: true
"""
