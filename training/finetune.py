"""Trains a LoRA adapter on captions with known facts and saves the model with it merged in.

    python training/compose.py rows.jsonl
    python training/finetune.py rows.jsonl OUT [--model DIR] [--form lines] [--epochs 1]

Needs the ``train`` extra. ``OUT`` is a model folder that ``--model OUT --prompt training/prompt
--set llm_examples=0`` reads with any backend. The loss is over the answer alone. Weights are
float32; with ``--bfloat16`` products are computed in bfloat16, on a GPU or a CPU that has it.
``--adapter`` writes the adapter alone, in bfloat16 (10 MB for the embedded model at rank 16);
``merge.py`` makes the model folder of it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from structurer.decoding import model_text
from structurer.forms import FORMS, Form
from structurer.models import EMBEDDED_NAME, pull_embedded, resolve
from structurer.prompting import Example, load_prompt
from structurer.worked import worked

HERE: Final = Path(__file__).resolve().parent
_LINEAR: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def encoded(row: Example, form: Form, prompt: Any, tokenizer: Any) -> tuple[list[int], int]:
    """Return the tokens of prompt and answer, and how many are the prompt's."""
    shown = row.model_copy(
        update={
            "caption": model_text(row.caption),
            "facts": tuple(f.model_copy(update={"text": model_text(f.text)}) for f in row.facts),
        }
    )
    messages = prompt.static(lambda example: worked(example, form), 0, None, form.words())
    messages.append({"role": "user", "content": prompt.ask(shown.caption)})
    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    before = tokenizer(asked, add_special_tokens=False)["input_ids"]
    answer = tokenizer(worked(shown, form), add_special_tokens=False)["input_ids"]
    return [*before, *answer, tokenizer.eos_token_id], len(before)


def batches(
    rows: Sequence[tuple[list[int], int]], size: int, seed: int
) -> Iterator[list[tuple[list[int], int]]]:
    """Yield batches of like length, in a random order."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    random.Random(seed).shuffle(groups)
    for group in groups:
        yield [rows[i] for i in group]


def loss_of(model: Any, batch: Sequence[tuple[list[int], int]], device: str) -> torch.Tensor:
    """Return the mean loss a token of the answers.

    The vocabulary is as wide as the rest of a small model is deep, so logits are made for the
    tokens of answers alone: a third of the time and most of the memory.
    """
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    answers = torch.zeros(len(batch), longest, dtype=torch.bool)
    for i, (tokens, prompt) in enumerate(batch):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        mask[i, : len(tokens)] = 1
        answers[i, prompt : len(tokens)] = True
    ids, asked = ids.to(device), answers.to(device)[:, 1:]
    inner = model.get_base_model()  # with the adapters in its layers
    states = inner.model(input_ids=ids, attention_mask=mask.to(device)).last_hidden_state
    logits = inner.lm_head(states[:, :-1][asked])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][asked])


def main() -> None:
    """Train, merge, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=EMBEDDED_NAME)
    parser.add_argument("--form", default="lines", choices=("lines", "json"))
    parser.add_argument("--prompt", default=str(HERE / "prompt"))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--adapter", action="store_true", help="write the adapter, not the model")
    parser.add_argument("--bfloat16", action="store_true", help="faster where the chip has it")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    folder = pull_embedded() if args.model == EMBEDDED_NAME else resolve(args.model)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    base: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    settings = LoraConfig(
        r=args.rank, lora_alpha=2 * args.rank, target_modules=list(_LINEAR), task_type="CAUSAL_LM"
    )
    model: Any = get_peft_model(base, settings).to(device).train()
    form, prompt = FORMS[args.form], load_prompt(args.prompt)
    rows = [
        encoded(Example.model_validate(json.loads(line)), form, prompt, tokenizer)
        for path in args.rows
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    steps = args.epochs * -(-len(rows) // args.batch)
    weights = [w for w in model.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=args.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, steps, pct_start=0.05)
    print(f"{len(rows):,} rows, {steps} steps, {sum(w.numel() for w in weights):,} weights trained")
    start, seen, step = time.monotonic(), 0, 0
    for epoch in range(args.epochs):
        for batch in batches(rows, args.batch, args.seed + epoch):
            with torch.autocast(device, torch.bfloat16, enabled=args.bfloat16):
                loss = loss_of(model, batch, device)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            step += 1
            seen += sum(len(ids) for ids, _ in batch)
            if step % 10 == 0 or step == steps:
                spent = time.monotonic() - start
                left = spent / step * (steps - step)
                print(
                    f"step {step}/{steps}: loss {loss.item():.3f}, {seen / spent:.0f} tokens/s, "
                    f"{left:.0f} s left",
                    flush=True,
                )
    if args.adapter:
        model.to(torch.bfloat16).save_pretrained(args.out)
    else:
        model.merge_and_unload().save_pretrained(args.out)
        tokenizer.save_pretrained(args.out)
    print(f"written: {args.out}")


if __name__ == "__main__":
    main()
