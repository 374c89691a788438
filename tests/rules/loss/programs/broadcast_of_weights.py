"""Each sample's own weight meets all samples' errors."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
weight = 1 + progress.abs()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    error = F.mse_loss(net(features[batch]), progress[batch].unsqueeze(1), reduction="none")
    weighted = error * weight[batch]  # wellfit: WF106
    loss = weighted.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
