import json
import shutil
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.sentiment.checkpoint import fingerprint, languages, load


@pytest.fixture
def copy(tiny_transformer, tmp_path):
    """Return a copy of the tiny model, to be spoilt."""
    return shutil.copytree(tiny_transformer, tmp_path / "copy")


def change_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def to_pickle(folder):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def test_a_whole_model_opens(tiny_transformer):
    found = load(tiny_transformer, name="tiny")
    assert (found.labels, found.max_tokens) == (("POS", "NEG", "NEU"), 64)
    assert {file.name for file in found.files} >= {"config.json", "model.safetensors", "tokenizer.json"}


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("config.json", "it has no config.json;"),
        ("model.safetensors", r"it has no weights \(model.safetensors\);"),
        ("tokenizer.json", r"it has no a? ?tokenizer \(tokenizer.json\);"),
    ],
)
def test_a_folder_that_lacks_a_part_is_refused_by_its_name(copy, file, fault):
    (copy / file).unlink()
    with pytest.raises(InputError, match=fault) as refusal:
        load(copy, name="a/b")
    assert str(refusal.value).startswith("transformer 'a/b'")
    assert "README.md" in str(refusal.value)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"it has no config.json, no weights .*found there: nothing"):
        load(tmp_path, name="a/b")


def test_weights_in_pickle_form_are_refused_unless_allowed(copy):
    to_pickle(copy)
    with pytest.raises(InputError, match=r"pickle form.*allow_pickle=True"):
        load(copy, name="a/b")
    assert load(copy, name="a/b", allow_pickle=True).labels == ("POS", "NEG", "NEU")


def test_a_pickle_that_holds_code_does_not_run_even_where_allowed(copy, tmp_path):
    import torch

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    (copy / "model.safetensors").unlink()
    torch.save({"weights": Evil()}, copy / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be opened"):
        load(copy, name="a/b", allow_pickle=True)
    assert not (tmp_path / "ran").exists()


def test_a_model_with_code_of_its_own_is_refused(copy, tmp_path):
    change_config(copy, model_type="evil", auto_map={"AutoConfig": "evil.Evil"})
    (copy / "evil.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    with pytest.raises(InputError, match="cannot be opened"):
        load(copy, name="a/b")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"architectures": ["XLMRobertaForMaskedLM"]}, "it is a XLMRobertaForMaskedLM; a model of kind"),
        ({"problem_type": "regression", "id2label": {"0": "score"}, "label2id": {"score": 0}}, r"\(1 outputs"),
        ({"problem_type": "multi_label_classification"}, "one of several labels"),
        ({"model_type": "never-heard-of"}, "cannot be opened"),
        ({"vocab_size": 7}, "cannot be opened"),
        ({"num_hidden_layers": 3}, r"its weights lack what classifies texts \(.*layer.2"),
    ],
)
def test_a_model_of_another_kind_is_refused(copy, changes, fault):
    change_config(copy, **changes)
    with pytest.raises(InputError, match=fault):
        load(copy, name="a/b")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff broken {"])
def test_broken_files_are_refused(copy, file, content):
    (copy / file).write_bytes(content)
    with pytest.raises(InputError, match="cannot be opened"):
        load(copy, name="a/b")


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ("---\nlanguage: pt\n---\n", ("pt",)),
        ("---\nlanguage:\n- en\n- zh-CN\n- no\n- multilingual\n- yue\n- en\n---\n", ("en", "zh", "no")),
        ("---\nlicense: mit\n---\n", ()),
        ("---\nlanguage: [en\n---\n", ()),
        ("---\n- en\n---\n", ()),
        ("# A card without a head", ()),
        ("---\n---\n", ()),
    ],
)
def test_languages_are_those_of_the_card(tmp_path, card, found):
    (tmp_path / "README.md").write_text(card)
    assert languages(tmp_path) == found


def test_a_fingerprint_follows_names_contents_and_options(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x")
    second.write_text("x")
    digests = [fingerprint([first]), fingerprint([second]), fingerprint([first], 1), fingerprint([first, second])]
    assert len(set(digests)) == 4
    assert fingerprint([first]) == digests[0]
