from __future__ import annotations

import subprocess
import sys

from serving import cpu_seconds_of


def test_cpu_time_is_that_of_a_process_and_its_children():
    work = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        try:
            assert 0.25 <= cpu_seconds_of(process.pid) < 10
        finally:
            process.stdin.close()
