"""Backward in two halves, through a detached tensor between them."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

body, head = nn.Linear(64, 32), nn.Linear(32, 10)

optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    hidden = body(images[batch])
    cut = hidden.detach().requires_grad_()
    optimizer.zero_grad()
    F.cross_entropy(head(F.relu(cut)), labels[batch]).backward()
    hidden.backward(cut.grad)
    loss = head.weight.pow(2).sum() * 1e-4
    loss.backward()
    optimizer.step()
