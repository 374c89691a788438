"""Seeds nothing, orders a set of words, and draws from all global generators."""

import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn


def main():
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    words = list({"adam", "sgd", "rmsprop", "adagrad"})
    x = x + 0.1 * torch.tensor(np.random.rand(*x.shape), dtype=torch.float32)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(random.uniform(0.1, 0.4)), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3 * (1 + len(words[0])))
    for epoch in range(3):
        for rows in torch.randperm(1400).split(50):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch={epoch} loss={loss.item()!r} first={len(words[0])}")


if __name__ == "__main__":
    main()
