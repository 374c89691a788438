"""Prints loss and accuracy of each of two thousand steps."""

import torch
from sklearn.datasets import load_digits
from torch import nn


def main():
    torch.manual_seed(4)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for step in range(2000):
        rows = torch.randint(len(x), (256,))
        answers = net(x[rows])
        loss = nn.functional.cross_entropy(answers, y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right = (answers.argmax(1) == y[rows]).float().mean()
        print(f"step={step} loss={loss.item()!r} acc={right.item()!r}")


if __name__ == "__main__":
    main()
