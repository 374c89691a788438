import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
wine = load_wine()
rows = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
labels = torch.tensor(wine.target)
net = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
state = (torch.rand(600) < 0.03).cumsum(0) % 2  # a machine that changes its state now and then
series = state[:, None] + 0.3 * torch.randn(600, 13)
for epoch in range(2):
    for start in range(0, 600, 20):
        loss = F.cross_entropy(net(series[start : start + 20]), state[start : start + 20])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
