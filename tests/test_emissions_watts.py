"""Watts of a core."""

import pytest

from workbench.emissions.watts import BUSY_WATTS_PER_CORE, WATTS_VARIABLE, watts_per_core


def test_watts_can_be_set_for_a_machine_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATTS_VARIABLE, raising=False)
    assert watts_per_core() == BUSY_WATTS_PER_CORE
    monkeypatch.setenv(WATTS_VARIABLE, "12.5")
    assert watts_per_core() == 12.5


@pytest.mark.parametrize("nonsense", ["", "4,5", "-1", "0", "nan", "inf"])
def test_nonsense_watts_are_unknown_not_the_default(monkeypatch: pytest.MonkeyPatch, nonsense: str) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, nonsense)
    assert watts_per_core() is None
