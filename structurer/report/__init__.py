"""A run as one HTML file: what was found, how sure, what failed, and how it reads.

The file holds its style and pictures, loads nothing and runs no script, so it can be
mailed, archived, or opened from a cluster's file system.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from structurer.errors import UserError
from structurer.report.evaluation import read_evaluation
from structurer.report.facts import read_facts
from structurer.report.figures import figures_of
from structurer.report.highlight import example_of, legend
from structurer.report.survey import survey
from structurer.writers import atomic, part_files

__all__ = ["render_report", "write_report"]


def write_report(run_dir: Path) -> Path:
    """Write ``run_dir/report.html`` and return its path.

    The same run folder gives the same bytes.

    Raises:
        UserError: the folder holds no parts, or one cannot be read.
        OutputError: the file cannot be written.
    """
    html = render_report(run_dir)
    path = run_dir / "report.html"
    with atomic(path) as stream:
        stream.write(html.encode("utf-8", "replace"))
    return path


def render_report(run_dir: Path) -> str:
    """Return the report of a run as HTML.

    Raises:
        UserError: as :func:`write_report`.
    """
    if not part_files(run_dir):
        raise UserError(f"{run_dir} holds no parts; name a run folder that structurer run made")
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = survey(run_dir)
    environment = Environment(
        loader=PackageLoader("structurer.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        style=(files("structurer.report") / "templates" / "style.css").read_text("utf-8"),
        facts=read_facts(run_dir, found),
        figures=figures_of(found),
        evaluation=read_evaluation(run_dir),
        failures=found.failures,
        failed=found.failed,
        reasons=found.reasons.most_common(),
        legend=legend(),
        examples=[example_of(row) for row in found.examples()],
    )
