"""How good an extraction is: gold files, matching, metrics and tables.

The way of an evaluation: ``gold`` (what should be found) and ``predictions`` (what was
found) meet in ``matching`` as facts and spans, ``metrics`` counts, ``scoring`` puts the
counts together by lane and field, ``report`` shows them, ``run`` does all of it for files.
"""

from .gold import GoldCaption, GoldError, GoldMention, load_gold
from .report import as_dict, as_markdown, as_tables, save
from .run import run_evaluation
from .scoring import EvaluationReport, LaneReport, evaluate

__all__ = [
    "EvaluationReport",
    "GoldCaption",
    "GoldError",
    "GoldMention",
    "LaneReport",
    "as_dict",
    "as_markdown",
    "as_tables",
    "evaluate",
    "load_gold",
    "run_evaluation",
    "save",
]
