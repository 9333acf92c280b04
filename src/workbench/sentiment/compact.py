"""A compact transformer, learnt here from nothing but a market's messages: what does that kind of model add to words?

In: messages with text and label.   Out: a `TransformerModel`, as `transformer.open` returns it; no hub, no network.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.sentiment import transformer
from workbench.sentiment.checkpoint import silently
from workbench.sentiment.linear import learnable
from workbench.sentiment.transformer import TransformerModel

if TYPE_CHECKING:
    from torch import Tensor

# Of more labelled messages so many are learnt from, by lot: each takes many times what it takes a linear model.
MOST = 10_000
_PIECES, _TOKENS, _CHARACTERS = 4_000, 96, 2_000
_WIDTH, _LAYERS, _HEADS = 128, 2, 2
_BATCH, _RATE, _DECAY, _SMOOTHING = 16, 1e-3, 0.01, 0.1
# Updates that a network of this size needs to level off; few messages are read more often, many less.
_UPDATES, _FEWEST_EPOCHS, _MOST_EPOCHS, _PATIENCE = 400, 2, 12, 2
_CHECKED_SHARE = 1 / 8
_SPECIAL = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}


def train(messages: pd.DataFrame, *, seed: int = 0, most: int = MOST) -> TransformerModel:
    """Learn from the messages that have a label: columns text and label, and language where there.

    Byte pairs of these messages (Sennrich, Haddow & Birch, 2016; over bytes, so that no character of any script is
    unknown) go into two layers of ModernBERT (Warner et al., 2024), 128 wide, with weights by lot; the mean over a
    text's first 96 tokens says its class. AdamW on one core; a class weighs one over the root of its share; of several
    epochs the most accurate on an eighth of the texts, not learnt from, is kept. Of more than `most` messages a sample
    by `seed` is learnt from; equal messages and `seed`, equal model. Its probabilities are not calibrated. InputError
    where there are too few messages or only one class, as in `linear.train`.

    >>> words = ["good", "bad"] * 40
    >>> told = pd.DataFrame({"text": [f"{w} {n}" for n, w in enumerate(words)], "label": ["positive", "negative"] * 40})
    >>> transformer.probabilities(train(told), ["good", "bad"]).argmax(axis=1).tolist()
    [2, 0]
    """
    rows, counts = learnable(messages)
    rows = rows.sample(min(most, len(rows)), random_state=seed)
    classes = [label for label, number in counts.items() if number]
    texts = transformer.checked(rows["text"].str[:_CHARACTERS].tolist())
    with silently(), TemporaryDirectory() as folder:
        import torch

        # Threads that wait for each other cost a network as small as this far more than they give.
        with transformer.on_threads(1), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            tokenizer = _tokenizer(texts)
            network = _network(len(tokenizer), classes)
            tokens = [np.array(ids) for ids in tokenizer(texts, truncation=True, max_length=_TOKENS)["input_ids"]]
            _teach(network, tokens, rows["label"].map(classes.index).to_numpy(np.int64), _checked(texts, seed), seed)
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        model = transformer.open(folder, device="cpu")
    languages = tuple(sorted(rows["language"].dropna().unique())) if "language" in rows else ()
    return replace(model, name="compact", languages=languages)


def _tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    own, marks = Tokenizer(models.BPE()), pre_tokenizers
    own.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    # The usual pattern for bytes cuts Hindi's vowel signs from their consonants: white space and signs alone do not.
    bytewise = marks.ByteLevel(add_prefix_space=True, use_regex=False)
    own.pre_tokenizer = marks.Sequence([marks.WhitespaceSplit(), marks.Punctuation(), bytewise])
    trainer = trainers.BpeTrainer(
        vocab_size=_PIECES,
        min_frequency=2,
        special_tokens=list(_SPECIAL.values()),
        initial_alphabet=marks.ByteLevel.alphabet(),
        show_progress=False,
    )
    own.train_from_iterator(texts, trainer)
    own.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=own, model_max_length=_TOKENS, **_SPECIAL)


def _network(pieces: int, classes: list[str]) -> Any:
    from transformers import ModernBertConfig, ModernBertForSequenceClassification

    config = ModernBertConfig(
        vocab_size=pieces,
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS,
        max_position_embeddings=_TOKENS,
        local_attention=_TOKENS,
        embedding_dropout=0.1,
        mlp_dropout=0.1,
        classifier_dropout=0.1,
        classifier_pooling="mean",
        pad_token_id=0,
        **dict.fromkeys(("cls_token_id", "bos_token_id"), 1),
        **dict.fromkeys(("sep_token_id", "eos_token_id"), 2),
        id2label=dict(enumerate(classes)),
        label2id={label: place for place, label in enumerate(classes)},
    )
    return ModernBertForSequenceClassification(config)


def _checked(texts: list[str], seed: int) -> np.ndarray:
    """Return which messages are kept for choosing the epoch: those of an eighth of the different texts."""
    text, different = pd.factorize(np.array(texts, object))
    chosen = np.random.default_rng(seed).permutation(len(different))[: math.ceil(_CHECKED_SHARE * len(different))]
    return np.isin(text, chosen)


def _teach(network: Any, tokens: list[np.ndarray], classes: np.ndarray, checked: np.ndarray, seed: int) -> None:
    """Learn from what is not checked, until that brings nothing; leave the weights of the best epoch."""
    import torch

    learnt, held, rng = np.flatnonzero(~checked), np.flatnonzero(checked), np.random.default_rng(seed)
    updates = math.ceil(len(learnt) / _BATCH)
    epochs = int(np.clip(round(_UPDATES / updates), _FEWEST_EPOCHS, _MOST_EPOCHS))
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=epochs * updates, pct_start=0.1)
    counts = np.bincount(classes[learnt], minlength=network.config.num_labels)
    weight = torch.from_numpy((len(learnt) / np.maximum(counts, 1)).astype(np.float32) ** 0.5)
    loss = torch.nn.CrossEntropyLoss(weight, label_smoothing=_SMOOTHING)
    best, kept, since = (-1.0, 0.0), {}, 0
    for _ in range(epochs):
        network.train()
        for batch in _batches(tokens, learnt, rng):
            optimiser.zero_grad()
            loss(_logits(network, tokens, batch), torch.from_numpy(classes[batch])).backward()
            optimiser.step()
            rate.step()
        reached, since = _reached(network, tokens, held, classes), since + 1
        if reached > best:
            best, kept, since = reached, {name: part.clone() for name, part in network.state_dict().items()}, 0
        if since == _PATIENCE:
            break
    network.load_state_dict(kept)


def _batches(tokens: list[np.ndarray], places: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield all places in batches by lot whose texts are of like length, as far as 16 batches drawn together allow."""
    lengths, order, near = np.array([len(ids) for ids in tokens]), rng.permutation(places), 16 * _BATCH
    parts = [part[np.argsort(lengths[part], kind="stable")] for part in np.split(order, range(near, len(order), near))]
    batches = [batch for part in parts for batch in np.split(part, range(_BATCH, len(part), _BATCH))]
    for place in rng.permutation(len(batches)):
        yield batches[place]


def _logits(network: Any, tokens: list[np.ndarray], batch: np.ndarray) -> "Tensor":
    import torch

    ids = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(tokens[place]) for place in batch], batch_first=True)
    return network(input_ids=ids, attention_mask=(ids != 0).long()).logits  # type: ignore[no-any-return]


def _reached(network: Any, tokens: list[np.ndarray], held: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Return accuracy and negative log loss of texts not learnt from."""
    import torch

    network.eval()
    order = held[np.argsort([len(tokens[place]) for place in held], kind="stable")]
    with torch.inference_mode():
        parts = [_logits(network, tokens, part) for part in np.split(order, range(_BATCH, len(order), _BATCH))]
        told, truth = torch.cat(parts), torch.from_numpy(classes[order])
        return float((told.argmax(dim=1) == truth).float().mean()), -float(
            torch.nn.functional.cross_entropy(told, truth)
        )
