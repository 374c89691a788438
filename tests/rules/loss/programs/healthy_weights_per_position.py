"""Each position of a sequence has its own weight, and there are as many as samples."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

weight = torch.linspace(1, 2, 64)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 64))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    error = (net(images[batch]) - images[batch]) ** 2 * weight
    loss = error.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
