"""An LSTM fed as (time, batch, features): which module of the standard library is a docstring line from?"""

import inspect
import string
import textwrap

import torch
from torch import nn

ALPHABET = string.ascii_lowercase + " ._()"
LENGTH = 32


def read_lines():
    samples = []
    for label, module in enumerate((string, textwrap, inspect)):
        source = inspect.getsource(module).lower()
        source = "".join(c for c in source if c in ALPHABET)
        chunks = [source[i : i + LENGTH] for i in range(0, min(len(source), 9_600) - LENGTH, LENGTH)]
        samples += [(chunk, label) for chunk in chunks]
    return samples


class LineClassifier(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), 16)
        self.lstm = nn.LSTM(16, hidden, bidirectional=True, batch_first=True)
        self.output = nn.Linear(2 * hidden, 3)

    def forward(self, ids):  # (T, N)
        states, _ = self.lstm(self.embedding(ids))  # <- ill
        return self.output(states.amax(dim=0))


torch.manual_seed(2)
samples = read_lines()
ids = torch.tensor([[ALPHABET.index(c) for c in chunk] for chunk, _ in samples]).T.contiguous()
labels = torch.tensor([label for _, label in samples])
order = torch.randperm(len(labels))
train, test = order[:-120], order[-120:]
model = LineClassifier()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
criterion = nn.CrossEntropyLoss(weight=len(labels) / (3 * torch.bincount(labels).float()))
for epoch in range(8):
    for rows in train[torch.randperm(len(train))].split(64):
        optimizer.zero_grad()
        loss = criterion(model(ids[:, rows]), labels[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(ids[:, test]).argmax(1) == labels[test]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {accuracy:.3f}")
