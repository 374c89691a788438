"""A teacher's probabilities are the target, never the input."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)

teacher = nn.Linear(64, 10)
net = nn.Linear(64, 10)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(20):
    batch = torch.randint(0, len(labels), (64,))
    with torch.no_grad():
        soft = F.softmax(teacher(images[batch]) / 2, dim=-1)
    scores = net(images[batch])
    loss = F.cross_entropy(scores, soft) + F.kl_div(F.log_softmax(scores, dim=-1), soft, reduction="batchmean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
