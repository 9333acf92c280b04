"""One batch at a time works on a folder of reports.

In: the folder.   Out: a lock that ends with who holds it, however that ends; who comes second is told who was first.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import InputError

# Workers of a batch that was killed end within a second; a batch that follows at once waits for them.
_PATIENCE_SECONDS = 10
_TICK_SECONDS = 0.1


@contextmanager
def hold(reports: Path) -> Iterator[None]:
    """Hold the folder, which must be there, until the block or the process ends; InputError: another batch is at work.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with hold(folder):
    ...     json.loads((folder / ".batch.lock").read_text())["process"] == os.getpid()
    True
    """
    with (reports / ".batch.lock").open("a+", encoding="utf-8") as lock:
        _wait_for(lock.fileno(), reports)
        lock.truncate(0)
        json.dump({"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, lock)
        lock.flush()
        yield


def _wait_for(handle: int, reports: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > until:
            raise InputError(f"{reports}: {_who(handle)}; wait for its end, or write to another folder (--reports)")
        time.sleep(_TICK_SECONDS)


def _who(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 200, 0))
        since = datetime.fromisoformat(holder["since"])
        return f"another batch is at work there, process {int(holder['process'])}, since {since:%Y-%m-%d %H:%M} UTC"
    except (OSError, ValueError, KeyError, TypeError):
        return "another batch is at work there"
