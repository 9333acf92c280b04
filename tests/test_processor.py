"""What may be used is the user's word, else a container's, else the machine's; what is compiled answers the same."""

import os

import numpy as np
import psutil
import pytest

from workbench import processor
from workbench.processor import compiled, cores, free_bytes, memory_bytes, threads


def test_the_user_says_how_many_threads_and_else_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_THREADS", "3")
    assert threads() == 3
    monkeypatch.delenv("WORKBENCH_THREADS")
    assert threads() == cores() >= 1


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Return a function that writes what a container is told: `container({"cpu.max": "max 100000"})`."""
    monkeypatch.setattr(processor, "_GROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)

    def tell(told: dict[str, str]) -> None:
        for name, text in told.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(f"{text}\n")

    return tell


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "250000 100000"}, 2),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "1600000 100000"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    ],
)
def test_a_container_has_the_cores_that_it_is_allowed(container, told, expected):
    container(told)
    assert cores() == expected


@pytest.mark.parametrize(
    ("limit", "used"),
    [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")],
)
def test_a_container_has_the_memory_that_is_left_of_what_it_is_allowed(container, limit, used):
    container({limit: "4096", used: "3000"})
    assert (memory_bytes(), free_bytes()) == (4096, 1096)
    container({limit.replace(limit.rpartition("/")[2], "memory.stat"): "anon 2500\ninactive_file 500\nslab 0"})
    assert free_bytes() == 1596
    container({used: "9000"})
    assert free_bytes() == 0


def test_a_container_without_a_limit_has_what_the_machine_has(container):
    container({"memory.max": "max", "memory.current": "3000"})
    assert memory_bytes() == psutil.virtual_memory().total
    assert free_bytes() > 4096


def test_compiled_is_the_same_function() -> None:
    def total(values: np.ndarray) -> float:
        found = 0.0
        for value in values:
            found += value
        return found

    assert compiled(total)(np.arange(5.0)) == total(np.arange(5.0)) == 10
