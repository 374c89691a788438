import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.full((32, 64), 0.02))  # wellfit: WF501
        self.second = nn.Parameter(torch.full((10, 32), 0.03))

    def forward(self, x):
        return torch.tanh(x @ self.first.T) @ self.second.T


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
