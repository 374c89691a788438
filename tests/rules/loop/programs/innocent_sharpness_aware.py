import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    F.cross_entropy(net(images[batch]), labels[batch]).backward()
    with torch.no_grad():
        norm = torch.stack([p.grad.norm() for p in net.parameters()]).norm()
        climbs = [0.05 * p.grad / norm for p in net.parameters()]
        for parameter, climb in zip(net.parameters(), climbs, strict=True):
            parameter.add_(climb)
    optimizer.zero_grad()
    F.cross_entropy(net(images[batch]), labels[batch]).backward()
    with torch.no_grad():
        for parameter, climb in zip(net.parameters(), climbs, strict=True):
            parameter.sub_(climb)
    optimizer.step()
    optimizer.zero_grad()
