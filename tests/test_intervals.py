"""What every capability reports beside its figures."""

import numpy as np
import pytest

from workbench.intervals import holm


def test_holm_is_the_published_procedure() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([])).tolist() == []
