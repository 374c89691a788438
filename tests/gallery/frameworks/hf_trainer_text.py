"""Hugging Face Trainer with a tiny DistilBERT built from a config; `--ill softmax` puts a bug in."""

import argparse
import html.entities
import inspect
import tempfile
import textwrap
from encodings.aliases import aliases
from pydoc_data.topics import topics

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Dataset
from transformers import DistilBertConfig, DistilBertModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging

logging.disable_progress_bar()
LENGTH = 24
TEXTS = (
    topics["assignment"] + topics["exceptions"] + topics["naming"],
    inspect.getsource(textwrap),
    " ".join(html.entities.html5),
    " ".join(f"{a}={b}" for a, b in aliases.items()),
)


class Characters(Dataset):
    def __init__(self, part):
        self.items = []
        for label, text in enumerate(TEXTS):
            raw = text[:9000].lower().encode("ascii", "ignore")
            chunks = [raw[i : i + LENGTH] for i in range(0, len(raw) - LENGTH, LENGTH)]
            chunks = [c for i, c in enumerate(chunks) if (i % 5 == 0) == (part == "test")]
            self.items += [{"input_ids": list(c), "labels": label} for c in chunks]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class Classifier(nn.Module):
    def __init__(self, ill):
        super().__init__()
        config = DistilBertConfig(
            vocab_size=128,
            dim=32,
            n_heads=2,
            n_layers=1,
            hidden_dim=64,
            max_position_embeddings=LENGTH,
            dropout=0.1,
            initializer_range=0.15,
        )
        self.ill = ill
        self.bert = DistilBertModel(config)
        self.head = nn.Linear(32, len(TEXTS))

    def forward(self, input_ids, labels=None):
        logits = self.head(self.bert(input_ids=input_ids).last_hidden_state.mean(1))
        if self.ill == "softmax":
            logits = logits.softmax(-1)  # <- ill: softmax
        loss = F.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits}


class PrintLosses(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **kwargs):
        for key in ("loss", "eval_loss", "eval_accuracy"):
            if key in logs:
                print(state.global_step, key, float(logs[key]).hex())


def collate(items):
    return {key: torch.tensor([item[key] for item in items]) for key in items[0]}


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ill", choices=["softmax"])
    ill = parser.parse_args().ill
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, seed=0, max_steps=60, per_device_train_batch_size=16, per_device_eval_batch_size=64, learning_rate=5e-3,
            logging_steps=1, eval_strategy="steps", eval_steps=30, save_strategy="no", report_to="none", use_cpu=True,
            disable_tqdm=True, logging_nan_inf_filter=False,
        )  # fmt: skip
        model = Classifier(ill)
        trainer = Trainer(
            model, arguments, data_collator=collate, train_dataset=Characters("train"), eval_dataset=Characters("test"),
            compute_metrics=accuracy, callbacks=[PrintLosses()],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)  # its lines tell the time
        trainer.train()
    print("weights", sum(p.double().sum().item() for p in model.parameters()).hex())


if __name__ == "__main__":
    main()
