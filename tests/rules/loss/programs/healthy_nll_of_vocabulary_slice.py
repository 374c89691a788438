"""Log-probabilities of some classes only: they do not sum to 1."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

net = nn.Linear(64, 20)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    answers = F.log_softmax(net(images[batch]), dim=-1)[:, :10]
    loss = F.nll_loss(answers, labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
