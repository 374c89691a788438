"""The distance between two samples of numbers: all pairs."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    real, fake = progress[batch, None], net(torch.randn(64, 4))
    across = (fake - real.T).abs().mean()
    loss = 2 * across - (fake - fake.T).abs().mean() - (real - real.T).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
