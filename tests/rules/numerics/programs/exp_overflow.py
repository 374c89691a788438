import torch
from sklearn.datasets import load_diabetes
from torch import nn


class Rate(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        scores = self.net(x) * 400 + 200
        return torch.exp(scores)  # wellfit: WF802


torch.manual_seed(0)
data = load_diabetes()
x = torch.tensor(data.data, dtype=torch.float32)
y = torch.tensor(data.target, dtype=torch.float32)[:, None] / 100
net = Rate()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(20):
    index = torch.randint(0, 442, (16,))
    loss = nn.functional.mse_loss(net(x[index]), y[index])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
