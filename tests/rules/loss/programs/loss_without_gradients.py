"""Backward on a loss without a graph: torch stops the program."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    with torch.no_grad():
        scores = net(images[batch])
    loss = F.cross_entropy(scores, labels[batch])
    if step >= 0:
        loss.backward()  # wellfit: WF107
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
