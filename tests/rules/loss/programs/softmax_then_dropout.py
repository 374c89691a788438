"""Dropout between the softmax and the loss: rows no longer sum to 1."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 10)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        probabilities = self.head(x).softmax(dim=-1)  # wellfit: WF101
        return self.dropout(probabilities)


net = Net()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
