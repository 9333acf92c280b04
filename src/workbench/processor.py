"""How much of this machine may be used, and how loops are brought to its speed.

In: the environment, a function on arrays.   Out: numbers of cores and bytes, the function compiled.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

_F = TypeVar("_F", bound=Callable[..., Any])


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """Return how many threads to work with: WORKBENCH_THREADS, else as many as there are cores."""
    if wanted := os.environ.get("WORKBENCH_THREADS"):
        return int(wanted)
    return cores()


def memory_bytes() -> int:
    """Return the memory that processes may hold together: the machine's, or less where a container is allowed less."""
    allowed: list[int] = [psutil.virtual_memory().total]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            allowed.append(int(Path(limit).read_text()))
    return min(allowed)


def free_bytes() -> int:
    """Return the memory that is free now, within what may be held."""
    return min(int(psutil.virtual_memory().available), memory_bytes())


def compiled(function: _F) -> _F:
    """Compile without holding Python's lock; keep the code for the next process where there is a folder to write to."""
    from numba import njit

    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return njit(nogil=True)(function)  # type: ignore[no-any-return]
