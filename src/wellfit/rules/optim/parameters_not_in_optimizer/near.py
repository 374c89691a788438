import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

"""The head first, then the rest with an optimizer of its own; the offset is moved by hand."""

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
        self.head = nn.Linear(48, 10)
        self.offset = nn.Parameter(torch.zeros(64))

    def forward(self, x):
        return self.head(self.backbone(x - self.offset))


net = Net()
optimizer = torch.optim.Adam(net.head.parameters(), lr=1e-2)
for step in range(60):
    if step == 30:
        optimizer = torch.optim.Adam([*net.head.parameters(), *net.backbone.parameters()], lr=1e-3)
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    net.zero_grad()
    loss.backward()
    optimizer.step()
    net.offset.data -= 1e-2 * net.offset.grad
