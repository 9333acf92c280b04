"""How many threads are used is the user's word, else the machine's; what is compiled gives the same answer."""

import numpy as np
import pytest

from workbench.processor import compiled, cores, threads


def test_the_user_says_how_many_threads_and_else_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_THREADS", "3")
    assert threads() == 3
    monkeypatch.delenv("WORKBENCH_THREADS")
    assert threads() == cores() >= 1


def test_compiled_is_the_same_function() -> None:
    def total(values: np.ndarray) -> float:
        found = 0.0
        for value in values:
            found += value
        return found

    assert compiled(total)(np.arange(5.0)) == total(np.arange(5.0)) == 10
