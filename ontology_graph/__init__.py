"""A dermatology ontology: load it, walk it, link phrases to it, check it.

Useful alone: nothing here knows of captions or language models.
"""

from ontology_graph.graph import Ontology
from ontology_graph.linker import Linker
from ontology_graph.loaders import load_default, load_ontology
from ontology_graph.model import Link, OntologyError, SurfaceForm, Synonym, Term
from ontology_graph.nearest import Near
from ontology_graph.similarity import HierarchicalScore, InformationContent, hierarchical_score

__all__ = [
    "HierarchicalScore",
    "InformationContent",
    "Link",
    "Linker",
    "Near",
    "Ontology",
    "OntologyError",
    "SurfaceForm",
    "Synonym",
    "Term",
    "hierarchical_score",
    "load_default",
    "load_ontology",
]
