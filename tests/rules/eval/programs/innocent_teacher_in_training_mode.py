import copy

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

teacher = copy.deepcopy(net)
for step in range(20):
    rows = torch.randint(0, 1500, (64,))
    with torch.no_grad():
        wanted = teacher(images[rows] + 0.02 * torch.randn(64, 64)).softmax(dim=1)
    scores = net(images[rows])
    optimizer.zero_grad()
    (F.cross_entropy(scores, labels[rows]) + F.mse_loss(scores.softmax(dim=1), wanted)).backward()
    optimizer.step()
    with torch.no_grad():
        for slow, fast in zip(teacher.parameters(), net.parameters(), strict=True):
            slow.lerp_(fast, 0.05)
