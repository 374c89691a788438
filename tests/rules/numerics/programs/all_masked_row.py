import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.head = nn.Linear(8, 1), nn.Linear(8, 10)

    def forward(self, x):
        empty = x.sum(-1) < 18
        scores = self.score(x).squeeze(-1).masked_fill(empty, float("-inf"))
        weights = F.softmax(scores, dim=1)  # wellfit: WF802
        return self.head((weights[..., None] * x).sum(1))


torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.data, dtype=torch.float32).view(-1, 8, 8)
x[9] = 0
y = torch.tensor(data.target)
net = Pool()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    index = torch.randint(0, 40, (16,))
    loss = F.cross_entropy(net(x[index]), y[index])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
