"""Gaps in the input are expected and filled by the model; the loss leaves missing targets out."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
data = load_diabetes()
x = torch.tensor(data.data, dtype=torch.float32) * 20
y = torch.tensor(data.target, dtype=torch.float32)[:, None] / 100
x[torch.rand(x.shape) < 0.05] = float("nan")
y[torch.rand(y.shape) < 0.05] = float("nan")
net = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    index = torch.randint(0, 442, (32,))
    known = ~y[index].isnan()
    loss = ((net(x[index].nan_to_num()) - y[index])[known] ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
