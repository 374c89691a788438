import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
table = load_breast_cancer()
features = torch.tensor(table.data, dtype=torch.float32)
features = (features - features.mean(dim=0)) / features.std(dim=0)
benign = torch.tensor(table.target, dtype=torch.float32)


class Gated(nn.Module):
    """Sigmoid inside the model, as a gate on its features; raw scores at its end."""

    def __init__(self):
        super().__init__()
        self.gate, self.value = nn.Linear(30, 16), nn.Linear(30, 16)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(torch.sigmoid(self.gate(x)) * self.value(x)).squeeze(-1)


net = Gated()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(30):
    batch = torch.randint(0, len(benign), (64,))
    loss = F.binary_cross_entropy_with_logits(net(features[batch]), benign[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(torch.sigmoid(net(features[:8])))
