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
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images[1500:], labels[1500:]), batch_size=99)
for epoch in range(2):
    for rows in torch.randperm(1500).split(150):
        optimizer.zero_grad()
        F.cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        passes = [torch.cat([net(x).softmax(dim=1) for x, _ in loader]) for _ in range(10)]
    mean = torch.stack(passes).mean(dim=0)
    print((mean.argmax(1) == labels[1500:]).float().mean(), -(mean * mean.log()).sum(1).mean())
