"""Where a transformer lies: a folder, the cache of earlier downloads, or the Hugging Face hub.

In: a folder or a model's id.   Out: the folder that holds its files, or an error that says how to get them.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import InputError, without_password

# The hub is asked once: nobody should wait through retries to learn that there is no network.
_TIMEOUT_SECONDS = 10
# What a model is made of: no code, no second copy of the weights for other frameworks.
_FILES = ["*.json", "*.txt", "*.model", "*.safetensors", "README.md"]
_PICKLES = ["*.bin"]
_LIBRARIES = ("huggingface_hub", "transformers")


def locate(name: str, *, allow_pickle: bool = False) -> Path:
    """Return the folder of a model's files; what is named by id and not yet here is downloaded into the cache.

    `name` is a folder or an id such as 'organisation/model'. The cache and access are Hugging Face's own (HF_HOME,
    HF_TOKEN, HF_ENDPOINT). Under HF_HUB_OFFLINE only the cache is looked at; where the hub does not answer, it serves
    as well. InputError where the model is in none of these places, with the way to get it.

    >>> locate("./no/such/folder")
    Traceback (most recent call last):
    workbench.errors.InputError: transformer './no/such/folder': there is no such folder
    """
    folder = Path(name).expanduser()
    if name.strip() and folder.is_dir():
        return folder
    if folder.is_file():
        raise InputError(f"transformer '{name}': this is a file; give the folder that holds config.json")
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or not name.strip():
        raise InputError(f"transformer '{without_password(name)}': there is no such folder")
    with quietly():
        return _cached(name, "HF_HUB_OFFLINE is set") if _offline() else _downloaded(name, allow_pickle)


def refuse_pickle(name: str) -> InputError:
    """Return the error for weights that could run code when they are read."""
    return InputError(
        f"transformer '{name}': its weights are in pickle form, which can hold code, and not in safetensors; take "
        "another model, or, if you trust its maker, give allow_pickle=True (in a market's file: transformer_pickle)"
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Keep Hugging Face's libraries from printing, warning and saying who asks; all is as before afterwards."""
    with warnings.catch_warnings(action="ignore"):
        from huggingface_hub import constants
        from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

        levels = {library: logging.getLogger(library).level for library in _LIBRARIES}
        telemetry, bars = constants.HF_HUB_DISABLE_TELEMETRY, not are_progress_bars_disabled()
        try:
            constants.HF_HUB_DISABLE_TELEMETRY = True
            disable_progress_bars()
            for library in _LIBRARIES:
                logging.getLogger(library).setLevel(logging.CRITICAL + 1)
            yield
        finally:
            constants.HF_HUB_DISABLE_TELEMETRY = telemetry
            if bars:
                enable_progress_bars()
            for library, level in levels.items():
                logging.getLogger(library).setLevel(level)


def _offline() -> bool:
    from huggingface_hub import constants

    # The library reads the variables once, on import; a notebook may set them later.
    said = (os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or "").upper()
    return constants.HF_HUB_OFFLINE or said in constants.ENV_VARS_TRUE_VALUES


def _downloaded(name: str, allow_pickle: bool) -> Path:
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    place, hub = f"transformer '{name}'", without_password(constants.ENDPOINT)
    try:
        there = HfApi().model_info(name, timeout=_TIMEOUT_SECONDS).siblings or []
    except HFValidationError as error:
        raise InputError(f"{place}: neither a folder nor an id like 'organisation/model'") from error
    except GatedRepoError as error:
        raise InputError(
            f"{place}: its owner asks who uses it: agree on {hub}/{name}, then run `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"{place}: neither a folder here nor a model on {hub}; check the spelling, or run "
            "`hf auth login` if it is private"
        ) from error
    except Exception as error:  # no name, no route, a proxy, a time-out, a server in trouble: one answer to all
        return _cached(name, f"{hub} did not answer ({type(error).__name__})")
    safe = any(file.rfilename.endswith(".safetensors") for file in there)
    if not safe and not allow_pickle and any(file.rfilename.endswith(".bin") for file in there):
        raise refuse_pickle(name)
    try:
        patterns = _FILES if safe else _FILES + _PICKLES
        return Path(snapshot_download(name, allow_patterns=patterns, ignore_patterns=["*/*"]))
    except Exception as error:
        reason = type(error).__name__
        raise InputError(f"{place}: the download broke off ({reason}); what came is kept, so ask again") from error


def _cached(name: str, why: str) -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=["config.json"], local_files_only=True))
    except HFValidationError as error:
        raise InputError(f"transformer '{name}': neither a folder nor an id like 'organisation/model'") from error
    except LocalEntryNotFoundError as error:
        raise InputError(
            f"transformer '{name}': there is no such folder, it is not in the cache ({constants.HF_HUB_CACHE}), and "
            f"the hub cannot be asked: {why}; to get it, run `hf download {name} --local-dir FOLDER` where the hub "
            "can be reached, bring FOLDER here and name it"
        ) from error
