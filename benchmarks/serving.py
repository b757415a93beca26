"""A vLLM server for the benchmarks, and what it costs while it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUIET: Final = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_CPU_KVCACHE_SPACE": "2",  # GB: the default is most of the memory
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_SERVER_DEV_MODE": "1",  # for forget(); the server listens on 127.0.0.1 alone
}
"""Environment of the server; what is set already stays."""
START_SECONDS: Final = 400
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. ``pid`` is ``None`` where it was not started here."""

    url: str
    pid: int | None

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server and its children have used so far."""
        return 0.0 if self.pid is None else cpu_seconds_of(self.pid)

    def forget(self) -> bool:
        """Empty the prefix cache; return whether the server did, which not every one does.

        Without it the second system to ask the same prompts would find them computed.
        """
        address = self.url.removesuffix("/v1") + "/reset_prefix_cache"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=30):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def finished(self) -> int:
        """Return how many requests it has answered, or 0 if it does not tell."""
        try:
            with urllib.request.urlopen(self.url.removesuffix("/v1") + "/metrics", timeout=5) as r:
                lines = r.read().decode("utf-8", "replace").splitlines()
        except (urllib.error.URLError, OSError):
            return 0
        counts = [line for line in lines if line.startswith("vllm:request_success_total{")]
        return int(sum(float(line.rpartition(" ")[2]) for line in counts))


@contextmanager
def vllm_server(model: Path, name: str, log: Path, sequences: int) -> Iterator[Server]:
    """Serve a model folder on a free port of 127.0.0.1, up to ``sequences`` answers at a time.

    Raises:
        SystemExit: if it ends or does not answer within :data:`START_SECONDS`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    command += ["--model", str(model), "--served-model-name", name]
    command += ["--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    command += ["--max-model-len", "4096", "--max-num-seqs", str(sequences), "--enforce-eager"]
    command += ["--enable-prompt-tokens-details", "--disable-uvicorn-access-log"]
    command += ["--structured-outputs-config", '{"backend": "guidance"}']
    environment = {**QUIET, **os.environ}
    # Whoever ends the benchmark ends the server too: the default action skips what is below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with log.open("wb") as sink, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command, stdout=sink, stderr=subprocess.STDOUT, cwd=folder, env=environment
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield Server(f"http://127.0.0.1:{port}/v1", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"the vLLM server ended with {process.returncode}: see {log}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    sys.exit(f"the vLLM server did not start in {START_SECONDS} s: see {log}")


@contextmanager
def progress(server: Server, what: str, every: float = 15.0) -> Iterator[None]:
    """Print how many requests are answered, now and then, while the block runs."""
    before, start, done = server.finished(), time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(every):
            answered = server.finished() - before
            print(f"  {what}: {answered} requests, {time.monotonic() - start:.0f} s", flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def cpu_seconds_of(root: int) -> float:
    """Return the CPU time that a process and its descendants have used so far."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it has ended
            continue
        # Behind the name, which may hold anything: state, parent, ... utime, stime.
        values = stat.rpartition(")")[2].split()
        parents[int(folder.name)] = int(values[1])
        ticks[int(folder.name)] = int(values[11]) + int(values[12])
    return sum(used for pid, used in ticks.items() if _descends(pid, root, parents)) / _TICKS


def _descends(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid not in (0, root):
        pid = parents.get(pid, 0)
    return pid == root
