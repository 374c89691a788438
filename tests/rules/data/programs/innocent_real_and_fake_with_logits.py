import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
wine = load_wine()
rows = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
labels = torch.tensor(wine.target)
net = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)


def score(batch, value):
    return F.binary_cross_entropy_with_logits(net(batch), torch.full((len(batch), 1), value))


for epoch in range(4):
    for batch in torch.randperm(len(labels)).split(16):
        loss = score(rows[batch], 1.0) + score(torch.randn(16, 13), 0.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
