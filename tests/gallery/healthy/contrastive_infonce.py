"""Contrastive learning without labels: two noisy views of a digit must find each other in the batch."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(64, 32))

    def forward(self, x):
        return F.normalize(self.projector(self.trunk(x)), dim=1)


def view(x):
    keep = (torch.rand_like(x) > 0.2).float()
    return x * keep + 0.05 * torch.randn_like(x)


def info_nce(a, b, temperature=0.15):
    similarity = a @ b.T / temperature
    target = torch.arange(len(a))
    return 0.5 * (F.cross_entropy(similarity, target) + F.cross_entropy(similarity.T, target))


def nearest_neighbour_accuracy(encoder, x, y, split=1200):
    encoder.eval()
    with torch.no_grad():
        features = F.normalize(encoder.trunk(x), dim=1)
    encoder.train()
    nearest = (features[split:] @ features[:split].T).argmax(1)
    return (y[:split][nearest] == y[split:]).float().mean().item()


torch.manual_seed(12)
digits = load_digits()
x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
encoder = Encoder()
optimizer = torch.optim.AdamW(encoder.parameters(), lr=2e-3)
for step in range(1, 151):
    batch = x[torch.randint(1200, (96,))]
    loss = info_nce(encoder(view(batch)), encoder(view(batch)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.3f} 1-nn accuracy {nearest_neighbour_accuracy(encoder, x, y):.3f}")
