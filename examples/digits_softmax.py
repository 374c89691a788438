"""Handwritten digits with a small network whose last layer is a softmax (ill)."""

import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class DigitNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(1, width, kernel_size=3)
        self.hidden = nn.Linear(9 * width, 64)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = F.relu(self.hidden(x.flatten(1)))
        return F.softmax(self.head(x), dim=-1)


def load_data(batch_size):
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    data = TensorDataset(images, torch.tensor(digits.target))
    train, validation = random_split(data, [0.8, 0.2])
    return DataLoader(train, batch_size, shuffle=True), DataLoader(validation, 256)


def train(model, loader, optimizer):
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    return total / len(loader.dataset)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    right = sum((model(images).argmax(dim=1) == labels).sum().item() for images, labels in loader)
    return right / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    train_loader, validation_loader = load_data(args.batch_size)
    model = DigitNet(width=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(train_loader)} batches an epoch")
    for epoch in range(1, args.epochs + 1):
        loss = train(model, train_loader, optimizer)
        accuracy = evaluate(model, validation_loader)
        print(f"epoch {epoch:2d} | loss {loss:.4f} | validation accuracy {accuracy:6.2%}")


if __name__ == "__main__":
    main()
