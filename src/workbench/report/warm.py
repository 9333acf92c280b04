"""A kernel that is forked from a worker in which everything is loaded, rather than started afresh.

In: the command and environment that Jupyter's client would start a kernel with.   Out: a kernel, a process of its own.

The child is forked before the worker starts a thread, and waits on a pipe until it is told which kernel to be.
"""

import atexit
import json
import os
import random
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from workbench.report.offspring import die_with_parent

# The file beside a kernel's connection file, left when it ends, with the names of what it loaded by itself.
LOADED = "loaded.json"

# What the entry points of the package call the provisioner below.
_PROVISIONER = "workbench-forked"


class Child:
    """A forked process, as far as a provisioner needs one to be like `subprocess.Popen`."""

    stdin = stdout = stderr = None
    returncode: int | None = None

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid, self._pipe = pid, pipe

    def become(self, command: list[str], environment: dict[str, str]) -> None:
        """Tell the child which kernel to be."""
        with os.fdopen(self._pipe, "w") as pipe:
            json.dump([command, environment], pipe)

    def poll(self) -> int | None:
        """Return the exit code, or None while the child lives."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self) -> int | None:
        """Return the exit code of a child that has ended."""
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Send a signal to a child that lives; the provisioner prefers its process group."""
        if self.poll() is None:
            os.kill(self.pid, signum)


class ForkedKernel(LocalProvisioner):  # type: ignore[misc]
    """Jupyter's own provisioner, but for where its process comes from: the child that was forked beforehand."""

    child: Child | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Turn the waiting child into the kernel."""
        child, ForkedKernel.child = ForkedKernel.child, None
        if child is None:
            raise RuntimeError("a worker has one forked kernel, and this one has had it")
        child.become(cmd, kwargs["env"])
        self.process, self.pid, self.pgid = child, child.pid, child.pid
        return self.connection_info


def fork() -> bool:
    """Fork the kernel to be and have Jupyter use it; return False in the child, when its life as a kernel is over."""
    reads, writes = os.pipe()
    worker = os.getpid()
    pid = os.fork()
    if pid:
        os.close(reads)
        ForkedKernel.child = Child(pid, writes)
        KernelProvisionerFactory.instance().default_provisioner_name = _PROVISIONER
        return True
    os.close(writes)
    die_with_parent()
    if os.getppid() == worker:
        _live(reads)
        leave()
    return False


def leave() -> NoReturn:
    """End this process; its interpreter would take all apart that was loaded, longer than a short notebook runs."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _live(pipe: int) -> None:
    os.setsid()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    with os.fdopen(pipe) as told:
        said = told.read()
    if not said:  # the worker has ended before it needed a kernel
        return
    command, environment = json.loads(said)
    os.environ.clear()
    os.environ.update(environment)
    _draw_own_chance()
    _forget_how_to_draw()
    _take_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    from ipykernel.kernelapp import IPKernelApp

    place = Path(command[command.index("-f") + 1]).with_name(LOADED)
    atexit.register(_tell_loaded, place, frozenset(sys.modules))
    # As `python -m ipykernel_launcher …` would see it.
    sys.argv = command[command.index("ipykernel_launcher") :]
    IPKernelApp.launch_instance([*sys.argv[1:], f"--IPKernelApp.parent_handle={os.getppid()}"])


def _tell_loaded(place: Path, before: frozenset[str]) -> None:
    """Write which packages, and which parts of ours, this kernel loaded by itself: the next may find them loaded."""
    new = [name for name in sys.modules if name not in before and sys.modules[name] is not None]
    names = {name if name.startswith("workbench.") else name.partition(".")[0] for name in new}
    with suppress(OSError):
        place.write_text(json.dumps(sorted(name for name in names if not name.startswith("_"))))


def _draw_own_chance() -> None:
    """Give every kernel a chance of its own: what is not seeded would repeat itself in all that are forked."""
    random.seed()
    loaded: dict[str, Any] = sys.modules
    if "numpy" in loaded:
        loaded["numpy"].random.seed()
    if "torch" in loaded:
        loaded["torch"].seed()


def _forget_how_to_draw() -> None:
    """Have Jupyter's way to draw loaded anew where it is needed: it ties itself to the kernel that loads it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib_inline"]:
        del sys.modules[name]


def _take_threads(number: int) -> None:
    """Let libraries, which were loaded for one thread, have their number."""
    loaded: dict[str, Any] = sys.modules
    if number > 1:
        from threadpoolctl import threadpool_limits

        threadpool_limits(number)
        if "torch" in loaded:
            loaded["torch"].set_num_threads(number)
        if "pyarrow" in loaded:
            loaded["pyarrow"].set_cpu_count(number)
    if "numba" in loaded:  # what it is to launch was settled for good while it was imported
        config = loaded["numba"].config
        config.reload_config()
        loaded["numba.np.ufunc.parallel"].NUM_THREADS = config.NUMBA_NUM_THREADS
