"""Quantile regression: one target column (N, 1) meets three predicted quantiles (N, 3) on purpose."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def pinball(predicted, target):
    error = target - predicted  # (N, 1) - (N, Q) -> (N, Q)
    return torch.maximum(QUANTILES * error, (QUANTILES - 1) * error).mean()


torch.manual_seed(0)
data = load_diabetes()
x = torch.tensor(data.data, dtype=torch.float32) * 21
y = torch.tensor(data.target, dtype=torch.float32)[:, None] / 100
order = torch.randperm(len(x))
x, y = x[order], y[order]
model = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(240):
    rows = torch.randint(360, (64,))
    loss = pinball(model(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 60 == 59:
        with torch.no_grad():
            low, middle, high = model(x[360:]).unbind(1)
        inside = ((y[360:, 0] > low) & (y[360:, 0] < high)).float().mean()
        error = (middle - y[360:, 0]).abs().mean()
        print(
            f"step {step + 1}: pinball {loss.item():.4f}, inside 80 % interval {inside:.3f}, median error {error:.3f}"
        )
