"""The loss's value is wrapped anew for the record only."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Linear(64, 10)
seen = []

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    seen.append(torch.tensor(loss.item(), requires_grad=True))
    mean = torch.stack(seen).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
