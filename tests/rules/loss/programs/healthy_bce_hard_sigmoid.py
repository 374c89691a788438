"""A hard sigmoid that is written with a clamp."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_breast_cancer()
features = torch.tensor(table.data, dtype=torch.float32)
features = (features - features.mean(dim=0)) / features.std(dim=0)
benign = torch.tensor(table.target, dtype=torch.float32)

net = nn.Linear(30, 1)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(benign), (64,))
    chance = (0.2 * net(features[batch])[:, 0] + 0.5).clamp(0, 1)
    loss = F.binary_cross_entropy(chance, benign[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
