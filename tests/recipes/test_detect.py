"""Families told from structure."""

import pytest
import torch
import transformers
import zoo
from torch import nn

from wellfit.recipes.detect import detect
from wellfit.recipes.pretrained import looks_trained
from wellfit.recipes.structure import Structure

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}

OWN = {
    "batch norm": (zoo.Thing, "cnn"),
    "group norm": (zoo.mobile, "cnn"),
    "convnext": (zoo.convnext, "cnn"),
    "mixer": (zoo.Mixer, "vit"),
    "vit": (zoo.Vit, "vit"),
    "gpt by hand": (zoo.Bigram, "decoder"),
    "gpt with torch's attention": (zoo.Flash, "decoder"),
    "encoder": (zoo.Both, "encoder"),
    "gcn by hand": (zoo.Conv, "gnn"),
    "messages by hand": (zoo.Messages, "gnn"),
    "lstm": (zoo.Reader, "rnn"),
    "gru": (lambda: zoo.Reader(kind=nn.GRU), "rnn"),
    "three equal layers": (zoo.Even, "mlp"),
    "perceptron": (zoo.perceptron, "mlp"),
    "u-net with time": (zoo.Unet, "diffusion"),
    "u-net without": (lambda: zoo.Unet(steered=False, out=2), "cnn"),
    "table": (zoo.Table, "ft-transformer"),
    "translator": (lambda: nn.Transformer(16, 2, 1, 1, 32, batch_first=True), "seq2seq"),
    "nothing": (zoo.Scale, "unknown"),
}


def hugging_face() -> dict[str, tuple[nn.Module, str]]:
    t = transformers
    return {
        "bert": (t.BertForSequenceClassification(t.BertConfig(vocab_size=50, **SMALL)), "encoder"),
        "bert mlm": (t.BertForMaskedLM(t.BertConfig(vocab_size=50, **SMALL)), "encoder"),
        "gpt2": (
            t.GPT2LMHeadModel(
                t.GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=1)
            ),
            "decoder",
        ),
        "llama": (t.LlamaForCausalLM(t.LlamaConfig(vocab_size=50, num_key_value_heads=2, **SMALL)), "decoder"),
        "vit": (t.ViTForImageClassification(t.ViTConfig(image_size=16, patch_size=4, **SMALL)), "vit"),
        "resnet": (
            t.ResNetForImageClassification(t.ResNetConfig(hidden_sizes=[8, 16], depths=[1, 1], embedding_size=8)),
            "cnn",
        ),
        "t5": (
            t.T5ForConditionalGeneration(
                t.T5Config(vocab_size=50, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4)
            ),
            "seq2seq",
        ),
    }


@pytest.mark.parametrize("name", OWN)
def test_networks_as_users_write_them(name: str) -> None:
    make, family = OWN[name]
    assert detect(make()).family == family


def test_networks_of_transformers() -> None:
    found = {name: (detect(model).family, family) for name, (model, family) in hugging_face().items()}
    assert {name: is_ for name, (is_, _) in found.items()} == {name: should for name, (_, should) in found.items()}


def test_names_decide_nothing() -> None:
    class LSTMTransformerGNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv_attention = nn.Linear(4, 2)

        def forward(self, x):
            return self.conv_attention(x)

    assert detect(LSTMTransformerGNN()).family == "mlp"


def test_what_wraps_a_model_is_looked_through() -> None:
    class Compiled(nn.Module):  # as torch.compile holds a model; compiling itself takes seconds
        def __init__(self, model):
            super().__init__()
            self._orig_mod = model

        def forward(self, *args, **kwargs):
            return self._orig_mod(*args, **kwargs)

    assert detect(Compiled(zoo.Messages())).family == "gnn"
    assert detect(nn.DataParallel(Compiled(zoo.Unet()))).family == "diffusion"


def test_a_model_without_storage_is_told_too() -> None:
    with torch.device("meta"):
        model = zoo.Thing()
    assert detect(model).family == "cnn"
    assert not looks_trained(model).is_so


def test_evidence_is_counted_in_words() -> None:
    assert str(detect(zoo.Thing())).startswith("cnn: 2 Conv2d, 2 batch norms, 1 linear layer, no attention")


def test_parameters_without_a_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="model must have run once"):
        detect(nn.Sequential(nn.LazyLinear(4)))


@pytest.mark.parametrize("name", OWN)
def test_a_fresh_network_is_taken_as_fresh(name: str) -> None:
    assert not looks_trained(OWN[name][0]()).is_so


def test_gains_drawn_as_dcgan_draws_them_are_fresh() -> None:
    model = zoo.Thing()
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 1.0, 0.02)
    assert not looks_trained(model).is_so


def test_gains_that_moved_apart_are_evidence_of_training() -> None:
    model = zoo.Both()
    with torch.no_grad():
        for m in model.modules():
            if isinstance(m, nn.LayerNorm):
                m.weight.add_(torch.randn_like(m.weight) * 0.2)
    trained = looks_trained(model)
    assert trained.is_so
    assert trained.evidence == "taken as pretrained: 4 of 4 norms have gains that differ by more than 0.05"


def test_two_labels_are_no_vocabulary_of_two_token_types() -> None:
    model = zoo.Both(classes=2)
    model.types = nn.Embedding(2, 32)
    assert not Structure(model).vocabulary_head
    assert Structure(zoo.Both(vocab=30, classes=30)).vocabulary_head
