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
from typing import Any, Protocol

from workbench import outputs
from workbench.report.nursery import LONGEST_MESSAGE, SINGLE
from workbench.report.offspring import MARK

# Handles for standard input, output and error.
Handles = tuple[int, int, int]

# What Jupyter's kernels draw with, should a notebook import what draws.
_BACKEND = "module://matplotlib_inline.backend_inline"
# What is loaded takes seconds; a nursery that owes an answer for so long is stuck.
_PATIENCE_SECONDS = 180
_END_SECONDS, _TICK_SECONDS = 10, 0.25


class Process(Protocol):
    """A worker's process, as `subprocess.Popen` is one."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it lives."""

    def wait(self, timeout: float) -> int:
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
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"forking is not safe here: {error.strerror}"
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

    def wait(self, timeout: float) -> int:
        """Wait for the exit code; subprocess.TimeoutExpired where it takes longer."""
        until = time.monotonic() + timeout
        while self.returncode is None:
            self._nursery.listen(max(0.0, until - time.monotonic()))
            if self.returncode is None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired("worker", timeout)
        return self.returncode


def _too_many(threads: int, by: Sequence[str] = ()) -> str:
    named = f": {', '.join(by)}" if by else ""
    return f"what the notebooks import starts threads ({threads - 1}){named}" if threads > 1 else ""


class Nursery:
    """The process that forks workers; it and all of them end when it is closed, or when this process does."""

    def __init__(self, modules: Sequence[str], *, scratch: str) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._living: dict[int, Forked] = {}
        self._born: Forked | None = None
        self._refused = 0
        self._due: list[float] = []  # when what was asked should be answered
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
        said = self._hear()
        return _too_many(**said) if said else "loading what the notebooks import ended the process"

    def start(self, handles: Handles, environment: Mapping[str, str]) -> Process | None:
        """Fork a worker; None where that cannot be done, or not safely, as `unsafe` then says.

        OSError where the system refuses this one.
        """
        if self.unsafe:
            return None
        self._due.append(time.monotonic() + _PATIENCE_SECONDS)
        with suppress(OSError):
            socket.send_fds(self._channel, [json.dumps({"environment": dict(environment)}).encode()], handles)
        while self._due:
            self.listen(_TICK_SECONDS)
        (born, refused), self._born, self._refused = (self._born, self._refused), None, 0
        if refused:
            raise OSError(refused, os.strerror(refused))
        return born

    def load(self, modules: Sequence[str]) -> None:
        """Have more loaded before the next worker is forked."""
        if not self.unsafe and (new := [name for name in modules if name not in self._loaded]):
            self._loaded.update(new)
            message = json.dumps({"load": new}).encode()
            if len(message) <= LONGEST_MESSAGE:  # else each kernel goes on to load them by itself
                self._due.append(time.monotonic() + _PATIENCE_SECONDS)
                with suppress(OSError):
                    self._channel.send(message)

    def listen(self, timeout: float) -> None:
        """Take what the nursery has to say, and wait for it no longer than this; one that owes an answer is ended."""
        while not self._ended and select.select([self._channel], [], [], timeout)[0]:
            said, timeout = self._hear(), 0
            if not said:
                self._end("the process that forked them was ended")
            elif "ended" in said:
                self._living.pop(said["ended"]).returncode = said["code"]
            else:
                self._due.pop(0)
                self._take_answer(said)
        if self._due and time.monotonic() >= self._due[0]:
            self._process.kill()
            self._end(f"the process that forked them gave no answer in {_PATIENCE_SECONDS} seconds")

    def _take_answer(self, said: dict[str, Any]) -> None:
        if "pid" in said:
            self._born = self._living[said["pid"]] = Forked(said["pid"], self)
        elif "refused" in said:
            self._refused = said["refused"]
        else:
            self.unsafe = self.unsafe or _too_many(**said)

    def _end(self, why: str) -> None:
        self._ended, self.unsafe = True, why
        self._due.clear()
        for worker in self._living.values():  # each was killed with its parent
            worker.returncode = -signal.SIGKILL

    def _hear(self) -> dict[str, Any]:
        with suppress(OSError):
            if said := self._channel.recv(LONGEST_MESSAGE):
                return dict(json.loads(said))
        return {}

    def close(self) -> None:
        """End the nursery, and with it every worker that still lives."""
        with suppress(OSError):
            self._channel.send(json.dumps({"end": True}).encode())
        self._channel.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
