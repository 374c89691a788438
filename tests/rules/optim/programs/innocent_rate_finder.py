import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
start = copy.deepcopy(net.state_dict())
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
rising = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=1.2)  # a range test, until the loss explodes
best = float("inf")
for step in range(70):
    rows = torch.randint(len(y), (64,))
    loss = F.cross_entropy(net(x[rows]), y[rows])
    best = min(best, loss.item())
    if loss.item() > 4 * best:
        break
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rising.step()
net.load_state_dict(start)
optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
for step in range(40):
    rows = torch.randint(len(y), (64,))
    loss = F.cross_entropy(net(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
