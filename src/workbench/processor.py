"""How much of this machine may be used, and how loops are brought to its speed.

In: the environment, a function on arrays.   Out: numbers of cores and bytes, the function compiled.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

_F = TypeVar("_F", bound=Callable[..., Any])

# Where a container sees what it is allowed, by version 2 of control groups or by version 1.
_GROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return the number of cores that this process may use: the machine's, or fewer where a container is allowed less.

    Of a part of a core nothing is made, but there is always one.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _told("cpu.max") or f"{_told('cpu/cpu.cfs_quota_us')} {_told('cpu/cpu.cfs_period_us')}"
    with suppress(ValueError):  # 'max 100000', or nothing told
        allowed, period = map(int, quota.split())
        if allowed > 0:
            return max(1, min(there, allowed // period))
    return there


def threads() -> int:
    """Return how many threads to work with: WORKBENCH_THREADS, else as many as there are cores."""
    if wanted := os.environ.get("WORKBENCH_THREADS"):
        return int(wanted)
    return cores()


def memory_bytes() -> int:
    """Return the memory that processes may hold together: the machine's, or less where a container is allowed less."""
    allowed: list[int] = [psutil.virtual_memory().total]
    with suppress(ValueError):
        allowed.append(int(_told("memory.max") or _told("memory/memory.limit_in_bytes")))
    return min(allowed)


def free_bytes() -> int:
    """Return the memory that is free now: the machine's, or what is left of what a container is allowed."""
    machine, allowed = psutil.virtual_memory(), memory_bytes()
    if allowed == machine.total:
        return int(machine.available)
    statistics = _told("memory.stat") or _told("memory/memory.stat")
    # What was read from files counts as used, though it goes as soon as there is need.
    kept = max(map(int, re.findall(r"inactive_file (\d+)", statistics)), default=0)
    used = int(_told("memory.current") or _told("memory/memory.usage_in_bytes") or 0)
    return max(0, min(int(machine.available), allowed - used + kept))


def _told(name: str) -> str:
    """Return what the control group tells; an empty text where it tells nothing."""
    with suppress(OSError):
        return (_GROUPS / name).read_text().strip()
    return ""


def compiled(function: _F) -> _F:
    """Compile without holding Python's lock; keep the code for the next process where there is a folder to write to."""
    from numba import njit

    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return njit(nogil=True)(function)  # type: ignore[no-any-return]
