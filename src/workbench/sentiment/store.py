"""A linear model as a file that cannot run code: arrays and a header in JSON, checked when they are read.

In: a `LinearModel`, or bytes.   Out: bytes, or the `LinearModel`; a smaller model that says the same.
"""

from workbench.sentiment.linear import LinearModel


def to_bytes(model: LinearModel) -> bytes:
    """Return the model as the bytes of an .npz file without pickles."""
    raise NotImplementedError


def from_bytes(data: bytes, *, place: str) -> LinearModel:
    """Return the model that `to_bytes` wrote; anything else is an `InputError` that names the place."""
    raise NotImplementedError


def quantised(model: LinearModel) -> LinearModel:
    """Return the model with weights of 8 bits."""
    raise NotImplementedError
