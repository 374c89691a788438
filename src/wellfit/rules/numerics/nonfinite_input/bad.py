import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
wine = load_wine()
features = torch.tensor(wine.data, dtype=torch.float32)
features[7, 3] = float("nan")  # one gap in the table
features = (features - features[8:].mean(dim=0)) / features[8:].std(dim=0)
labels = torch.tensor(wine.target)

net = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(features[batch]), labels[batch])  # wellfit: WF801
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
