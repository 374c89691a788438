"""Kinds of text by the Hugging Face Trainer; the model is handed the labels and computes its loss itself."""

import inspect
import tempfile
import textwrap
from encodings.aliases import aliases
from pydoc_data.topics import topics

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from transformers import DistilBertConfig, DistilBertModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging
from truth import accuracy, tell

logging.disable_progress_bar()
LENGTH = 24
TEXTS = (
    topics["assignment"] + topics["naming"],
    inspect.getsource(textwrap),
    " ".join(f"{a}={b}" for a, b in aliases.items()),
)


class Characters(Dataset):
    def __init__(self, held_out):
        self.items = []
        for label, text in enumerate(TEXTS):
            raw = text[:9000].lower().encode("ascii", "ignore")
            chunks = [list(raw[i : i + LENGTH]) for i in range(0, len(raw) - LENGTH, LENGTH)]
            self.items += [{"input_ids": c, "labels": label} for i, c in enumerate(chunks) if (i % 3 == 0) == held_out]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def whole(self):
        return tuple(torch.tensor([item[key] for item in self.items]) for key in ("input_ids", "labels"))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        config = DistilBertConfig(
            vocab_size=128, dim=32, n_heads=2, n_layers=1, hidden_dim=64, max_position_embeddings=LENGTH, dropout=0.1
        )
        self.bert, self.head = DistilBertModel(config), nn.Linear(32, len(TEXTS))

    def forward(self, input_ids, labels=None):
        scores = self.head(self.bert(input_ids=input_ids).last_hidden_state.mean(1))
        return scores if labels is None else {"loss": F.cross_entropy(scores, labels), "logits": scores}


class Teller(TrainerCallback):
    def on_evaluate(self, args, state, control, model=None, **kwargs):
        tell(model, state.global_step, Characters(held_out=False).whole(), Characters(held_out=True).whole(), accuracy)


torch.manual_seed(0)
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(
        folder, seed=0, max_steps=90, per_device_train_batch_size=16, per_device_eval_batch_size=64, learning_rate=5e-3,
        eval_strategy="steps", eval_steps=30, save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True,
    )  # fmt: skip
    model = Classifier()
    sets = {"train_dataset": Characters(held_out=False), "eval_dataset": Characters(held_out=True)}
    trainer = Trainer(model, arguments, callbacks=[Teller()], **sets)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
