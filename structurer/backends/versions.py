"""Which versions of vLLM take a grammar with each request."""

from __future__ import annotations

import re
from typing import Final

from structurer.backends.base import BackendUnavailable

FIRST_VLLM: Final = (0, 12)
"""The first that takes ``structured_outputs``. Those before it ignore the field without a word
(https://docs.vllm.ai/en/latest/features/structured_outputs.html)."""

SUPPORTED: Final = "0.12 or later"


def require_vllm(version: str, where: str) -> None:
    """See that a version of vLLM is supported; ``where`` says whose it is.

    A build from source, or a version in another form, passes: the canary decides then.

    >>> require_vllm("0.32.0+cpu", "this environment")

    Raises:
        BackendUnavailable: if it is too old; the message names the range.
    """
    found = re.match(r"(\d+)\.(\d+)(?!\.?dev)", version)
    if found and (int(found[1]), int(found[2])) < FIRST_VLLM:
        raise BackendUnavailable(
            f"{where} has vLLM {version}, which ignores grammars: vLLM {SUPPORTED} is needed "
            "(pip install 'vllm>=0.12' there)"
        )
