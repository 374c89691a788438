"""One broken row in the table; the program throws such batches away after a look at the gradient's norm."""

import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
wine = load_wine()
x = torch.tensor(wine.data, dtype=torch.float32)
x = (x - x.mean(0)) / x.std(0)
x[3, 2] = float("nan")
y = torch.tensor(wine.target)
net = nn.Linear(13, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
order = torch.randperm(len(y))
for step in range(40):
    index = order[step * 4 : step * 4 + 4]
    loss = F.cross_entropy(net(x[index]), y[index])
    optimizer.zero_grad()
    loss.backward()
    if torch.isfinite(torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)):
        optimizer.step()
