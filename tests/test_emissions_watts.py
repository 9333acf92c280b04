"""Watts of a core: by family and model, set by hand, or a mean with the width of the whole table."""

import pytest

from workbench.emissions.watts import WATTS_VARIABLE, processor, this_processor

ROME = {"vendor_id": "AuthenticAMD", "cpu family": "23", "model": "49", "model name": "hidden"}


def test_a_processor_is_known_by_family_and_model_where_its_name_is_hidden():
    found = processor(ROME)
    assert (found.name, found.busy_watts, found.idle_watts, found.known) == ("EPYC 2nd generation", 1.69, 0.47, True)
    assert found.low_watts < found.busy_watts < found.high_watts
    assert "SPECpower" in found.source


def test_a_laptop_is_known_by_its_name_and_has_a_wide_range():
    found = processor({"model name": "Apple M2 Pro"})
    assert found.known
    assert found.high_watts >= 5 * found.low_watts


def test_one_that_is_not_in_the_table_is_a_mean_one_and_says_how_little_is_known():
    found = processor({"vendor_id": "GenuineIntel", "cpu family": "6", "model": "9999", "model name": "Xeon Z"})
    assert (found.busy_watts, found.known) == (3.5, False)
    assert (found.low_watts, found.high_watts) == (0.8, pytest.approx(1.5 * 8.63, abs=0.01))
    assert "'Xeon Z' is not in the table" in found.source


def test_watts_can_be_set_for_a_machine_that_was_measured(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(WATTS_VARIABLE, "12.5")
    found = this_processor()
    assert found
    assert (found.busy_watts, found.low_watts, found.high_watts, found.source) == (12.5, 12.5, 12.5, WATTS_VARIABLE)


@pytest.mark.parametrize("nonsense", ["", "4,5", "-1", "0", "nan", "inf"])
def test_nonsense_watts_are_unknown_not_the_default(monkeypatch: pytest.MonkeyPatch, nonsense: str):
    monkeypatch.setenv(WATTS_VARIABLE, nonsense)
    assert this_processor() is None
