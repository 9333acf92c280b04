"""Processes for workers: forked from one that has loaded what they need, or started afresh.

In: names of modules; standard handles and an environment for each worker.   Out: processes to poll, wait for and kill.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from workbench import outputs
from workbench.report.nursery import LONGEST_MESSAGE, SINGLE
from workbench.report.offspring import MARK

# Handles for standard input, output and error.
Handles = tuple[int, int, int]

# What Jupyter's kernels draw with, should a notebook import what draws.
_BACKEND = "module://matplotlib_inline.backend_inline"
# What is loaded takes seconds; a nursery that says nothing for so long is stuck.
_PATIENCE_SECONDS = 180


class Process(Protocol):
    """A worker's process, as `subprocess.Popen` is one."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; subprocess.TimeoutExpired where it takes longer."""


def start(handles: Handles, environment: Mapping[str, str], *, scratch: str, folder: Path | None = None) -> Process:
    """Start a worker afresh, in a session of its own; it works in a folder, by default the project's root."""
    stdin, stdout, stderr = handles
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.report.worker", scratch],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=folder or outputs.project_root(),
        env=os.environ | dict(environment) | {MARK: scratch},
        start_new_session=True,
    )


def cannot_fork() -> str:
    """Say why this system cannot fork safely; an empty text where it can."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return f"forking is not safe on {sys.platform}"
    return ""


class Forked:
    """A worker that the nursery has forked."""

    returncode: int | None = None

    def __init__(self, pid: int, nursery: "Nursery") -> None:
        self.pid, self._nursery = pid, nursery

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it lives."""
        self._nursery.listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            self._nursery.listen(None if until is None else max(0.0, until - time.monotonic()))
            if self.returncode is None and until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return self.returncode


def _too_many(threads: int) -> str:
    return f"what the notebooks import starts threads ({threads - 1})" if threads > 1 else ""


class Nursery:
    """The process that forks workers; it and all of them end when it is closed, or when this process does."""

    def __init__(self, modules: Sequence[str], *, scratch: str) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._living: dict[int, Forked] = {}
        self._born: Forked | None = None
        self._loaded = {*modules}
        self._ended = False
        with theirs, (Path(scratch) / "nursery.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "workbench.report.nursery", str(theirs.fileno()), scratch, *modules],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=outputs.project_root(),
                env={"MPLBACKEND": _BACKEND} | os.environ | SINGLE | {MARK: scratch},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.unsafe = self._first_words()

    def _first_words(self) -> str:
        """Wait until all is loaded; return why nothing may be forked, an empty text where all is well."""
        if not select.select([self._channel], [], [], _PATIENCE_SECONDS)[0]:
            return f"nothing was loaded in {_PATIENCE_SECONDS} seconds"
        threads = self._hear().get("threads", 0)
        return _too_many(threads) if threads else "loading what the notebooks import ended the process"

    def start(self, handles: Handles, environment: Mapping[str, str]) -> Process | None:
        """Fork a worker; None where that cannot be done, or not safely, as `unsafe` then says."""
        if self.unsafe:
            return None
        with suppress(OSError):
            socket.send_fds(self._channel, [json.dumps({"environment": dict(environment)}).encode()], handles)
        while not self.unsafe and self._born is None:
            self.listen(None)
        born, self._born = self._born, None
        return born

    def load(self, modules: Sequence[str]) -> None:
        """Have more loaded before the next worker is forked."""
        if not self.unsafe and (new := [name for name in modules if name not in self._loaded]):
            self._loaded.update(new)
            with suppress(OSError):
                self._channel.send(json.dumps({"load": new}).encode())

    def listen(self, timeout: float | None) -> None:
        """Take what the nursery has to say, and wait for it no longer than this."""
        while not self._ended and select.select([self._channel], [], [], timeout)[0]:
            said, timeout = self._hear(), 0
            if "pid" in said:
                self._born = self._living[said["pid"]] = Forked(said["pid"], self)
            elif "ended" in said:
                self._living.pop(said["ended"]).returncode = said["code"]
            elif "threads" in said:
                self.unsafe = _too_many(said["threads"])
            else:
                self._end()

    def _end(self) -> None:
        self._ended, self.unsafe = True, "the process that forked them was ended"
        for worker in self._living.values():  # each was killed with its parent
            worker.returncode = -signal.SIGKILL

    def _hear(self) -> dict[str, int]:
        with suppress(OSError):
            if said := self._channel.recv(LONGEST_MESSAGE):
                return dict(json.loads(said))
        return {}

    def close(self) -> None:
        """End the nursery, and with it every worker that still lives."""
        with suppress(OSError):
            self._channel.send(json.dumps({"end": True}).encode())
        self._channel.close()
        self._process.wait()
