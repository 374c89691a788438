"""Raw scores, NLLLoss as a module."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

criterion = nn.NLLLoss()
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    answers = net(images[batch])
    loss = criterion(answers, labels[batch])  # wellfit: WF103
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
