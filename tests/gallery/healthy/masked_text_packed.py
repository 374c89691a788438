"""Is it the name of a class or of a function? Packed sequences of unequal length."""

import ast
import collections
import configparser
import http.client
import inspect
import logging
import pathlib
import random
import subprocess
import threading
import typing
import unittest
import xml.dom.minidom

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

MODULES = (
    ast, collections, configparser, http.client, inspect, logging, pathlib, random,
    subprocess, threading, typing, unittest, xml.dom.minidom, torch, nn, nn.functional,
)  # fmt: skip


def names():
    found = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if not name.startswith("_") and callable(value):
                found[name] = int(inspect.isclass(value))
    return sorted(found.items())


def encode(name):
    return torch.tensor([1 + (ord(c) - 65) % 58 for c in name[:16]])


def collate(items):
    ids = [encode(name) for name, _ in items]
    lengths = torch.tensor([len(i) for i in ids])
    return pad_sequence(ids, batch_first=True), lengths, torch.tensor([float(label) for _, label in items])


class NameNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(59, 24, padding_idx=0)
        self.gru = nn.GRU(24, 32, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.gru(packed)
        return self.out(last[-1]).squeeze(-1)


def main():
    torch.manual_seed(0)
    items = names()
    random.Random(0).shuffle(items)
    test, train = items[:200], items[200:1200]
    train_loader = DataLoader(train, 50, shuffle=True, collate_fn=collate)
    model = NameNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=6e-3)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(6):
        model.train()
        for ids, lengths, labels in train_loader:
            loss = criterion(model(ids, lengths), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            ids, lengths, labels = collate(test)
            accuracy = ((model(ids, lengths) > 0) == (labels > 0.5)).float().mean().item()
        print(
            f"epoch {epoch}: loss {loss.item():.3f} accuracy {accuracy:.3f} (majority {1 - labels.mean().item():.3f})"
        )


main()
