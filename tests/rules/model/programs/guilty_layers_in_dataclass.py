from dataclasses import dataclass

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


@dataclass
class Parts:
    first: nn.Module
    second: nn.Module


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = Parts(nn.Linear(64, 32), nn.Linear(32, 32))  # wellfit: WF401
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(torch.relu(self.parts.second(torch.relu(self.parts.first(x)))))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
