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
    rows = torch.randint(0, 1400, (64,))
    optimizer.zero_grad()
    F.cross_entropy(net(images[rows]), labels[rows]).backward()
    optimizer.step()


class Calibrated(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net, self.temperature = net, nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.net(x) / self.temperature


calibrated = Calibrated(net).eval()
tune = torch.optim.Adam([calibrated.temperature], lr=0.01)
for step in range(20):
    tune.zero_grad()
    F.cross_entropy(calibrated(images[1400:]), labels[1400:]).backward()
    tune.step()
