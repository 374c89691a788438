"""Digits by a multilayer perceptron, evaluated in several ways; the options make the fit good or bad."""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from truth import accuracy, tell

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=1300)
parser.add_argument("--lr", type=float, default=3e-3)
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--hidden", type=int, default=48)
parser.add_argument("--way", default="labels")
args = parser.parse_args()
torch.manual_seed(0)
digits = load_digits()
order = torch.randperm(1797)
pixels, labels = torch.tensor(digits.data / 16.0).float()[order], torch.tensor(digits.target)[order]
train_set, test_set = (
    TensorDataset(pixels[: args.rows], labels[: args.rows]),
    TensorDataset(pixels[1300:], labels[1300:]),
)
loader, test_loader = DataLoader(train_set, 32, shuffle=True), DataLoader(test_set, 128)
layers = [nn.Linear(64, args.hidden), nn.ReLU(), nn.Linear(args.hidden, 10)]
model = nn.Sequential(*layers) if args.hidden else nn.Sequential(nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)


def evaluate(loader):
    right = total = 0
    for x, y in loader:
        scores = model(x)
        if args.way == "loss":
            total += F.cross_entropy(scores, y).item() * len(y)
        elif args.way == "array":
            right += (scores.argmax(1).numpy() == y.numpy()).sum()
        else:
            right += (scores.argmax(1) == y).sum().item()
    return right, total


for epoch in range(args.epochs):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    if args.way == "never":
        continue
    model.eval()
    if args.way == "gradients":
        evaluate(test_loader)
    elif args.way == "training-rows":
        with torch.no_grad():
            evaluate(DataLoader(TensorDataset(pixels[: args.rows], labels[: args.rows]), 128))
    else:
        with torch.no_grad():
            evaluate(test_loader)
    tell(model, (epoch + 1) * len(loader), train_set[:], test_set[:], accuracy)
