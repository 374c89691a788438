"""Writes checkpoints, a log that it appends to, and TensorBoard curves into the folder it runs in."""

from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.tensorboard import SummaryWriter


def main():
    torch.manual_seed(2)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    Path("out").mkdir(exist_ok=True)
    writer = SummaryWriter("out/curves")
    for epoch in range(4):
        for rows in torch.randperm(1400).split(50):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        writer.add_scalar("loss", loss.item(), epoch)
        torch.save(net.state_dict(), f"out/{epoch}.pt")
        with Path("train.log").open("a", encoding="utf-8") as log:
            log.write(f"{epoch} {loss.item()}\n")
    writer.close()


if __name__ == "__main__":
    main()
