import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
wine = load_wine()
features = torch.tensor(wine.data, dtype=torch.float32)
features = (features - features.mean(dim=0)) / features.std(dim=0)
features[torch.rand(features.shape) < 0.1] = float("nan")  # gaps are told apart from values, by the model itself
labels = torch.tensor(wine.target)


class WithGaps(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(26, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        missing = x.isnan()
        return self.net(torch.cat([x.masked_fill(missing, 0.0), missing.float()], dim=1))


net = WithGaps()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(labels), (64,))
    loss = F.cross_entropy(net(features[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
