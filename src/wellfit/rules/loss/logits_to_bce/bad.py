import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_breast_cancer()
features = torch.tensor(table.data, dtype=torch.float32)
features = (features - features.mean(dim=0)) / features.std(dim=0)
benign = torch.tensor(table.target, dtype=torch.float32)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.body(x).clamp(0, 1).squeeze(-1)  # wellfit: WF105


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(benign), (64,))
    loss = F.binary_cross_entropy(net(features[batch]), benign[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
