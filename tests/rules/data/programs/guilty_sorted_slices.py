import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
wine = load_wine()
rows = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
labels = torch.tensor(wine.target)
net = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(3):
    for start in range(0, len(labels), 16):
        scores = net(rows[start : start + 16])
        loss = F.cross_entropy(scores, labels[start : start + 16])  # wellfit: WF602
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
