"""A softmax that is scaled on purpose: similarities of attention as scores."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Linear(64, 16)
prototypes = nn.Parameter(torch.randn(10, 16))

optimizer = torch.optim.Adam([*net.parameters(), prototypes], lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    near = F.normalize(net(images[batch]), dim=-1) @ F.normalize(prototypes, dim=-1).T
    loss = F.cross_entropy(near / 0.1, labels[batch])
    with torch.no_grad():
        right = (F.softmax(near / 0.1, dim=-1).argmax(-1) == labels[batch]).float().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
