"""Loader with two workers whose samples are augmented by three generators."""

import argparse
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Shifted(Dataset):
    def __init__(self):
        self.x, self.y = load_digits(return_X_y=True)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        image = np.roll(self.x[i].reshape(8, 8), random.randint(-1, 1), axis=0) + np.random.rand(8, 8)
        return torch.tensor(image, dtype=torch.float32).flatten() / 16 + 0.01 * torch.randn(64), int(self.y[i])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters())
    for epoch in range(args.epochs):
        for x, y in DataLoader(Shifted(), batch_size=64, shuffle=True, num_workers=2):
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch={epoch} loss={loss.item()!r}")


if __name__ == "__main__":
    main()
