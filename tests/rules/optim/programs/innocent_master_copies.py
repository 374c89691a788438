import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).bfloat16()
x = x.bfloat16()
masters = [p.detach().float().clone().requires_grad_() for p in net.parameters()]
optimizer = torch.optim.SGD(masters, lr=0.5)
for step in range(20):
    rows = torch.randint(len(y), (64,))
    loss = F.cross_entropy(net(x[rows]).float(), y[rows])
    net.zero_grad()
    loss.backward()
    for master, p in zip(masters, net.parameters(), strict=True):
        master.grad = p.grad.float()
    optimizer.step()
    for master, p in zip(masters, net.parameters(), strict=True):
        p.data.copy_(master.data)
