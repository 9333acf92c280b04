"""A linear model as a file that cannot run code: arrays and a header in JSON, checked when they are read.

In: a `LinearModel`, or bytes.   Out: bytes, or the `LinearModel`; a smaller model that says the same.
"""

import hashlib
import io
import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.sentiment.linear import LinearModel
from workbench.sentiment.ngrams import Family, Recipe

_FORMAT, _VERSION = "workbench linear sentiment", 1
# Weights of inverse document frequency are sixteenths below 16: they fit a byte.
_IDF_PARTS = 16
_LARGEST = 127
_PARTS = ("known", "idf", "weights", "intercept")


def quantised(model: LinearModel) -> LinearModel:
    """Return the model with weights of 8 bits: signed squares of -127 to 127 times one step, `settings["step"]`.

    Squares, because most weights are small: they keep a finer grain than the few large ones.
    """
    step = float(np.float32(max(np.abs(model.weights).max(), 1e-9) / _LARGEST**2))
    return replace(model, weights=_large(_small(model.weights, step), step), settings=model.settings | {"step": step})


def to_bytes(model: LinearModel) -> bytes:
    """Return the model as an .npz file without pickles: the n-grams that it knows, a header, a checksum."""
    known = model.idf > 0
    header = json.dumps({"format": _FORMAT, "version": _VERSION, **_described(model)}, sort_keys=True).encode()
    arrays = {
        "known": np.packbits(known),
        "idf": (model.idf[known] * _IDF_PARTS).astype(np.uint8),
        "weights": _small(model.weights[known], model.settings.get("step")),
        "intercept": model.intercept.astype("<f8"),
    }
    file = io.BytesIO()
    said = {"header": header, "checksum": _checksum(header, arrays)}
    members = arrays | {name: np.frombuffer(part, np.uint8) for name, part in said.items()}
    np.savez_compressed(file, allow_pickle=False, **members)
    return file.getvalue()


def from_bytes(data: bytes, *, place: str) -> LinearModel:
    """Return the model that `to_bytes` wrote; what is anything else is an `InputError` that names the place.

    >>> from_bytes(b"cos", place="models/linear.npz")
    Traceback (most recent call last):
    workbench.errors.InputError: models/linear.npz: this is no linear model of sentiment that the workbench...
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            stored = {part: file[part] for part in (*_PARTS, "header", "checksum")}
        header = json.loads(stored["header"].tobytes())
        arrays = {part: stored[part] for part in _PARTS}
        whole = _checksum(stored["header"].tobytes(), arrays) == stored["checksum"].tobytes()
        if header["format"] != _FORMAT or not whole:
            raise ValueError("another file, or a damaged one")
        if header["version"] == _VERSION:
            return _model(header, arrays)
    except Exception as error:  # Bytes from anywhere fail in any way: the answer is the same.
        raise InputError(
            f"{place}: this is no linear model of sentiment that the workbench has stored (.npz, without pickles), or "
            "it is damaged; train anew"
        ) from error
    raise InputError(f"{place}: version {header['version']} of a stored model; version {_VERSION} is read, train anew")


def _described(model: LinearModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "recipe": asdict(model.recipe),
        "classes": model.classes,
        "languages": model.languages,
        "trained_on": model.trained_on,
        "trained_to": None if pd.isna(model.trained_to) else pd.Timestamp(model.trained_to).isoformat(),
        "settings": model.settings,
    }


def _small(weights: np.ndarray, step: float | None) -> np.ndarray:
    if step is None:
        return weights.astype("<f4")
    return np.asarray(np.round(np.sign(weights) * np.sqrt(np.abs(weights) / np.float32(step))).astype(np.int8))


def _large(small: np.ndarray, step: float | None) -> np.ndarray:
    weights = small.astype(np.float32)
    return weights if step is None else weights * np.abs(weights) * np.float32(step)


def _checksum(header: bytes, arrays: dict[str, np.ndarray]) -> bytes:
    digest = hashlib.sha256(header)
    for part in _PARTS:
        digest.update(f"{arrays[part].dtype.str} {arrays[part].shape}".encode() + arrays[part].tobytes())
    return digest.digest()


def _model(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> LinearModel:
    recipe = _recipe(header["recipe"])
    known = np.unpackbits(arrays["known"], count=recipe.features).astype(bool)
    idf, weights = np.zeros(recipe.features, np.float32), np.zeros((recipe.features, 3), np.float32)
    idf[known] = arrays["idf"].astype(np.float32) / _IDF_PARTS
    weights[known] = _large(arrays["weights"], header["settings"].get("step"))
    return LinearModel(
        name=header["name"],
        recipe=recipe,
        weights=weights,
        intercept=arrays["intercept"].astype(np.float64),
        idf=idf,
        classes=tuple(header["classes"]),
        languages=tuple(header["languages"]),
        trained_on=header["trained_on"],
        trained_to=pd.Timestamp(header["trained_to"]) if header["trained_to"] else None,
        settings=header["settings"],
    )


def _recipe(told: dict[str, Any]) -> Recipe:
    families = {key: _family(told[key]) for key in ("spaced", "unspaced")}
    return Recipe(**told | families)


def _family(told: dict[str, Any]) -> Family:
    return Family(words=tuple(told["words"]), characters=tuple(told["characters"]), across=told["across"])
