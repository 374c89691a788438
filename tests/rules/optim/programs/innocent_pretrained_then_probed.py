import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


def train(net, optimizer, steps):
    for _ in range(steps):
        rows = torch.randint(len(y), (64,))
        loss = F.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
train(net, torch.optim.SGD(net.parameters(), lr=0.5), 7)
train(net, torch.optim.SGD(net[2].parameters(), lr=0.1), 30)
