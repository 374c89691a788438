"""As many centres as samples: (N, 1) minus (N,) inside the model."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_diabetes()
features = torch.tensor(table.data, dtype=torch.float32) * 20
progress = torch.tensor(table.target, dtype=torch.float32)
progress = (progress - progress.mean()) / progress.std()

centres = torch.linspace(-2, 2, 64)


class Basis(nn.Module):
    def __init__(self):
        super().__init__()
        self.squeeze, self.head = nn.Linear(10, 1), nn.Linear(64, 1)

    def forward(self, x):
        return self.head(torch.exp(-((self.squeeze(x) - centres) ** 2))).squeeze(-1)


net = Basis()

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(progress), (64,))
    loss = F.mse_loss(net(features[batch]), progress[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
