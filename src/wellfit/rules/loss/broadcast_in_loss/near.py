import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(progress), (64,))
    score, target = net(features[batch]), progress[batch]
    # Every pair of the batch on purpose: the one that progressed further should score higher.
    ahead = torch.sign(target[:, None] - target[None, :])
    loss = F.softplus(-ahead * (score - score.T)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
