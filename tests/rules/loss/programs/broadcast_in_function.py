"""In a loss function of the program's own, by Huber's formula."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))


def huber(prediction, target):
    error = target - prediction  # wellfit: WF106
    small = error.abs() < 1
    return torch.where(small, error**2 / 2, error.abs() - 0.5).mean()


optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    loss = huber(net(features[batch]), progress[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
