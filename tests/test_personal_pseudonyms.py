"""A pseudonym is a keyed hash; the key is read from where the user put it and is never shown."""

from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.personal import pseudonym_key, pseudonyms


def test_pseudonyms_are_the_start_of_the_hmac_of_rfc_4231_in_letters() -> None:
    # The RFC's 5bdcc146bf60, with g for 0, h for 1, j for 2 …
    assert pseudonyms(pd.Series(["what do ya want for nothing?"]), key=b"Jefe").tolist() == ["nbdcchmpbfpg"]


def test_no_pseudonym_is_the_number_of_anything() -> None:
    assert pseudonyms(pd.Series(range(5_000)), key=b"0123456789abcdef").str.isalpha().all()


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_KEY", raising=False)
    monkeypatch.delenv("WORKBENCH_KEY_FILE", raising=False)
    assert pseudonym_key() is None
    monkeypatch.setenv("WORKBENCH_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(InputError, match="key: cannot be read: No such file"):
        pseudonym_key()
    (tmp_path / "key").write_text("from the file, with a newline\n")
    assert pseudonym_key() == b"from the file, with a newline"
    monkeypatch.setenv("WORKBENCH_KEY", "from the environment")
    assert pseudonym_key() == b"from the environment"


def test_a_weak_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_KEY", "secret")
    with pytest.raises(InputError, match="WORKBENCH_KEY: the key has 6 bytes") as refused:
        pseudonym_key()
    assert "secret" not in str(refused.value)
