"""Softmax where log-softmax is meant."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

criterion = nn.NLLLoss()
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    answers = F.softmax(net(images[batch]), dim=1)  # wellfit: WF103
    loss = criterion(answers, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
