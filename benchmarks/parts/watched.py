"""What a command takes with all its processes: time, processors, energy, memory, swapping, disk.

In: a command.   Out: `Watched`.
"""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from workbench import emissions
from workbench.emissions.meter import JOULES_PER_KWH

# A look at all processes takes milliseconds, one at the command's own next to nothing: its peak may be its last breath.
_LOOK_SECONDS, _GLANCE_SECONDS = 1.0, 0.1
_MB = 1e6


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What one command took; memory in MB of a million bytes, None where it was over before anybody looked.

    `code` is None where it was stopped at its limit. `joules` are CPU seconds times watts, `joules_codecarbon` the
    other meter's, which holds who watches too and misses processes that are over within its second. `held_mb` is the
    most that all processes held together, looked at once a second, `largest_mb` the most of any one; `own_mb` the most
    of the command's own process, `child_mb` of the largest that it started itself. `free_mb` is the least that was free
    on the machine, `swapped_mb` what went to and from swap, by whomever; `spilled_mb` the most that lay in the folder
    for temporary files.
    """

    code: int | None
    seconds: float
    cpu_seconds: float
    joules: float | None
    joules_codecarbon: float | None
    held_mb: float | None
    largest_mb: float
    own_mb: float | None
    child_mb: float | None
    free_mb: float
    swapped_mb: float
    spilled_mb: float


def pss(process: psutil.Process) -> int:
    """Return the bytes that a process holds, with its part of what it shares: right for processes that were forked."""
    return int(process.memory_full_info().pss) if psutil.LINUX else int(process.memory_info().rss)


def rss(process: psutil.Process) -> int:
    """Return the bytes that a process holds, shared ones too: cheap, where one process holds many gigabytes."""
    return int(process.memory_info().rss)


def watch(
    command: Sequence[object],
    *,
    scratch: Path,
    cwd: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    weigh: Callable[[psutil.Process], int] = pss,
    limit_seconds: float | None = None,
) -> Watched:
    """Run a command to its end or to its limit, temporary files in the empty folder `scratch`, and say what it took.

    What it prints goes to `log`. Processes that it leaves to others are not seen in its CPU seconds.
    """
    swapped, seen = _swapped(), _Seen(scratch=scratch, weigh=weigh)
    with emissions.track("watched", notebook="benchmark", ledger=log.with_suffix(".csv"), country="DE") as footprint:
        code, usage = _run([*map(str, command)], cwd, log, _clean(scratch, environment or {}), seen, limit_seconds)
    # By the command's own CPU seconds: those of the meter are who watches too.
    busy, watts, other = usage.ru_utime + usage.ru_stime, footprint.watts_per_core, footprint.kwh_codecarbon
    return Watched(
        code=code,
        seconds=footprint.wall_seconds or 0.0,
        cpu_seconds=busy,
        joules=None if watts is None else busy * watts,
        joules_codecarbon=None if other is None else other * JOULES_PER_KWH,
        held_mb=seen.held or None,
        largest_mb=usage.ru_maxrss * (1 if psutil.MACOS else 1024) / _MB,
        own_mb=seen.own or None,
        child_mb=seen.child or None,
        free_mb=seen.free,
        swapped_mb=_swapped() - swapped,
        spilled_mb=seen.spilled,
    )


@dataclass
class _Seen:
    """The most that was seen of a command so far."""

    scratch: Path
    weigh: Callable[[psutil.Process], int]
    held: float = 0.0
    own: float = 0.0
    child: float = 0.0
    spilled: float = 0.0
    free: float = field(default_factory=lambda: psutil.virtual_memory().available / _MB)

    def look(self, pid: int) -> None:
        self.free = min(self.free, psutil.virtual_memory().available / _MB)
        self.spilled = max(self.spilled, _bytes_below(self.scratch) / _MB)
        held, child = 0.0, 0.0
        with suppress(psutil.Error):
            for one in [(root := psutil.Process(pid)), *root.children(recursive=True)]:
                with suppress(psutil.Error, OSError):
                    held += self.weigh(one) / _MB
                    child = max(child, _peak(one.pid) if one.ppid() == pid else 0.0)
        self.held, self.child = max(self.held, held), max(self.child, child)


def _run(
    command: list[str], cwd: Path, log: Path, environment: dict[str, str], seen: _Seen, limit_seconds: float | None
) -> tuple[int | None, resource.struct_rusage]:
    """Run a command in a session of its own; return its exit code and what it used with all that it waited for."""
    over, late = threading.Event(), threading.Event()
    with log.open("ab") as said:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
        )
    looking = threading.Thread(target=_look_on, args=(process.pid, seen, over, late, limit_seconds))
    looking.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        over.set()
        looking.join()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return None if late.is_set() else process.returncode, usage


def _look_on(pid: int, seen: _Seen, over: threading.Event, late: threading.Event, limit_seconds: float | None) -> None:
    began = looked = time.monotonic()
    while not over.wait(_GLANCE_SECONDS):
        seen.own = max(seen.own, _peak(pid))
        if time.monotonic() - looked > _LOOK_SECONDS:
            seen.look(pid)
            looked = time.monotonic()
        if limit_seconds is not None and time.monotonic() - began > limit_seconds:
            late.set()
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            return


def _clean(scratch: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment as a user would have it: the meter's own marks are no part of what is measured."""
    scratch.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name != "WORKBENCH_METER_RUN"}
    return kept | {"TMPDIR": str(scratch)} | dict(environment)


def _peak(pid: int) -> float:
    """Return the most that a process has held so far, where Linux tells it."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return float(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / _MB
    return 0.0


def _swapped() -> float:
    swap = psutil.swap_memory()
    return float(swap.sin + swap.sout) / _MB


def _bytes_below(folder: Path) -> int:
    found = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                found += os.lstat(os.path.join(root, name)).st_size
    return found
