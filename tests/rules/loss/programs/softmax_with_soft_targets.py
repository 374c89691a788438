"""Mixed labels as targets, and probabilities as input."""

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
    other = torch.randint(0, len(labels), (64,))
    mixed = 0.7 * F.one_hot(labels[batch], 10) + 0.3 * F.one_hot(labels[other], 10)
    probabilities = net(0.7 * images[batch] + 0.3 * images[other]).softmax(-1)  # wellfit: WF101
    loss = F.cross_entropy(probabilities, mixed)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
