import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

source = DataLoader(TensorDataset(images[:1000], labels[:1000]), batch_size=100, shuffle=True)
target = DataLoader(TensorDataset(images[1000:]), batch_size=100)
for epoch in range(2):
    net.train()
    for x, y in source:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for (x,) in target:
            net(x)
net.eval()
with torch.no_grad():
    print((net(images[1000:]).argmax(1) == labels[1000:]).float().mean())
