"""Experts weighed by a softmax gate, with the gate's own balance term."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(64, 3), nn.Softmax(dim=-1))
        self.experts = nn.ModuleList(nn.Linear(64, 10) for _ in range(3))

    def forward(self, x):
        weights = self.gate(x)
        answers = torch.stack([expert(x) for expert in self.experts], dim=1)
        return (weights[:, :, None] * answers).sum(dim=1), weights


net = Experts()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    scores, weights = net(images[batch])
    loss = F.cross_entropy(scores, labels[batch]) + 0.01 * (weights.mean(dim=0) ** 2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
