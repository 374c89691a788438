"""Transfer from the digits 0-4 to 5-9: the new head is attached after the optimizer was made (ill)."""

import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
        )
        self.head = nn.Linear(256, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def epochs(model, optimizer, x, y, count):
    split = int(0.8 * len(x))
    for epoch in range(1, count + 1):
        model.train()
        for rows in torch.randperm(split).split(48):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            accuracy = (model(x[split:]).argmax(1) == y[split:]).float().mean().item()
        print(f"  epoch {epoch}  loss {loss.item():.4f}  validation accuracy {accuracy:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    digits = load_digits()
    order = torch.randperm(len(digits.target))
    x = torch.tensor(digits.images, dtype=torch.float32)[order].unsqueeze(1) / 16
    y = torch.tensor(digits.target)[order]
    low = y < 5

    model = Net(classes=5)
    print("digits 0-4")
    epochs(model, torch.optim.Adam(model.parameters(), lr=args.lr), x[low], y[low], 2)

    for parameter in model.backbone.parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.Adam(model.head.parameters(), lr=args.lr)
    model.head = nn.Linear(256, 5)
    print("digits 5-9, new head")
    epochs(model, optimizer, x[~low], y[~low] - 5, args.epochs)


if __name__ == "__main__":
    main()
