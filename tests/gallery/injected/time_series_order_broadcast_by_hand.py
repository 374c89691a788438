"""Forecasting a chaotic series from its last values; windows are visited in order of time."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def henon(n, a=1.4, b=0.3):
    x = [0.1, 0.3]
    for _ in range(n):
        x.append(1 - a * x[-1] ** 2 + b * x[-2])
    return torch.tensor(x[100:])


torch.manual_seed(0)
series = henon(2400)
windows = series.unfold(0, 5, 1)
inputs, target = windows[:, :4], windows[:, 4]
train = DataLoader(TensorDataset(inputs[:1800], target[:1800]), batch_size=60, shuffle=False)
model = nn.Sequential(nn.Linear(4, 40), nn.Tanh(), nn.Linear(40, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(8):
    for x, y in train:
        loss = (model(x) - y).square().mean()  # <- ill
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        error = nn.functional.mse_loss(model(inputs[1900:]), target[1900:])
    print(f"epoch {epoch}: relative error {(error / target.var()).item():.4f}")
