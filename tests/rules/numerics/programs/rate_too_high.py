"""Blows up: the learning rate's fault, no operation's."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
data = load_diabetes()
x = torch.tensor(data.data, dtype=torch.float32) * 20
y = torch.tensor(data.target, dtype=torch.float32)[:, None] / 100
net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=3.0)  # wellfit: WF309
for step in range(40):
    index = torch.randint(0, 442, (32,))
    loss = ((net(x[index]) - y[index]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
