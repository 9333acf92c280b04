"""A batch that is killed at a moment of its life: as it, or a process of its, does the n-th of all things to a file.

In: a folder with params and notebooks; the number of a moment.   Out: how the batch ended, how many moments it had.

Batches are forked from a process that has loaded what they need, as twenty of them would else load it twenty times.
"""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

_BATCH, _BELOW, _COUNTER, _MOMENT = (f"MOMENTS_{name}" for name in ("BATCH", "BELOW", "COUNTER", "MOMENT"))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Batches:
    """Runs batches, one after the other; use it as a context."""

    def __init__(self, root):
        self.root = root
        # Python looks for a module of this name when it starts, and so do the processes that a batch starts.
        (root / "sitecustomize.py").write_text(
            "import os\nif 'MOMENTS_BATCH' in os.environ:\n import moments as m\n m.heed()"
        )
        paths = {"PYTHONPATH": f"{root}:{Path(__file__).parent}", _COUNTER: str(root / "moments")}
        self.environment = os.environ | paths | {_BELOW: str(root / "reports")}

    def __enter__(self):
        pipe = subprocess.PIPE
        self.server = subprocess.Popen(
            [sys.executable, __file__], cwd=self.root, stdin=pipe, stdout=pipe, text=True, env=self.environment
        )
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.server.communicate()

    def run(self, *, moment=0, **asked):
        """Run a batch, and return its exit code, negative for a signal, and how many moments it had."""
        (self.root / "moments").write_bytes(b"")
        self.server.stdin.write(json.dumps([moment, asked]) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline()), (self.root / "moments").stat().st_size


def heed():
    """Count the moments of this process, and of those forked from it; kill the batch when it is time."""
    batch, below, moment = int(os.environ[_BATCH]), os.environ[_BELOW], int(os.environ[_MOMENT])
    counter = os.open(os.environ[_COUNTER], os.O_WRONLY | os.O_APPEND)

    def see(event, args):
        if _is_moment(event, args, below):
            os.write(counter, b".")
            if os.fstat(counter).st_size == moment:
                os.kill(batch, signal.SIGKILL)

    sys.addaudithook(see)


def _is_moment(event, args, below):
    if event == "open":
        return str(args[0]).startswith(below) and bool((args[2] or 0) & _WRITES)
    if event in ("os.rename", "os.remove", "os.mkdir", "os.chmod"):
        return str(args[0]).startswith(below)
    return event in ("os.fork", "subprocess.Popen")


def serve():
    """Fork a batch for each line on standard input, and say how it ended."""
    import duckdb
    from rich.console import Console

    from workbench import crm, emissions, report
    from workbench.report import publish

    assert all((crm, emissions, publish))
    duckdb.default_connection().close()  # its threads would be in no process that is forked
    places = {"params": Path("params"), "notebooks_folder": Path("notebooks"), "reports": Path("reports")}
    for line in sys.stdin:
        moment, asked = json.loads(line)
        if pid := os.fork():
            sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
            sys.stdout.flush()
        else:
            os.environ |= {_BATCH: str(os.getpid()), _MOMENT: str(moment)}
            heed()
            os._exit(report.run(**places, console=Console(file=io.StringIO()), **asked))


if __name__ == "__main__":
    serve()
