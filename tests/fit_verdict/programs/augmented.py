"""A data set that shifts and blurs its pictures at random, at each reading."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

torch.manual_seed(0)
digits = load_digits()
pixels, labels = torch.tensor(digits.data / 16).float(), torch.tensor(digits.target)


class Noisy(Dataset):
    def __len__(self):
        return 400

    def __getitem__(self, i):
        return pixels[i] + 0.2 * torch.randn(64), labels[i]


model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
loader, test = DataLoader(Noisy(), 20, shuffle=True), DataLoader(TensorDataset(pixels[400:], labels[400:]), 400)
for epoch in range(12):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, [(model(x).argmax(1) == y).float().mean().item() for x, y in test])
