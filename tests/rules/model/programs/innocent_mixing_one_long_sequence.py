"""One sequence a step, with a label for each of its positions."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.GRU(64, 16), nn.Linear(16, 10)

    def forward(self, x):
        states, _ = self.body(x.unsqueeze(1))
        return self.head(states.squeeze(1))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
net = Tagger()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(14):
    batch = torch.randint(0, len(labels), (32,))
    loss = F.cross_entropy(net(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
