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
        self.body, self.head = nn.Linear(64, 64), nn.Linear(64, 10)
        self.judge = [
            nn.Sequential(nn.Linear(64, 16), nn.Tanh()).eval()
        ]  # gradients pass through it, it stays as it is

    def forward(self, x):
        h = self.body(x)
        self.distance = F.mse_loss(self.judge[0](h), self.judge[0](x))
        return self.head(torch.relu(h))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(24):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(images[batch]), labels[batch]) + net.distance
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
