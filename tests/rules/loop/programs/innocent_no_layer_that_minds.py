import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = nn.Sequential(nn.Linear(64, 32), nn.LayerNorm(32), nn.ReLU(), nn.Dropout(0.0), nn.Linear(32, 10)).eval()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for step in range(30):
    rows = torch.randint(0, 1500, (64,))
    optimizer.zero_grad()
    F.cross_entropy(net(images[rows]), labels[rows]).backward()
    optimizer.step()
