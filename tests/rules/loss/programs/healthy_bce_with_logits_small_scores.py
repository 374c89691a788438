"""Raw scores that start out between 0 and 1."""

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
with torch.no_grad():
    net.weight.mul_(0.1)
    net.bias.fill_(0.5)

optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
for step in range(20):
    batch = torch.randint(0, len(benign), (64,))
    loss = F.binary_cross_entropy_with_logits(net(features[batch])[:, 0], benign[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
