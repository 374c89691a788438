"""Probabilities are averaged, and then their logarithm is taken."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

one, two = nn.Linear(64, 10), nn.Linear(64, 10)

optimizer = torch.optim.Adam([*one.parameters(), *two.parameters()], lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    chance = (one(images[batch]).softmax(-1) + two(images[batch]).softmax(-1)) / 2
    loss = F.nll_loss(torch.log(chance + 1e-8), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
