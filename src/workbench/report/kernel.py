"""A kernel of this very Python that never outlives those who wait for it.

In: a lifeline, which is a file handle that ends when the batch does; a time limit; a folder.
Out: a running kernel and its guard.
"""

import os
import select
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.utils import run_sync

# A socket's path may have 107 characters on Linux and 103 on macOS; the kernel adds up to 20 to the folder's.
_LONGEST_FOLDER = 80


class Guard(Thread):
    """Ends the kernel at its time limit, and kernel and process when the lifeline ends."""

    def __init__(self, manager: Any, *, lifeline: int, limit_seconds: float, folder: str) -> None:
        super().__init__(daemon=True)
        self.manager = manager
        self.process_group = int(manager.provisioner.pid)
        self.timed_out = False
        self._lifeline, self._limit_seconds, self._folder = lifeline, limit_seconds, folder

    def run(self) -> None:
        """Wait for the time limit or the end of the lifeline, whichever comes first."""
        if not select.select([self._lifeline], [], [], self._limit_seconds)[0]:
            self.timed_out = True
            self.kill_kernel()
            select.select([self._lifeline], [], [])
        self.kill_kernel()
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # the last of several removes what held them all
            os.rmdir(os.path.dirname(self._folder))
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def kill_kernel(self) -> None:
        """End the kernel and the processes that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process_group, signal.SIGKILL)


@contextmanager
def start(lifeline: int, *, limit_seconds: float, scratch: str) -> Iterator[Guard]:
    """Start a kernel with an empty profile, reached through files in `scratch` rather than through the network.

    To be called in a process group of one's own: all of it ends with the lifeline.
    """
    with TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
        manager = AsyncKernelManager(
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="ipc" if len(folder) < _LONGEST_FOLDER else "tcp",
            connection_file=f"{folder}/kernel.json",
        )
        environment = os.environ | {"IPYTHONDIR": f"{folder}/ipython", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        run_sync(manager.start_kernel)(env=environment, extra_arguments=["--HistoryManager.hist_file=:memory:"])
        guard = Guard(manager, lifeline=lifeline, limit_seconds=limit_seconds, folder=folder)
        guard.start()
        try:
            yield guard
        finally:
            run_sync(manager.shutdown_kernel)()
            guard.kill_kernel()
