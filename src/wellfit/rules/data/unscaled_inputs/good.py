import torch
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
wine = load_wine()
rows = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
labels = torch.tensor(wine.target)

net = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(60):
    batch = torch.randint(0, len(labels), (32,))
    scores = net(rows[batch])
    loss = nn.functional.cross_entropy(scores, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
