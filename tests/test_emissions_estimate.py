"""The first meter: codecarbon."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from codecarbon import OfflineEmissionsTracker

from workbench.emissions import estimate


def burn(seconds: float) -> None:
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass


def test_sees_what_a_plain_codecarbon_tracker_sees() -> None:
    plain = OfflineEmissionsTracker(
        country_iso_code="DEU", tracking_mode="process", output_methods=[], log_level="critical"
    )
    ours = estimate.start()
    plain.start_task()
    burn(0.5)
    expected, seen = plain.stop_task(), estimate.stop(ours)
    assert seen.processor_kwh == pytest.approx(expected.cpu_energy, rel=0.1)
    assert seen.memory_kwh == pytest.approx(expected.ram_energy, rel=0.1)
    assert seen.kwh == pytest.approx(seen.processor_kwh + seen.memory_kwh)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the short cut is for Linux")
def test_the_short_cut_names_the_processor_as_py_cpuinfo_does() -> None:
    import cpuinfo
    from codecarbon.core.util import detect_cpu_model

    estimate._know_the_processor()
    assert detect_cpu_model() == cpuinfo.get_cpu_info()["brand_raw"]


QUIET = """
import sys
events = []
sys.addaudithook(lambda event, _: events.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from workbench.emissions import estimate
assert estimate.stop(estimate.start()).kwh > 0
assert not events, events
"""


def test_no_network_no_file_no_word_whatever_codecarbon_is_configured_to(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / ".codecarbon.config").write_text(
        "[codecarbon]\nemissions_endpoint=http://127.0.0.1:9\nelectricitymaps_api_token=x\nco2_signal_api_token=x\n"
        "output_methods=csv,api\nlog_level=debug\n"
    )
    # What charts may leave at home is matplotlib's.
    environment = os.environ | {"HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path_factory.mktemp("charts"))}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [path.name for path in tmp_path.iterdir()] == [".codecarbon.config"]
