"""One batch at a time works on a folder of reports.

In: the folder.   Out: a lock that ends with who holds it, however that ends; who comes second is told who was first.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import InputError

# A batch that comes to its end, as after Ctrl-C, takes seconds for it; one that follows at once waits for that.
_PATIENCE_SECONDS = 10
_TICK_SECONDS = 0.1
# What a batch writes beside its place, before it is renamed into it.
_WRITTEN = (".probe*", ".run.json.*", ".index.html.*", "*/.history.jsonl.*", "*/documents/.index.html.*")


@contextmanager
def hold(reports: Path) -> Iterator[None]:
    """Hold the folder, which must be there, until the block or the process ends; sweep what a killed batch was writing.

    An InputError says that another batch is at work there, or that the folder cannot be held.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with hold(folder):
    ...     json.loads((folder / ".batch.lock").read_text())["process"] == os.getpid()
    True
    """
    with ExitStack() as held:
        try:
            lock = held.enter_context((reports / ".batch.lock").open("ab+", buffering=0))
            _wait_for(lock.fileno(), reports)
            _sweep(reports)
        except OSError as error:
            raise InputError(f"{reports}: cannot be kept for this batch alone: {error.strerror}") from error
        with suppress(OSError):  # who holds it is told to others, where there is room to
            lock.truncate(0)
            holder = {"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
            lock.write(json.dumps(holder).encode())
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


def _sweep(reports: Path) -> None:
    """Remove what a killed batch itself was writing; what its runs were, goes when they are made up for."""
    for pattern in _WRITTEN:
        for torn in reports.glob(pattern):
            if torn.suffix != ".lock":
                torn.unlink(missing_ok=True)


def _who(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 200, 0))
        since = datetime.fromisoformat(holder["since"])
        return f"another batch is at work there, process {int(holder['process'])}, since {since:%Y-%m-%d %H:%M} UTC"
    except (OSError, ValueError, KeyError, TypeError):
        return "another batch is at work there"
