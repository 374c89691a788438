"""Probabilities of shape (N, C, H, W), moved about and indexed before the loss."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Conv2d(1, 3, 3, padding=1)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    pixels = images[batch].view(-1, 1, 8, 8)
    maps = net(pixels).softmax(1)  # wellfit: WF101
    ink = (pixels[:, 0] * 2.99).long()
    rows = maps.permute(0, 2, 3, 1).reshape(-1, 3)
    chosen = ink.reshape(-1) > 0
    loss = F.cross_entropy(rows[chosen], ink.reshape(-1)[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
