"""nn.Sigmoid in a Sequential, BCEWithLogitsLoss as a module."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
table = load_breast_cancer()
features = torch.tensor(table.data, dtype=torch.float32)
features = (features - features.mean(dim=0)) / features.std(dim=0)
benign = torch.tensor(table.target, dtype=torch.float32)

net = nn.Sequential(nn.Linear(30, 1), nn.Sigmoid())  # wellfit: WF104
criterion = nn.BCEWithLogitsLoss()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(benign), (64,))
    loss = criterion(net(features[batch]), benign[batch].unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
