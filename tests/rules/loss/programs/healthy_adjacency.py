"""A matrix of all pairs is data; the model's numbers stand along one side."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

near = (torch.cdist(images[:64], images[:64]) < 2.5).float()
net = nn.Linear(64, 1)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    height = net(images[:64])
    smooth = (near * (height - height.T) ** 2).mean()
    loss = F.mse_loss(height[:, 0], labels[:64].float()) + smooth + 0.01 * (near * height).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
