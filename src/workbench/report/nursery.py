"""A process that has imported what workers and notebooks need, and forks a worker for each run that is asked for.

In: names of modules; on a socket one message a worker, with its standard handles.   Out: workers, and how each ended.

Whatever starts threads before a fork is lost after it: nothing here may, and the batch is told how many there are.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from workbench.report.offspring import adopt_orphans, die_with_parent, end_all

# Before numeric libraries are loaded: each of these would start a thread of its own.
SINGLE = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
LONGEST_MESSAGE = 1 << 16
# How it ends where the batch has ended without a word.
KILLED = 1


def main(handle: int, scratch: str, modules: Sequence[str]) -> None:
    """Load the modules, tell the batch, and serve it until it ends; workers go on from here as if started afresh."""
    channel = socket.socket(fileno=handle)
    adopt_orphans()
    blamed = _load(modules)
    from workbench.report import warm, worker

    with suppress(Exception):
        worker.rehearse(Path(scratch) / "rehearsal")
    _end_threads()
    _tell(channel, threads=_threads(), by=blamed)
    try:
        settings = _serve(channel)
    except SystemExit as ended:
        end_all()  # whatever is left, daemons that notebooks started among it
        if ended.code == KILLED:  # the batch sweeps nothing any more
            shutil.rmtree(scratch, ignore_errors=True)
        warm.leave()
    for name in SINGLE:
        os.environ.pop(name, None)
    os.environ.update(settings)
    worker.main(scratch, warm=True)
    warm.leave()


def _load(modules: Sequence[str]) -> list[str]:
    """Load modules; return the names of those that started threads which stay."""
    blamed = []
    for name in modules:
        before = _threads()
        # A notebook that imports what is not there says so itself, in its own words.
        with suppress(Exception, SystemExit):
            import_module(name)
        if _threads() > before:
            _close_database()
            blamed += [name] * (_threads() > before)
    return blamed


def _threads() -> int:
    return int(psutil.Process().num_threads())


def _close_database() -> None:
    if "duckdb" in sys.modules:
        # While it is imported DuckDB opens a database, whose threads no fork would have; the next use opens another.
        sys.modules["duckdb"].default_connection().close()


def _end_threads() -> None:
    _close_database()
    gc.collect()
    gc.freeze()  # what all share is never copied by a collection


def _serve(channel: socket.socket) -> dict[str, str]:
    """Fork a worker for each message that asks for one; return, in the worker alone, its environment."""
    children: dict[int, int] = {}
    while True:
        for ready in select.select([channel.fileno(), *children], [], [])[0]:
            if ready in children:
                _tell_end(children.pop(ready), ready, channel)
                end_all(but=children.values())
                continue
            message, handles = _hear(channel)
            if not message:
                sys.exit(KILLED)
            asked = json.loads(message)
            if "end" in asked:
                sys.exit()
            if "load" in asked:
                blamed = _load(asked["load"])
                _end_threads()
                _tell(channel, threads=_threads(), by=blamed)
            elif not _fork(channel, children):
                _leave(channel, children)
                _take(handles)
                return dict(asked["environment"])
            for one in handles:
                os.close(one)


def _fork(channel: socket.socket, children: dict[int, int]) -> bool:
    """Fork a worker, where nothing keeps us from it, and tell how that went; return False in the worker."""
    pid = 0
    try:
        if (threads := _threads()) > 1:
            _tell(channel, threads=threads)
        elif pid := os.fork():
            children[os.pidfd_open(pid)] = pid
            _tell(channel, pid=pid)
        else:
            return False
    except OSError as error:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        _tell(channel, refused=error.errno)
    return True


def _hear(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Take a message and the handles that come with it; an empty one is the end, also where ours was never read."""
    with suppress(OSError):
        message, handles, _, _ = socket.recv_fds(channel, LONGEST_MESSAGE, 3)
        return message, handles
    return b"", []


def _tell(channel: socket.socket, **said: Any) -> None:
    with suppress(OSError):  # the batch has gone, which is what is heard next
        channel.send(json.dumps(said).encode())


def _leave(channel: socket.socket, children: Iterable[int]) -> None:
    for one in children:
        os.close(one)
    channel.close()


def _tell_end(pid: int, handle: int, channel: socket.socket) -> None:
    os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    _tell(channel, ended=pid, code=code)


def _take(handles: Sequence[int]) -> None:
    """Lead a session of one's own, that ends with the nursery, on these standard handles."""
    os.setsid()
    die_with_parent()
    for place, handle in enumerate(handles):
        os.dup2(handle, place)
        os.close(handle)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
