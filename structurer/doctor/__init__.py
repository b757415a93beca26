"""What an installation has, what it lacks, and what a model would need of the machine.

``installation`` looks at packages, ``hardware`` at GPUs and memory, ``shape`` reads what a
model folder says about its model, ``fit`` reckons whether it fits, ``trial`` runs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from structurer.doctor.finding import Check
from structurer.doctor.hardware import hardware_checks
from structurer.doctor.installation import clashes, package_checks

__all__ = ["Check", "checks", "clashes"]


def checks() -> Iterator[Check]:
    """Yield the findings, most basic first; nothing is changed.

    torch is imported only where a build of it for GPUs is installed.
    """
    yield from package_checks()
    yield from hardware_checks()
