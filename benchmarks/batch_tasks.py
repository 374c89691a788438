"""Small trainings with batches of any size: images, tables, and texts of differing length.

The tasks of `batch_finders.py`.
"""

import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset, TensorDataset, default_collate

MOST = 8192


class Texts(Dataset):
    """Rows of 5 to `longest` tokens, most of them short."""

    def __init__(self, count, longest=64):
        drawn = random.Random(0)
        self.lengths = [5 + int((longest - 5) * drawn.random() ** 3) for _ in range(count)]

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, index):
        return torch.full((self.lengths[index],), index % 100), index % 4


def padded(rows):
    return pad_sequence([tokens for tokens, _ in rows], batch_first=True), torch.tensor([label for _, label in rows])


class Transformer(nn.Module):
    def __init__(self, width=64, dropout=0.1):
        super().__init__()
        self.embed = nn.Embedding(100, width)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 4)

    def forward(self, tokens):
        return self.head(self.body(self.embed(tokens)).mean(1))


class Recurrent(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.embed, self.head = nn.Embedding(100, width // 2), nn.Linear(width, 4)
        self.body = nn.GRU(width // 2, width, batch_first=True)

    def forward(self, tokens):
        return self.head(self.body(self.embed(tokens))[0][:, -1])


def mlp():
    return nn.Sequential(nn.Linear(256, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))


def wide_mlp():
    """Many activations for little arithmetic: 1.5 GB hold fewer examples than the data, and a step stays short."""
    layers = [nn.Linear(16, 16384), nn.ReLU(inplace=True), nn.Linear(16384, 16)]
    return nn.Sequential(*layers, nn.Linear(16, 16384), nn.ReLU(inplace=True), nn.Linear(16384, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


def light_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip


def rows(*shape):
    return TensorDataset(torch.randn(MOST, *shape), torch.randint(0, 10, (MOST,)))


TASKS = {
    "MLP": (mlp, lambda: rows(256), default_collate),
    "CNN": (cnn, lambda: rows(1, 28, 28), default_collate),
    "transformer, text": (Transformer, lambda: Texts(MOST), padded),
    "GRU, text": (Recurrent, lambda: Texts(MOST), padded),
}

LIGHT = {
    "MLP, wide": (wide_mlp, lambda: rows(16), default_collate),
    "CNN, light": (light_cnn, lambda: rows(1, 40, 40), default_collate),
    "transformer, light": (lambda: Transformer(16, dropout=0.0), lambda: Texts(MOST, 128), padded),
    "GRU, light": (lambda: Recurrent(16), lambda: Texts(MOST, 256), padded),
}
"""For rooms of gigabytes: much memory for little arithmetic, so that a step still takes a second or two."""
