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


def main(handle: int, scratch: str, modules: Sequence[str]) -> None:
    """Load the modules, tell the batch, and serve it until it ends; workers go on from here as if started afresh."""
    channel, batch = socket.socket(fileno=handle), os.getppid()
    adopt_orphans()
    _load(modules)
    from workbench.report import worker

    with suppress(Exception):
        worker.rehearse(Path(scratch) / "rehearsal")
    _end_threads()
    channel.send(json.dumps({"threads": psutil.Process().num_threads()}).encode())
    try:
        settings = _serve(channel)
    except SystemExit:
        end_all()  # whatever is left, daemons that notebooks started among it
        if os.getppid() != batch:  # it was killed, and sweeps nothing any more
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
            message, handles, _, _ = socket.recv_fds(channel, LONGEST_MESSAGE, 3)
            if not message:
                sys.exit()
            asked = json.loads(message)
            if "load" in asked:
                _load(asked["load"])
                _end_threads()
            elif (threads := psutil.Process().num_threads()) > 1:
                channel.send(json.dumps({"threads": threads}).encode())
            elif pid := os.fork():
                children[os.pidfd_open(pid)] = pid
                channel.send(json.dumps({"pid": pid}).encode())
            else:
                _leave(channel, children)
                _take(handles)
                return dict(asked["environment"])
            for one in handles:
                os.close(one)


def _leave(channel: socket.socket, children: Iterable[int]) -> None:
    for one in children:
        os.close(one)
    channel.close()


def _tell_end(pid: int, handle: int, channel: socket.socket) -> None:
    os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):  # the batch has gone: the next message is its end
        channel.send(json.dumps({"ended": pid, "code": code}).encode())


def _take(handles: Sequence[int]) -> None:
    """Lead a session of one's own, that ends with the nursery, on these standard handles."""
    os.setsid()
    die_with_parent()
    for place, handle in enumerate(handles):
        os.dup2(handle, place)
        os.close(handle)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
