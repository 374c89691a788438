"""Several quantiles against one target."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

levels = torch.tensor([0.1, 0.5, 0.9])
net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 3))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    error = progress[batch].unsqueeze(1) - net(features[batch])
    loss = torch.maximum(levels * error, (levels - 1) * error).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
