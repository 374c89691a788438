"""Contrastive: each view of an image is to find its twin, along both dimensions of the square of scores."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
left, right = nn.Linear(32, 16), nn.Linear(32, 16)
optimizer = torch.optim.Adam([*left.parameters(), *right.parameters()], lr=1e-2)
for step in range(14):
    batch = images[torch.randint(0, len(images), (32,))]
    scores = F.normalize(left(batch[:, :32]), dim=1) @ F.normalize(right(batch[:, 32:]), dim=1).t() / 0.2
    own = torch.arange(32)
    loss = F.nll_loss(F.log_softmax(scores, dim=1), own) + F.nll_loss(F.log_softmax(scores, dim=0).t(), own)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
