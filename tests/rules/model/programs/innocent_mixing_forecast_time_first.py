"""Sequences with time first and a target for each step: along dimension 0 an LSTM mixes, as it should."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Forecast(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows, self.head = nn.LSTM(8, 16), nn.Linear(16, 8)

    def forward(self, x):
        states, _ = self.rows(x)
        return self.head(states)


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32).view(-1, 8, 8) / 16
net = Forecast()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(14):
    batch = images[torch.randint(0, len(images), (32,))].transpose(0, 1)
    loss = F.mse_loss(net(batch[:-1]), batch[1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
