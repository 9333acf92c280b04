"""A checkpoint for tests: built, taught and saved with transformers as anybody would, only tiny."""

from pathlib import Path
from typing import Any

import pandas as pd

# Not in the workbench's order, so that a mix-up would show.
LABELS = ("POS", "NEG", "NEU")
MOST_TOKENS = 64
CARD = "---\nlanguage:\n- de\n- no\n- multilingual\nlicense: apache-2.0\n---\n# Tiny\n"


def write_checkpoint(folder: Path, messages: pd.DataFrame, *, steps: int = 150) -> Path:
    """Teach a two-layer XLM-R the labels (`text`, `label`) of messages and save it, with tokenizer and card."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    tokenizer = _tokenizer(messages["text"].tolist())
    torch.manual_seed(0)
    network = XLMRobertaForSequenceClassification(
        XLMRobertaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=MOST_TOKENS + 2,
            type_vocab_size=1,
            pad_token_id=tokenizer.pad_token_id,
            id2label=dict(enumerate(LABELS)),
            label2id={label: place for place, label in enumerate(LABELS)},
        )
    )
    targets = messages["label"].map({"positive": 0, "negative": 1, "neutral": 2}).to_numpy()
    _teach(network, tokenizer, messages["text"].to_numpy(), targets, steps)
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    return folder


def _teach(network: Any, tokenizer: Any, texts: Any, targets: Any, steps: int) -> None:
    import numpy as np
    import torch

    rng, optimiser = np.random.default_rng(0), torch.optim.AdamW(network.parameters(), lr=5e-3)
    # Threads that wait for a busy core cost a tiny network far more than they give.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network.train()
    for _ in range(steps):
        some = rng.choice(len(texts), 32, replace=False)
        given = tokenizer(list(texts[some]), padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
        network(**given, labels=torch.from_numpy(targets[some])).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    torch.set_num_threads(threads)


def _tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    own = Tokenizer(models.BPE(unk_token="<unk>"))
    own.normalizer, own.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    own.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=1_500, special_tokens=list(special.values()), show_progress=False)
    )
    own.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=own, model_max_length=MOST_TOKENS, **special)
