"""Which run comes next, and with how many cores: longest first, never more at once than the machine holds.

In: tasks with what they took last time, and what the machine has.   Out: the next task and its threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.report.plan import Task, follows

# What a run is taken to need of which nothing is known: more than most do.
_TYPICAL_BYTES = 1_500_000_000


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the runs of a batch may take together; `jobs` is how many there may be at once."""

    jobs: int
    cores: int
    memory_bytes: int

    def less(self, tasks: Sequence[tuple[Task, int]]) -> "Room":
        """Return what is left beside tasks, each with its threads."""
        taken = sum(_bytes(task) for task, _ in tasks)
        threads = sum(threads for _, threads in tasks)
        return replace(
            self, jobs=self.jobs - len(tasks), cores=self.cores - threads, memory_bytes=self.memory_bytes - taken
        )


def order(tasks: Sequence[Task]) -> list[Task]:
    """Sort tasks by how long the batch would last from each on, longest first; of unknown length before all others.

    A task counts with the longest of those that wait for it.
    """
    return sorted(tasks, key=lambda task: -_to_the_end(task, tasks))


def choose(waiting: Sequence[Task], working: Sequence[tuple[Task, int]], room: Room) -> tuple[Task, int] | None:
    """Return the first task that need not wait and fits beside the working ones, with its share of the free cores.

    Where nothing works, the first is let in whatever it takes.
    """
    left = room.less(working)
    if left.jobs < 1 or left.cores < 1:
        return None
    unfinished = [*waiting, *(task for task, _ in working)]
    ready = [task for task in waiting if not follows(task, unfinished)]
    fitting = [task for task in ready if not working or _bytes(task) <= left.memory_bytes]
    if not fitting:
        return None
    return fitting[0], max(1, left.cores // min(left.jobs, len(ready)))


def _bytes(task: Task) -> int:
    return task.expected_bytes or _TYPICAL_BYTES


def _to_the_end(task: Task, tasks: Sequence[Task]) -> float:
    own = float("inf") if task.expected_seconds is None else task.expected_seconds
    return own + max((_to_the_end(one, tasks) for one in tasks if follows(one, [task])), default=0.0)
