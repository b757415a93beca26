"""Build the wheel, look inside it, and use it in a clean environment outside the repository.

Run by ``make wheel``. Proves that an installed wheel needs nothing of the source tree:
prompts, ontology and evaluation travel inside it, and it claims no other top-level name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {"structurer", "ontology_graph"}
NEEDED = (
    "structurer/py.typed",
    "ontology_graph/py.typed",
    "ontology_graph/data/derm.obo",
    "ontology_graph/labels/codes.tsv",
    "ontology_graph/page_assets/page.html",
    "structurer/data/cues.tsv",
    "structurer/report/templates/report.html.j2",
    "structurer/prompts/v1/system.md",
    "structurer/prompts/v1/examples.jsonl",
    "structurer/prompts/choice-v1/question.md.j2",
    "structurer/prompts/refine-v1/instruction.md",
    "structurer/evaluation/__init__.py",
    "structurer/evaluation/run.py",
)


def build(folder: Path) -> Path:
    """Build the wheel into a folder and return its path."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


def check_contents(wheel: Path) -> None:
    """Fail if the wheel holds a foreign top-level name or lacks a file it needs."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == TOP_LEVEL, f"top-level names {sorted(tops)}, expected {sorted(TOP_LEVEL)}"
    missing = [name for name in NEEDED if name not in names]
    assert not missing, f"not in the wheel: {missing}"


def check_use(wheel: Path, folder: Path) -> None:
    """Install the wheel alone and run the commands that read packaged data."""
    home = folder / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}

    def run(*argv: str) -> str:
        done = subprocess.run(
            [str(home / "bin" / "structurer"), *argv],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"structurer {' '.join(argv)}: {done.stderr}"
        return done.stdout

    links = json.loads(run("link", "--json", "BCC"))
    assert links[0]["name"] == "basal cell carcinoma", links
    row = json.loads(run("extract", "No itch. Scaly plaques on both elbows of a 40-year-old man."))
    facts = {(m["field"], m["name"], m["assertion"]) for m in row["mentions"]}
    assert ("symptom", "pruritus", "absent") in facts, facts
    scores = json.loads(run("evaluate", str(ROOT / "examples" / "gold.jsonl"), "--json"))
    assert scores, "no scores"
    run("run", str(ROOT / "examples" / "captions.csv"), "-o", str(folder / "out"))
    run("report", str(folder / "out"))


def main() -> None:
    """Build, look, use."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        check_contents(wheel)
        check_use(wheel, folder)
        print(f"wheel ok: {wheel.name}")


if __name__ == "__main__":
    main()
