"""What a notebook prints, of which each cell keeps the beginning only: the rest is counted, and goes nowhere.

In: what a kernel's cells, and processes forked in them, write to standard output and error.
Out: messages to who waits for the kernel.

The kernel itself cuts it, so that neither it nor who listens ever holds all of it, and nothing else is lost in a flood.
"""

import codecs
import os
import time
from pathlib import Path
from threading import RLock
from typing import Any

import zmq
from ipykernel.connect import get_connection_file
from ipykernel.iostream import OutStream
from IPython import get_ipython
from zmq.eventloop.zmqstream import ZMQStream

# Characters and messages of a cell; of further messages there are so many a second.
_MOST, _MOST_FLUSHES, _PAUSE_SECONDS = 100_000, 1_000, 0.05
_CHUNK_BYTES = 1 << 16
# For how long a forked process that ends waits until it is heard.
_PATIENCE_MILLISECONDS = 3_000


class Printed(OutStream):
    """Jupyter's own stream, that keeps so many characters of a cell and says in a sentence how many more there were."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._cell, self._count, self._flushes = "", 0, 0
        self._counting, self._unsent, self._sent_at, self._is_heard = RLock(), False, 0.0, False
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        _leave_the_network(self.pub_thread)

    def write(self, string: str) -> int:
        """Write what there is room for, and count the rest."""
        with self._counting:
            self._enter()
            before, self._count = self._count, self._count + len(string)
            if before < _MOST:
                self._put(string[: _MOST - before])
            if before <= _MOST < self._count:
                self._put(f"\nCut here: of what a cell prints the first {_MOST:,} characters are kept.\n")
                self._hear_of_its_end()
        return len(string)

    def flush(self) -> None:
        """Send what has not been sent yet; where a cell asks for it without end, now and then."""
        if not self._unsent or (self._flushes > _MOST_FLUSHES and time.monotonic() < self._sent_at + _PAUSE_SECONDS):
            return
        self._flushes += 1
        if self._flushes > _MOST_FLUSHES:
            self._hear_of_its_end()
        self._unsent = False
        super().flush()  # type: ignore[no-untyped-call]
        self._sent_at = time.monotonic()

    def _put(self, string: str) -> None:
        super().write(string)
        self._unsent = True

    def _enter(self) -> None:
        cell = str(self.parent_header.get("msg_id", ""))
        if cell != self._cell:
            self._cell, self._count, self._flushes = cell, 0, 0

    def _hear_of_its_end(self) -> None:
        shell = get_ipython()
        if shell and not self._is_heard:
            self._is_heard = True
            shell.events.register("post_run_cell", self._end)

    def _end(self, _: Any) -> None:
        with self._counting:
            self._enter()
            self._flushes = 0
            if self._count > _MOST:
                self._put(f"{self._count - _MOST:,} more were printed.\n")

    def _watch_pipe_fd(self) -> None:
        """Take what is written below Python too, and without a copy for the run's log, which nobody searches."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while self._should_watch and self._fid is not None and (said := os.read(self._fid, _CHUNK_BYTES)):
            self.write(decoder.decode(said))


def _leave_the_network(thread: Any) -> None:
    """Have processes that a cell forks print through a file beside the kernel's other ones, rather than a TCP port."""
    address = f"ipc://{Path(get_connection_file()).parent}/forked"

    def listen() -> None:
        thread._pipe_in.close()
        pipe = thread.socket.context.socket(zmq.PULL)
        pipe.bind(address)
        thread._pipe_in = ZMQStream(pipe, thread.io_loop)
        thread._pipe_in.on_recv(thread._handle_pipe_msg)

    def speak() -> tuple[zmq.Context[Any], zmq.Socket[Any]]:
        context = zmq.Context()
        pipe = context.socket(zmq.PUSH)
        pipe.linger = _PATIENCE_MILLISECONDS
        pipe.connect(address)
        return context, pipe

    if "_setup_pipe_out" not in vars(thread):  # else the other stream has seen to it
        thread._setup_pipe_out = speak
        thread.schedule(listen)
