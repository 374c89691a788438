"""The data keeps a column that the prediction has lost."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
column = progress.unsqueeze(1)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    prediction = net(features[batch]).squeeze()
    loss = torch.sqrt(torch.mean((prediction - column[batch]) ** 2))  # wellfit: WF106
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
