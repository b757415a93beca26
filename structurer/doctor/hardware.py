"""The GPUs and the memory of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from structurer.doctor.finding import Check, size

_MIB: Final = 1 << 20
_SMI: Final = (
    "nvidia-smi",
    "--query-gpu=name,memory.total,memory.free",
    "--format=csv,noheader,nounits",
)


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU, or the machine's own memory (``kind`` "cpu"); sizes in bytes."""

    name: str
    total: int
    free: int
    kind: str = "gpu"


def hardware_checks() -> Iterator[Check]:
    """Yield a finding for every GPU, and one for the memory. No GPU is a note."""
    by_torch, by_driver = torch_gpus(), driver_gpus()
    for index, device in enumerate(by_torch or by_driver):
        detail = f"{device.name}, {size(device.free)} of {size(device.total)} free"
        yield Check(f"gpu {index}", "ok", detail, numbers=_sizes(device))
    if by_driver and not by_torch:
        found = _version("torch")
        told = "torch is not installed" if found is None else f"torch {found} does not see it"
        advice = "install a build of torch for CUDA to use the GPU in this process"
        yield Check("gpu", "warn", f"{by_driver[0].name} is there, and {told}", advice)
    if not by_torch and not by_driver:
        advice = "--backend server uses one elsewhere; CPUs are for small models"
        yield Check("gpu", "note", "none found by torch or nvidia-smi", advice)
    memory = main_memory()
    if memory is not None:
        detail = f"{size(memory.free)} of {size(memory.total)} free"
        yield Check("memory", "ok", detail, numbers=_sizes(memory))


def devices() -> list[Device]:
    """Return the GPUs, or the machine's memory where there are none and it can be told."""
    memory = main_memory()
    return torch_gpus() or driver_gpus() or ([memory] if memory is not None else [])


def torch_gpus() -> list[Device]:
    """Return the GPUs that torch sees; a CPU build is not asked."""
    found = _version("torch")
    if found is None or "+cpu" in found:
        return []
    with suppress(Exception):  # a driver that does not fit raises whatever it likes
        import torch

        return [
            Device(torch.cuda.get_device_name(i), total, free)
            for i in range(torch.cuda.device_count())
            for free, total in (torch.cuda.mem_get_info(i),)
        ]
    return []


def driver_gpus() -> list[Device]:
    """Return the GPUs that ``nvidia-smi`` lists, none where there is no such program."""
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    found = []
    for line in done.stdout.splitlines():
        name, _, numbers = line.partition(",")
        with suppress(ValueError):  # "[N/A]" where the card is cut up
            total, free = (int(number) * _MIB for number in numbers.split(","))
            found.append(Device(name.strip(), total, free))
    return found


def main_memory(
    meminfo: Path = Path("/proc/meminfo"), limits: Path = Path("/sys/fs/cgroup")
) -> Device | None:
    """Return the machine's memory, or what its container may use; ``None`` if not told."""
    try:
        pairs = (line.split(":") for line in meminfo.read_text().splitlines())
        told = {name: int(value.split()[0]) * 1024 for name, value in pairs}
        total, free = told["MemTotal"], told["MemAvailable"]
    except (OSError, ValueError, LookupError):
        return _by_sysconf()
    with suppress(OSError, ValueError):  # "max" where there is no limit
        limit = int((limits / "memory.max").read_text())
        used = int((limits / "memory.current").read_text())
        total, free = min(total, limit), min(free, max(0, limit - used))
    return Device("memory", total, free, "cpu")


def _by_sysconf() -> Device | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return Device("memory", total, total, "cpu")


def _sizes(device: Device) -> dict[str, float]:
    return {"total_bytes": device.total, "free_bytes": device.free}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
