"""Which run comes next, and with how many cores: longest first, never more at once than the machine holds.

In: tasks with what they took last time, and what the machine has.   Out: the next task and its threads.
"""

from collections import defaultdict
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
    beside = _by_market(tasks)
    return sorted(tasks, key=lambda task: -_to_the_end(task, beside[task.run.market]))


def choose(waiting: Sequence[Task], working: Sequence[tuple[Task, int]], room: Room) -> tuple[Task, int] | None:
    """Return the first task that need not wait and fits beside the working ones, with its share of the free cores.

    Those share them that could start now and fit beside each other. Where nothing works, the first is let in whatever
    it takes.
    """
    left = room.less(working)
    if left.jobs < 1 or left.cores < 1:
        return None
    unfinished = _by_market([*waiting, *(task for task, _ in working)])
    fitting: list[Task] = []
    for task in waiting:
        if follows(task, unfinished[task.run.market]):
            continue
        if _bytes(task) <= left.memory_bytes or not (working or fitting):
            fitting.append(task)
            left = replace(left, memory_bytes=left.memory_bytes - _bytes(task))
    return (fitting[0], max(1, left.cores // min(left.jobs, len(fitting)))) if fitting else None


def _by_market(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        found[task.run.market].append(task)
    return found


def _bytes(task: Task) -> int:
    return task.run.expected_bytes or _TYPICAL_BYTES


def _to_the_end(task: Task, tasks: Sequence[Task]) -> float:
    own = float("inf") if task.run.expected_seconds is None else task.run.expected_seconds
    return own + max((_to_the_end(one, tasks) for one in tasks if follows(one, [task])), default=0.0)
