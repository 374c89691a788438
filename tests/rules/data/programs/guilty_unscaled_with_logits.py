import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
cancer = load_breast_cancer()
rows = torch.tensor(cancer.data, dtype=torch.float32)
wanted = torch.tensor(cancer.target, dtype=torch.float32)[:, None]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(30, 32), nn.Linear(32, 1)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(24):
    batch = torch.randint(0, len(rows), (64,))
    loss = nn.functional.binary_cross_entropy_with_logits(net(rows[batch]), wanted[batch])  # wellfit: WF601
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
