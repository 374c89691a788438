"""A discriminator against one number, as least-squares GANs have it."""

import warnings

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

warnings.simplefilter("ignore")
net = nn.Linear(64, 1)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.mse_loss(net(images[batch]), torch.ones(1)) + F.mse_loss(net(torch.rand(64, 64)), torch.zeros(()))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
