"""A process that has imported what workers and notebooks need, and forks a worker for each run that is asked for.

In: names of modules; on a socket one message a worker, with its standard handles.   Out: workers, and how each ended.

Whatever starts threads before a fork is lost after it: nothing here may, and the batch is told how many there are.
"""

import gc
import json
import os
import select
import shutil
import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil

from workbench.report.offspring import adopt_orphans, die_with_parent, end_all

# Before numeric libraries are loaded: each of these would start a thread of its own.
SINGLE = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
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
    _load(modules)
    from workbench.report import worker

    with suppress(Exception):
        worker.rehearse(Path(scratch) / "rehearsal")
    _end_threads()
    _tell(channel, threads=psutil.Process().num_threads())
    try:
        settings = _serve(channel)
    except SystemExit as ended:
        end_all()  # whatever is left, daemons that notebooks started among it
        if ended.code == KILLED:  # the batch sweeps nothing any more
            shutil.rmtree(scratch, ignore_errors=True)
        raise
    for name in SINGLE:
        os.environ.pop(name, None)
    os.environ.update(settings)
    worker.main(scratch, warm=True)


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        # A notebook that imports what is not there says so itself, in its own words.
        with suppress(Exception):
            import_module(name)


def _end_threads() -> None:
    if "duckdb" in sys.modules:
        # While it is imported DuckDB opens a database, whose threads no fork would have; the next use opens another.
        sys.modules["duckdb"].default_connection().close()
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
                _load(asked["load"])
                _end_threads()
            elif (threads := psutil.Process().num_threads()) > 1:
                _tell(channel, threads=threads)
            elif pid := os.fork():
                children[os.pidfd_open(pid)] = pid
                _tell(channel, pid=pid)
            else:
                _leave(channel, children)
                _take(handles)
                return dict(asked["environment"])
            for one in handles:
                os.close(one)


def _hear(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Take a message and the handles that come with it; an empty one is the end, also where ours was never read."""
    with suppress(OSError):
        message, handles, _, _ = socket.recv_fds(channel, LONGEST_MESSAGE, 3)
        return message, handles
    return b"", []


def _tell(channel: socket.socket, **said: int) -> None:
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
