"""A transformer's files, opened or refused: is this a model that can say how a text feels, and is it safe to read?

In: the folder of a checkpoint.   Out: a `Checkpoint` with network and tokenizer; its languages; its fingerprint.
"""

import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import InputError
from workbench.sentiment.hub import quietly, refuse_pickle

# A message seldom says more later on, and attention costs the square of the length.
_MOST_TOKENS = 512
_TOKENIZERS = ("tokenizer.json", "vocab.*", "*.model")
_HEAD = "ForSequenceClassification"


@dataclass(frozen=True, eq=False, kw_only=True)
class Checkpoint:
    """An opened model: the network in float32, its tokenizer, its own labels in order, how many tokens it can read.

    `files` are those that decide what it says.
    """

    network: Any
    tokenizer: Any
    labels: tuple[str, ...]
    max_tokens: int
    files: tuple[Path, ...]


def load(folder: Path, *, name: str, allow_pickle: bool = False) -> Checkpoint:
    """Open a folder as config.json, weights and tokenizer; no code of the model's is ever run.

    InputError, which calls the model `name`, where files are missing or broken, where the model does not classify
    texts into one of several labels, and where weights are in pickle form, unless `allow_pickle`: then PyTorch reads
    tensors from them, and nothing else.
    """
    weights = _weights(folder, name, allow_pickle)
    with silently():
        network, tokenizer = _opened(folder, name, safe=weights[0].suffix == ".safetensors")
    decisive = [folder / "config.json", *weights, *_found(folder, (*_TOKENIZERS, "tokenizer_config.json", "*.txt"))]
    return Checkpoint(
        network=network,
        tokenizer=tokenizer,
        labels=tuple(str(network.config.id2label[place]) for place in range(network.config.num_labels)),
        max_tokens=_max_tokens(network, tokenizer),
        files=tuple(sorted(set(decisive))),
    )


def languages(folder: Path) -> tuple[str, ...]:
    """Return the languages, ISO 639-1, that the model's card states in its head; none where it states none.

    >>> languages(Path("no/card/here"))
    ()
    """
    card = folder / "README.md"
    try:
        head = re.match(r"---\s*\n(.*?)\n---", card.read_text(encoding="utf-8"), re.DOTALL)
        stated = yaml.safe_load(head[1])["language"] if head else []
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return ()
    # YAML 1.1 reads Norwegian as a no.
    codes = [
        "no" if code is False else str(code).lower() for code in (stated if isinstance(stated, list) else [stated])
    ]
    return tuple(dict.fromkeys(code[:2] for code in codes if re.fullmatch(r"[a-z]{2}([-_]\w+)?", code)))


def fingerprint(files: Iterable[Path], *options: object) -> str:
    """Return sixteen hexadecimal digits that tell the files' names and contents and the options from others."""
    digest = hashlib.sha256(repr(options).encode())
    for file in files:
        with file.open("rb") as content:
            digest.update(f"{file.name} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


@contextmanager
def silently() -> Iterator[None]:
    """Do `hub.quietly`'s work for transformers as well, which may be imported here for the first time."""
    # On import transformers sets up its own log and bars: before they are hidden, lest they stay so or come back.
    with warnings.catch_warnings(action="ignore"):
        from transformers.utils import logging as transformers_logging

    shown = transformers_logging.is_progress_bar_enabled()
    with quietly():
        transformers_logging.disable_progress_bar()
        try:
            yield
        finally:
            if shown:
                transformers_logging.enable_progress_bar()


def _found(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({file for pattern in patterns for file in folder.glob(pattern)})


def _weights(folder: Path, name: str, allow_pickle: bool) -> list[Path]:
    safe, pickles = _found(folder, ["*.safetensors"]), _found(folder, ["pytorch_model*.bin", "*.pt", "*.pth"])
    missing = {
        "config.json": (folder / "config.json").is_file(),
        "weights (model.safetensors)": safe or pickles,
        "a tokenizer (tokenizer.json)": _found(folder, _TOKENIZERS),
    }
    if not all(missing.values()):
        there = sorted(file.name for file in folder.iterdir())
        raise InputError(
            f"transformer '{name}': {folder} is not a whole model: it has no "
            f"{', no '.join(what for what, found in missing.items() if not found)}; "
            f"found there: {', '.join(there[:8]) + ', …' * (len(there) > 8) or 'nothing'}"
        )
    if not safe and not allow_pickle:
        raise refuse_pickle(name)
    return safe or pickles


def _opened(folder: Path, name: str, *, safe: bool) -> tuple[Any, Any]:
    place, local = f"transformer '{name}'", {"local_files_only": True, "trust_remote_code": False}
    try:
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

        config = AutoConfig.from_pretrained(folder, **local)
        _check_head(config, place)
        network, loading = AutoModelForSequenceClassification.from_pretrained(
            folder, config=config, dtype=torch.float32, use_safetensors=safe, output_loading_info=True, **local
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    except InputError:
        raise
    except Exception as error:  # whatever is wrong with the files of others, it is one answer to the user
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise InputError(f"{place}: {folder} cannot be opened: {type(error).__name__}: {reason}") from error
    if loading["missing_keys"]:
        some = ", ".join(sorted(loading["missing_keys"])[:3])
        raise InputError(f"{place}: its weights lack what classifies texts ({some}); it must be fine-tuned first")
    if len(tokenizer) > network.get_input_embeddings().num_embeddings:
        raise InputError(f"{place}: its tokenizer knows more words than its weights: the two do not belong together")
    return network.eval(), tokenizer


def _check_head(config: Any, place: str) -> None:
    heads = config.architectures or []
    if heads and not any(head.endswith(_HEAD) for head in heads):
        raise InputError(f"{place}: it is a {', '.join(heads)}; a model of kind …{_HEAD} is needed")
    if config.num_labels < 2 or config.problem_type in ("regression", "multi_label_classification"):
        raise InputError(
            f"{place}: it does not tell one of several labels ({config.num_labels} outputs, {config.problem_type}); "
            "a model with one label per text is needed"
        )


def _max_tokens(network: Any, tokenizer: Any) -> int:
    """Return how many tokens the model reads at most: as its positions and its tokenizer allow."""
    positions = getattr(network.config, "max_position_embeddings", None) or _MOST_TOKENS
    tables = [m for m in network.modules() if getattr(m, "num_embeddings", None) == positions]
    # Models after RoBERTa count positions from behind the padding's.
    taken = max((table.padding_idx + 1 for table in tables if table.padding_idx is not None), default=0)
    return int(min(positions - taken, tokenizer.model_max_length, _MOST_TOKENS))
