"""What a process owes its offspring: none of them outlives it unseen.

In: this process.   Out: it ends with its parent, adopts what its children leave behind, and ends all of that (Linux).
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress

import psutil

# Stands in the environment of all that a batch starts, with the batch's scratch folder.
MARK = "WORKBENCH_BATCH"

# Of prctl(2).
_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36
# Who is killed is gone within milliseconds, but for one that waits for a disk.
_PATIENCE_SECONDS, _TICK_SECONDS = 5, 0.01


def die_with_parent() -> None:
    """Have the system kill this process when its parent ends, however that ends."""
    _control(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of processes whose parents, somewhere below this one, have ended: daemons are among them."""
    _control(_CHILD_SUBREAPER, 1)


def end_all(*, but: Collection[int] = ()) -> None:
    """Kill every process below this one, but those of these numbers with theirs, until there is none.

    >>> import subprocess
    >>> here = [one.pid for one in psutil.Process().children()]
    >>> left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    >>> end_all(but=here)
    >>> left.wait()
    -9
    """
    kept = {*but}
    _end(lambda: [one for child in psutil.Process().children() if child.pid not in kept for one in _with_its(child)])


def end_marked(mark: str) -> None:
    """Kill every process that was started with this mark in its environment, whoever is its parent by now.

    >>> import subprocess
    >>> left = subprocess.Popen(["sleep", "60"], env={MARK: "/tmp/workbench-7x"}, start_new_session=True)
    >>> end_marked("/tmp/workbench-7x")
    >>> left.wait()
    -9
    """
    _end(lambda: [one for one in psutil.process_iter() if one.pid != os.getpid() and _mark_of(one) == mark])


def _end(find: Callable[[], list[psutil.Process]]) -> None:
    """Kill what is found, again and again: one may have started another meanwhile, or left one to be adopted."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (found := [one for one in find() if _lives(one)]) and time.monotonic() < until:
        for one in found:
            with suppress(psutil.Error):
                one.kill()
        time.sleep(_TICK_SECONDS)


def _with_its(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [*process.children(recursive=True), process]
    return [process]


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _mark_of(process: psutil.Process) -> str | None:
    with suppress(psutil.Error, OSError):
        found: str | None = process.environ().get(MARK)
        return found
    return None


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)
