"""A Hugging Face transformer behind the same face as the small models: what does the large one say of each message?

In: the id of a model on the hub, or a folder; texts.   Out: a `TransformerModel`; its `Predictions`.

Below: hub (where the files lie), checkpoint (opened or refused), mapping (what its labels mean). These alone know
transformers and torch, and import them when they are called.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import InputError
from workbench.processor import threads
from workbench.sentiment.checkpoint import fingerprint, languages, load
from workbench.sentiment.hub import locate, quietly
from workbench.sentiment.labels import LABELS
from workbench.sentiment.mapping import map_labels

# Called with the number of texts done and the number there are.
Progress = Callable[[int, int], None]
# Tokens in one batch, padding included. Processor: as much as keeps two cores at their peak while what passes between
# layers stays in their caches; fewer wait for memory, more overflow. Graphics card: as much as keeps it busy.
_BATCH_TOKENS = {"cpu": 512, "cuda": 32_768}
# Layers narrower than this are through before a second core is awake; waiting for it takes many times as long.
_NARROW = 256
# Texts that are held as tokens, and sorted by length, at a time.
_WINDOW = 16_384


@dataclass(frozen=True, eq=False, kw_only=True)
class TransformerModel:
    """A transformer that is ready to score.

    `mapping` has a row per label of the model's own and a column per one of `LABELS`: 1 where the one means the other.
    `languages` are those that the model's card states, none where it is silent. Equal fingerprints, equal scores.
    """

    name: str
    fingerprint: str
    languages: tuple[str, ...]
    mapping: np.ndarray
    max_tokens: int
    device: str
    network: Any
    tokenizer: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """What a transformer says of texts, in their order.

    `probabilities` is (texts, 3) float32 in the order of `LABELS`, `tokens` counts each text's tokens as read, and
    `truncated` says which texts were longer than the model reads.
    """

    probabilities: np.ndarray
    tokens: np.ndarray
    truncated: np.ndarray


def open(
    name: str,
    *,
    int8: bool = False,
    bf16: bool = False,
    allow_pickle: bool = False,
    device: str | None = None,
    labels: Mapping[str, str] | None = None,
    max_tokens: int | None = None,
) -> TransformerModel:
    """Open a sequence-classification model by its id on the hub, as `hub.locate` finds it, or by its folder.

    It computes in float32 on a processor and in bf16 on a graphics card, which is taken where there is one; `bf16` asks
    for it on a processor as well, `int8` for linear layers in 8-bit whole numbers (Jacob et al., 2018: weights ahead,
    activations as they come), on a processor only. `labels` says what the model's own labels mean, where their names do
    not. Texts are cut at `max_tokens`: 512 or the model's own limit, if that is lower. InputError where the model is
    not there, not safe, not whole, or not one that tells negative from positive.

    >>> open("./no/such/folder")
    Traceback (most recent call last):
    workbench.errors.InputError: transformer './no/such/folder': there is no such folder
    """
    place = f"transformer '{name}'"
    chosen = _device(device, int8=int8, bf16=bf16, place=place)
    folder = locate(name, allow_pickle=allow_pickle)
    files = load(folder, name=name, allow_pickle=allow_pickle)
    mapping = map_labels(files.labels, labels=labels, place=place)
    limit = files.max_tokens if max_tokens is None else max_tokens
    if not 8 <= limit <= files.max_tokens:
        raise InputError(f"{place}: max_tokens is {limit}; from 8 to {files.max_tokens} are allowed")
    network, precision = _prepared(files.network, chosen, int8=int8, bf16=bf16, place=place)
    model = TransformerModel(
        name=name,
        fingerprint=fingerprint(files.files, precision, limit, mapping.tolist()),
        languages=languages(folder),
        mapping=mapping,
        max_tokens=limit,
        device=chosen,
        network=network,
        tokenizer=files.tokenizer,
    )
    try:
        predict(model, ["a text", ""])
    except Exception as error:
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise InputError(f"{place}: cannot score a text: {type(error).__name__}: {reason}") from error
    return model


def predict(model: TransformerModel, texts: Sequence[str], *, progress: Progress | None = None) -> Predictions:
    """Score texts: tokens of all at once, batches of like length, results in the order of the texts.

    A batch holds as many tokens as run fastest, and texts of like length need next to no padding. What is said of a
    text does not depend on its neighbours (in float32, to 1e-4; in int8, whose scale is the batch's, to about 0.01).
    On WORKBENCH_THREADS processor threads, on all allowed ones where it is not set, a network narrower than 256 on one.
    `progress` is called with texts done and texts in all. InputError where a text is missing.
    """
    import torch

    rows = checked(texts)
    probabilities = np.zeros((len(rows), len(LABELS)), dtype=np.float32)
    tokens, truncated, done = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool), 0
    with quietly(), on_threads(_useful_threads(model)), torch.inference_mode():
        for start in range(0, len(rows), _WINDOW):
            window = slice(start, start + _WINDOW)
            encoded, tokens[window], truncated[window] = _encoded(model, rows[window])
            for batch in _batches(tokens[window], _budget(model)):
                given = {key: [ids[i] for i in batch] for key, ids in encoded.items()}
                probabilities[start + batch] = _scored(model, given)
                done += len(batch)
                if progress:
                    progress(done, len(rows))
    if not np.isfinite(probabilities).all():
        raise InputError(
            f"transformer '{model.name}': its answer to some texts is not a number: its weights are broken"
        )
    return Predictions(probabilities=probabilities, tokens=tokens, truncated=truncated)


def probabilities(model: TransformerModel, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
    """Return the probabilities of `predict` alone, (texts, 3) float32 in the order of `LABELS`."""
    return predict(model, texts, progress=progress).probabilities


def _device(device: str | None, *, int8: bool, bf16: bool, place: str) -> str:
    import torch

    card = torch.cuda.is_available()
    chosen = device or ("cuda" if card and not int8 else "cpu")
    if chosen not in ("cpu", "cuda") or (chosen == "cuda" and not card):
        raise InputError(f"{place}: device '{chosen}' is not here; {'cpu or cuda' if card else 'cpu'} is")
    if int8 and (bf16 or chosen == "cuda"):
        raise InputError(f"{place}: int8 is for the processor (device='cpu'), and instead of bf16")
    return chosen


def _prepared(network: Any, device: str, *, int8: bool, bf16: bool, place: str) -> tuple[Any, str]:
    import torch

    if int8:
        _quantise(network, place)
        return network, "int8"
    if bf16 or (device == "cuda" and torch.cuda.is_bf16_supported()):
        return network.to(device=device, dtype=torch.bfloat16), "bf16"
    return network.to(device), "float32"


def _quantise(network: Any, place: str) -> None:
    """Turn the linear layers of the body, not those of the head, into 8-bit ones; each output has its own scale."""
    import torch

    quantization: Any = torch.ao.quantization
    engines, engine = torch.backends.quantized, torch.backends.quantized.engine
    with quietly():
        # oneDNN is half as fast again as the default, but needs instructions that don't saturate.
        able = torch.cpu.get_capabilities()
        if "onednn" in engines.supported_engines and (able.get("avx512_vnni") or able.get("avx_vnni")):
            engines.engine = "onednn"
        try:
            how = {torch.nn.Linear: quantization.per_channel_dynamic_qconfig}
            quantization.quantize_dynamic(network.base_model, how, inplace=True)
        finally:
            engines.engine = engine
    if not any(isinstance(layer, torch.ao.nn.quantized.dynamic.Linear) for layer in network.modules()):
        raise InputError(f"{place}: int8: it has no linear layers to compute in whole numbers")


def checked(texts: Sequence[str]) -> list[str]:
    """Return texts as tokenizers take them; InputError where one is missing."""
    rows = [texts] if isinstance(texts, str) else list(texts)
    for place, text in enumerate(rows):
        if not isinstance(text, str):
            raise InputError(f"texts: number {place} is missing or no text; leave such messages out")
    # Half of a surrogate pair is no character, and tokenizers refuse it.
    return [text.encode("utf-8", "replace").decode() for text in rows]


@contextmanager
def on_threads(number: int) -> Iterator[None]:
    """Let torch compute on so many threads; afterwards on as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _useful_threads(model: TransformerModel) -> int:
    return 1 if getattr(model.network.config, "hidden_size", _NARROW) < _NARROW else threads()


def _encoded(model: TransformerModel, texts: list[str]) -> tuple[dict[str, list[list[int]]], np.ndarray, np.ndarray]:
    """Return what the network is given of each text, how many tokens that is, and which texts were cut for it."""
    known = inspect.signature(model.network.forward).parameters
    whole = model.tokenizer(texts, return_attention_mask=False, verbose=False)
    encoded = {key: list(ids) for key, ids in whole.items() if key in known}
    truncated = np.array([len(ids) > model.max_tokens for ids in encoded["input_ids"]])
    long = np.flatnonzero(truncated)
    if len(long):
        some = [texts[i] for i in long]
        cut = model.tokenizer(some, truncation=True, max_length=model.max_tokens, return_attention_mask=False)
        for key, ids in encoded.items():
            for place, short in zip(long, cut[key], strict=True):
                ids[place] = short
    return encoded, np.array([len(ids) for ids in encoded["input_ids"]]), truncated


def _budget(model: TransformerModel) -> int:
    """Return the tokens in a batch; a model that knows no padding reads texts one by one."""
    return _BATCH_TOKENS[model.device] if model.tokenizer.pad_token is not None else 1


def _batches(tokens: np.ndarray, budget: int) -> Iterator[np.ndarray]:
    """Yield positions, longest texts first, such that as many as the budget allows of the longest one's length."""
    order = np.argsort(-tokens, kind="stable")
    while len(order):
        most = max(1, budget // max(1, int(tokens[order[0]])))
        yield order[:most]
        order = order[most:]


def _scored(model: TransformerModel, batch: dict[str, list[list[int]]]) -> np.ndarray:
    import torch

    padded = model.tokenizer.pad(batch, padding=model.tokenizer.pad_token is not None, return_tensors="pt")
    logits = model.network(**padded.to(model.device)).logits.float()
    return np.asarray(torch.softmax(logits, dim=-1).cpu().numpy() @ model.mapping)
