"""The loss is taken of the predicted class, which has no gradient."""

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
    predicted = net(images[batch]).argmax(dim=1).float().requires_grad_()  # wellfit: WF107
    loss = F.mse_loss(predicted, labels[batch].float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
