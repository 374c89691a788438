"""Some nodes of a graph have labels; the log-softmax runs along all nodes."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits(n_class=4)
x, labels = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
near = torch.cdist(x, x).argsort(dim=1)[:, :6]
labelled = torch.rand(len(x)) < 0.3


class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 32), nn.Linear(32, 4)

    def forward(self, x, near):
        x = F.relu(self.first(x)[near].mean(dim=1))
        return F.log_softmax(self.second(x)[near].mean(dim=1), dim=0)  # wellfit: WF404


net = Graph()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(30):
    loss = F.nll_loss(net(x, near)[labelled], labels[labelled])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
