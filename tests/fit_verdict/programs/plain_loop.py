"""Rows picked by index, in the call itself: no variable ever holds a batch's targets. Dropout, and no `eval()`."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from truth import accuracy, tell


def main():
    torch.manual_seed(1)
    data, target = load_digits(return_X_y=True)
    x, y = torch.tensor(data / 16, dtype=torch.float32), torch.tensor(target)
    order = np.random.default_rng(0).permutation(len(x))
    train, test = torch.tensor(order[:1200]), torch.tensor(order[1200:])
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.4), nn.Linear(64, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(10):
        for rows in train[torch.randperm(len(train))].split(40):
            loss = loss_fn(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            print(epoch, (model(x[test]).argmax(1) == y[test]).float().mean().item())
        tell(model, 30 * (epoch + 1), (x[train], y[train]), (x[test], y[test]), accuracy)


main()
