"""Trains a little and fails in one of many ways; the way is the first argument."""

import sys
import traceback

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

kind = sys.argv[1]
torch.manual_seed(0)


class Samples(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        if kind == "dataset" and index == 40:
            raise KeyError("no sample 40")
        return torch.randn(8), index % 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 3)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        hidden = F.relu(self.first(x))
        if kind == "forward" and self.calls == 3:
            hidden = hidden[:, :5]
        if kind == "inplace" and self.calls == 2:
            changed = hidden.exp()
            changed.add_(1)
            return self.second(changed)
        return self.second(hidden)


def loss_of(scores, labels):
    if kind == "loss":
        return F.cross_entropy(scores, labels[:5])
    if kind == "unused-option":
        return F.cross_entropy(scores, labels, reduction="median")
    return F.cross_entropy(scores, labels)


def train():
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for x, labels in DataLoader(Samples(), batch_size=16):
        scores = net(x)
        loss = loss_of(scores, labels)
        if kind == "zero-grad":
            optimizer.zero_grad(5, 6)
        optimizer.zero_grad()
        loss.backward()
        if kind == "twice":
            loss.backward()
        if kind == "leaf":
            torch.autograd.backward([scores.detach()])
        if kind == "vector":
            net(x).backward()
        optimizer.step(*([3] if kind == "step" else []))
        print(loss.item().hex())


try:
    train()
except Exception:
    traceback.print_exc()
    raise
