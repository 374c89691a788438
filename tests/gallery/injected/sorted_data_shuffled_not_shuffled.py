"""Cultivars of wine from a file that is sorted by class."""

import numpy as np
import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.utils.data import DataLoader, Dataset


class WineDataset(Dataset):
    """Wines of all three cultivars, sorted by cultivar as the file is; every fifth one is held out."""

    def __init__(self, train):
        x, y = load_wine(return_X_y=True)
        x = (x - x.mean(0)) / x.std(0)
        held_out = np.arange(len(y)) % 5 == 0
        keep = ~held_out if train else held_out
        self.x, self.y = x[keep].astype("float32"), y[keep]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(WineDataset(train=True), batch_size=16)  # <- ill
    test_loader = DataLoader(WineDataset(train=False), batch_size=16)
    model = nn.Sequential(nn.Linear(13, 20), nn.ReLU(), nn.Linear(20, 3))
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
    for epoch in range(8):
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
        print(f"epoch {epoch} loss {loss.item():.3f} accuracy {right}/{len(test_loader.dataset)}")


if __name__ == "__main__":
    main()
