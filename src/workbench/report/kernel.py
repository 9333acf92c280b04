"""A kernel of this very Python that never outlives those who wait for it, nor takes more than its due.

In: a lifeline, which is a file handle that ends when the batch does; limits of time and memory; a folder.
Out: a running kernel and its guard.
"""

import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import psutil
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.utils import run_sync

from workbench.report.offspring import adopt_orphans, end_all
from workbench.report.warm import LOADED

# Memory is looked at so often that no process takes what is left of it in between, but not without end.
_LONGEST_PAUSE_SECONDS, _SHORTEST_PAUSE_SECONDS, _FASTEST_BYTES_PER_SECOND = 0.5, 0.05, 8e9
_HEARD_SECONDS, _SHUTDOWN_SECONDS = 0.05, 0.01
# The stream that a kernel prints to.
_PRINTED = "workbench.report.printed.Printed"


class Listener(AsyncKernelClient):  # type: ignore[misc]
    """Jupyter's own client, that lets no message fall however many come at once: by default the 1001st is lost."""

    def _context_default(self) -> Any:
        context = super()._context_default()
        context.rcvhwm = 0
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return as soon as the kernel has replied and is heard; RuntimeError where it ends or takes too long.

        Jupyter's own way waits for another fifth of a second in case that more is said.
        """
        ends = time.monotonic() + (inf if timeout is None else timeout)
        while await self.is_alive():
            asked = self.kernel_info()
            with suppress(Empty):
                await self.get_shell_msg(timeout=1)
                while not _is_idle(await self.get_iopub_msg(timeout=_HEARD_SECONDS), asked):
                    pass
                return
            if time.monotonic() > ends:
                raise RuntimeError(f"the kernel did not reply within {timeout} seconds")
        raise RuntimeError("the kernel ended before it replied")


class Guard(Thread):
    """Ends the kernel at its limits of time and memory, and kernel and process when the lifeline ends.

    `stopped` says why it ended the kernel: 'time', 'memory', or nothing; `loaded` what a forked kernel that has ended
    had to load by itself.
    """

    def __init__(
        self, manager: Any, *, lifeline: int, limit_seconds: float, limit_bytes: int | None, folder: str
    ) -> None:
        super().__init__(daemon=True)
        self.manager = manager
        self.process_group = int(manager.provisioner.pid)
        self.stopped = ""
        self.loaded: list[str] = []
        self._lifeline, self._folder = lifeline, folder
        self._until, self._limit_bytes = time.monotonic() + limit_seconds, limit_bytes

    def run(self) -> None:
        """Wait for a limit or the end of the lifeline, whichever comes first."""
        pause: float | None = 0.0
        while not select.select([self._lifeline], [], [], pause)[0]:
            pause = self._keep_limits()
        self.kill_kernel()
        end_all()
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # the last of several removes what held them all
            os.rmdir(os.path.dirname(self._folder))
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def _keep_limits(self) -> float | None:
        """End what is beyond a limit; return for how many seconds nothing can get there, None: nothing is left to."""
        left_bytes = inf if self._limit_bytes is None else self._limit_bytes - _held_bytes(self._limit_bytes)
        if time.monotonic() > self._until:
            self.stopped = "time"
        elif left_bytes < 0:
            self.stopped = "memory"
        if self.stopped:
            self.kill_kernel()
            end_all()
            return None
        return min(max(left_bytes / _FASTEST_BYTES_PER_SECOND, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)

    def kill_kernel(self) -> None:
        """End the kernel and the processes that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process_group, signal.SIGKILL)


@contextmanager
def start(lifeline: int, *, limit_seconds: float, limit_bytes: int | None, scratch: str) -> Iterator[Guard]:
    """Start a kernel with an empty profile, reached through files in `scratch` rather than through the network.

    Only their owner may enter `scratch`, whose path is so short that a socket's name fits. To be called in a process
    group of one's own: all of it ends with the lifeline, and what the kernel leaves behind ends with it.
    """
    adopt_orphans()
    with TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
        manager = AsyncKernelManager(
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="ipc",
            connection_file=f"{folder}/kernel.json",
            client_class=f"{__name__}.Listener",
        )
        environment = os.environ | {"IPYTHONDIR": f"{folder}/ipython", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        settings = ["--HistoryManager.hist_file=:memory:", f"--IPKernelApp.outstream_class={_PRINTED}"]
        run_sync(manager.start_kernel)(env=environment, extra_arguments=settings)
        guard = Guard(manager, lifeline=lifeline, limit_seconds=limit_seconds, limit_bytes=limit_bytes, folder=folder)
        _offer_first(guard.process_group)
        guard.start()
        try:
            yield guard
        finally:
            run_sync(_shut_down)(manager)
            guard.kill_kernel()
            end_all()
            with suppress(OSError, ValueError):
                guard.loaded = json.loads((Path(folder) / LOADED).read_text())


def _is_idle(message: dict[str, Any], asked: str) -> bool:
    """Say whether by this message the kernel has done what it was asked: of messages before it, none will come."""
    said = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
    return bool(said and message["parent_header"].get("msg_id") == asked)


async def _shut_down(manager: AsyncKernelManager) -> None:
    """Shut the kernel down as Jupyter does, but look for its end more often than every tenth of a second."""
    if manager.has_kernel:
        await manager.interrupt_kernel()
        await manager.request_shutdown()
        await manager.finish_shutdown(pollinterval=_SHUTDOWN_SECONDS)
    await manager.cleanup_resources()


def _offer_first(pid: int) -> None:
    """Have the system end the kernel, and not those who would tell, where memory runs out all the same (Linux)."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _held_bytes(limit_bytes: int) -> int:
    """Return the memory that all processes below this one hold; pages that they share count once, if it comes to that.

    The system knows at once how much each has in memory, and what of that it shares, as what is forked does, only when
    it counts (Linux).
    """
    below = psutil.Process().children(recursive=True)
    held = sum(_bytes_of(one, shared=True) for one in below)
    return held if held <= limit_bytes else sum(_bytes_of(one, shared=False) for one in below)


def _bytes_of(process: psutil.Process, *, shared: bool) -> int:
    with suppress(psutil.Error):
        if not shared and sys.platform == "linux":
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    return 0
