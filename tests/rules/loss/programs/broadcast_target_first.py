"""The target stands on the left, the error is an absolute one."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    error = progress[batch] - net(features[batch])  # wellfit: WF106
    loss = torch.abs(error).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
