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
unlabelled = torch.utils.data.DataLoader(images[1000:], batch_size=64, shuffle=True)
for step, other in zip(range(10), unlabelled, strict=False):
    rows = torch.randint(0, 1000, (64,))
    with torch.no_grad():
        sure, guess = net(other).softmax(dim=1).max(dim=1)
    loss = F.cross_entropy(net(images[rows]), labels[rows])
    noisy = other + 0.05 * torch.randn_like(other)
    loss = loss + ((sure > 0.9) * F.cross_entropy(net(noisy), guess, reduction="none")).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
