import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
layers = [m for _ in range(4) for m in (nn.Linear(64, 64), nn.ReLU())]
net = nn.Sequential(*layers, nn.Linear(64, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=20.0, momentum=0.9)  # wellfit: WF309
for step in range(60):
    rows = torch.randint(len(y), (64,))
    loss = F.cross_entropy(net(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
