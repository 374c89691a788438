import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(20):
    rows = torch.randint(0, 1500, (64,))
    optimizer.zero_grad()
    loss = F.cross_entropy(net(images[rows]), labels[rows])
    loss.backward()
    before = [p.detach().clone() for p in net.parameters()]
    for rate in (0.4, 0.2, 0.1):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        with torch.no_grad():
            if F.cross_entropy(net(images[rows]), labels[rows]) < loss:
                break
            for parameter, value in zip(net.parameters(), before, strict=True):
                parameter.copy_(value)
