"""Merges an adapter of ``finetune.py --adapter`` into its model: a folder that all backends read.

    python training/merge.py ADAPTER OUT [--model DIR]

Needs the ``train`` extra.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from structurer.models import EMBEDDED_NAME, pull_embedded, resolve


def main() -> None:
    """Merge and save, in float32 as the model was trained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=EMBEDDED_NAME)
    args = parser.parse_args()
    folder = pull_embedded() if args.model == EMBEDDED_NAME else resolve(args.model)
    base: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    merged: Any = PeftModel.from_pretrained(base, args.adapter).merge_and_unload()
    merged.save_pretrained(args.out)
    AutoTokenizer.from_pretrained(folder).save_pretrained(args.out)
    print(f"written: {args.out}")


if __name__ == "__main__":
    main()
