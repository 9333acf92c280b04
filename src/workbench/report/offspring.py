"""What a process owes its offspring: none of them outlives it unseen.

In: this process.   Out: it ends with its parent, adopts what its children leave behind, and ends all of that (Linux).
"""

import ctypes
import signal
import sys
from collections.abc import Collection
from contextlib import suppress

import psutil

# Of prctl(2).
_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36


def die_with_parent() -> None:
    """Have the system kill this process when its parent ends, however that ends."""
    _control(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of processes whose parents, somewhere below this one, have ended: daemons are among them."""
    _control(_CHILD_SUBREAPER, 1)


def end_all(*, but: Collection[int] = ()) -> None:
    """Kill every process below this one, but those of these numbers with theirs.

    >>> import subprocess
    >>> here = [one.pid for one in psutil.Process().children()]
    >>> left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    >>> end_all(but=here)
    >>> left.wait()
    -9
    """
    kept = {*but}
    for child in psutil.Process().children():
        if child.pid not in kept:
            for one in [*_below(child), child]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()


def _below(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)
